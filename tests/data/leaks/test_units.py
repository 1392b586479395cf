"""Rows are cut into messages and fields, and nothing that is written in them is lost."""

import json

from hypothesis import given
from hypothesis import strategies as st

from cove_rl.data.leaks.units import units_of
from cove_rl.data.leaks.words import words_of

words = st.text(st.sampled_from("abcxyz"), min_size=1, max_size=4)
values = st.recursive(
    words | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.just("role"), inner, max_size=3),
    max_leaves=15,
)


@given(values)
def test_every_word_is_in_exactly_one_unit(value: object) -> None:
    found = [word for _, text in units_of(value) for word in words_of(text)]
    expected = words_of(json.dumps(value).replace("null", ""))
    assert sorted(found) == sorted(expected)


def test_messages_are_units_with_their_numbers() -> None:
    messages = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "calls": [{"name": "two", "arguments": {"n": 3}}]},
    ]
    row = {"task": {"id": "t", "number": 5}, "trajectory": {"messages": messages, "agent": "oracle"}}
    assert dict(units_of(row)) == {
        "task": "task\nid\nt\nnumber\n5",
        "trajectory.messages[0]": "role\nuser\ncontent\none",
        "trajectory.messages[1]": "role\nassistant\ncalls\nname\ntwo\narguments\nn\n3",
        "trajectory": "trajectory\nmessages\nagent\noracle",
    }


def test_short_fields_are_one_unit_and_long_texts_their_own() -> None:
    row = {"first_name": "Mara", "prompt": "x" * 200, "last_name": "Holm", "zip": 98101.0, "seconds": 0.1234567}
    assert list(units_of(row)) == [
        ("prompt", "prompt\n" + "x" * 200),
        ("", "first_name\nMara\nlast_name\nHolm\nzip\n98101.0\nseconds"),
    ]


def test_a_row_may_be_a_message_a_text_or_bytes() -> None:
    assert list(units_of({"role": "user", "content": "one"})) == [("", "role\nuser\ncontent\none")]
    assert list(units_of("one")) == [("", "one")]
    assert list(units_of(b"one")) == [("", "one")]


def test_depth_is_no_trouble() -> None:
    deep: object = "bottom"
    for _ in range(500):
        deep = [deep]
    (unit,) = units_of({"a": deep})
    assert "bottom" in unit[1]
