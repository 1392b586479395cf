"""Words are the same whatever a text is dressed in."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.data.leaks.words import words_of

letters = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789"), min_size=1, max_size=9)


@given(
    st.lists(letters, max_size=12), st.lists(st.sampled_from([" ", "_", "**", "\n", ", ", "-", "\u202f"]), min_size=12)
)
def test_words_are_what_stands_between_signs(words: list[str], signs: list[str]) -> None:
    text = "".join(word + sign for word, sign in zip(words, signs, strict=False))
    assert words_of(text) == [word.lower() for word in words]


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cf")), max_size=60))
def test_json_in_a_string_has_the_words_it_had(text: str) -> None:
    plain = text.replace("\\", " ")
    assert words_of(json.dumps(plain)) == words_of(plain)
    assert words_of(json.dumps(json.dumps(plain))) == words_of(plain)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#W2378156", ["w2378156"]),
        ("**#w2378156**", ["w2378156"]),
        ("mara\\_holm\\_0412", ["mara", "holm", "0412"]),
        ("\uff37\uff12\uff13", ["w23"]),
        ("W23\u200b78156", ["w2378156"]),
        ("I\u2019m Jos\u00e9", ["i", "m", unicodedata.normalize("NFC", "jos\u00e9")]),
        ('{"a": "one\\ntwo"}', ["a", "one", "two"]),
        ("", []),
    ],
)
def test_examples(text: str, words: list[str]) -> None:
    assert words_of(text) == words
