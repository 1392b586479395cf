"""A wording is filled in and read back; what cannot work in both directions is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.errors import DomainError
from cove_rl.speech.template import Template

PLACES = ["order", "item", "x1"]
LITERAL = st.text(st.characters(blacklist_characters="{}\n", blacklist_categories=["Cs"]), max_size=8)
VALUES = st.text("abcdef0123#", min_size=1, max_size=10)


@st.composite
def wordings(draw: st.DrawFn) -> str:
    """Literals with places between them, never two places side by side: those could not be told apart."""
    places = draw(st.lists(st.sampled_from(PLACES), unique=True, max_size=3))
    between = draw(st.lists(LITERAL.map(lambda text: f"{text}|"), min_size=len(places) + 1, max_size=len(places) + 1))
    return "".join(f"{literal}{{{place}}}" for literal, place in zip(between, places, strict=False)) + between[-1]


@given(wordings(), st.fixed_dictionaries(dict.fromkeys(PLACES, VALUES)), st.booleans())
def test_what_is_filled_in_is_read_back(text: str, values: dict[str, str], sentence: bool) -> None:
    template = Template(text, {}, sentence=sentence)
    match = template.read(template.fill(values))
    assert match is not None
    assert match.groupdict() == {place: values[place] for place in template.places}


@given(wordings(), st.fixed_dictionaries(dict.fromkeys(PLACES, VALUES)), st.text("abc ", max_size=9))
def test_a_sentence_is_found_where_it_stands(text: str, values: dict[str, str], before: str) -> None:
    template = Template(text, {}, sentence=True)
    match = template.read(f"{before}{template.fill(values)} And more.", len(before))
    assert match is not None
    assert match.groupdict() == {place: values[place] for place in template.places}


@given(wordings())
def test_its_first_word_tells_where_it_may_stand(text: str) -> None:
    template = Template(text, {})
    assert template.first == "" or text.lower().startswith(f"{template.first} ")


def test_letters_may_be_of_either_case() -> None:
    assert Template("Please cancel {order}.", {}).read("PLEASE CANCEL order 7.") is not None


def test_a_phrase_must_be_read_whole_and_a_sentence_must_end() -> None:
    assert Template("the {item}", {"item": "[a-z]+"}).read("the tent 2") is None
    assert Template("Yes.", {}, sentence=True).read("Yes.no") is None
    assert Template("Yes.", {}, sentence=True).read("Yes. No.") is not None


def test_a_shape_holds_what_a_place_can_be() -> None:
    template = Template("zip {zip}", {"zip": r"\d{5}"})
    assert template.read("zip 01234") is not None
    assert template.read("zip 1234") is None


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("cancel {order", {}),
        ("cancel order}", {}),
        ("cancel {}", {}),
        ("cancel {the order}", {}),
        ("cancel {2}", {}),
        ("cancel {2nd}", {}),
        ("swap {item} for {item}", {}),
        ("cancel {order}", {"order": "("}),
        ("cancel {order}", {"order": "(?P<order>a)"}),
    ],
)
def test_a_wording_that_cannot_work_is_one_error(text: str, shapes: Any) -> None:
    with pytest.raises(DomainError, match="wording"):
        Template(text, shapes)
