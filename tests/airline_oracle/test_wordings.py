"""What airline customers say is heard as what they meant, whatever stands around it."""

import string
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cove_rl.world.hint import Hint

from .wordings import FORMS, GRAMMAR, OWN, SHAPES, SHARED, SLOTS, SMALL_TALK, hints, same, statements


@pytest.mark.parametrize(("slot", "form"), SLOTS)
@given(data=st.data(), seed=st.integers(0, 1000))
@settings(max_examples=15)
def test_every_wording_of_a_hint_is_read_as_that_hint(slot: str, form: str, data: st.DataObject, seed: int) -> None:
    hint = data.draw(hints(slot, form))
    heard = GRAMMAR.read(slot, GRAMMAR.word(hint, Random(seed)))
    assert heard is not None
    assert same(hint, heard)


@pytest.mark.parametrize("shape", SHAPES, ids=[f"{act}({', '.join(slots)})" for act, slots in SHAPES])
@given(data=st.data(), seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_every_sentence_is_heard_as_what_was_meant(
    shape: tuple[str, tuple[str, ...]], data: st.DataObject, seed: int
) -> None:
    act, told = data.draw(statements(shape))
    (heard,) = GRAMMAR.hear(GRAMMAR.say(act, told, Random(seed)))
    assert heard.act == act
    assert heard.hints.keys() == told.keys()
    assert all(same(hint, heard.hints[slot]) for slot, hint in told.items())


@given(
    said=st.lists(statements(), min_size=1, max_size=4),
    talk=st.lists(st.sampled_from(SMALL_TALK), min_size=5, max_size=5),
    seed=st.integers(0, 1000),
)
@settings(max_examples=200)
def test_small_talk_and_other_sentences_around_it_change_nothing(
    said: list[tuple[str, dict[str, Hint]]], talk: list[str], seed: int
) -> None:
    rng = Random(seed)
    message = " ".join([talk[0], *(f"{GRAMMAR.say(act, told, rng)} {rng.choice(talk)}" for act, told in said)])
    heard = GRAMMAR.hear(message)
    assert [one.act for one in heard] == [act for act, _ in said]
    for one, (_, told) in zip(heard, said, strict=True):
        assert one.hints.keys() == told.keys()
        assert all(same(hint, one.hints[slot]) for slot, hint in told.items())


@pytest.mark.parametrize("line", SMALL_TALK)
def test_each_line_of_small_talk_is_heard_as_nothing(line: str) -> None:
    """A "sure" in passing must not move an agent to write."""
    assert GRAMMAR.hear(line) == []


def test_no_two_forms_of_a_slot_share_a_wording() -> None:
    """Nor do two acts share a sentence: what is said would be heard as the other."""
    for slot, forms in OWN["phrases"].items():
        texts = [text for wordings in forms.values() for text in wordings]
        assert len(texts) == len(set(texts)), slot
    sentences = [text for texts in {**SHARED["acts"], **OWN["acts"]}.values() for text in texts]
    assert len(sentences) == len(set(sentences))


def test_everything_can_be_told_bit_by_bit() -> None:
    """A customer may open with the request alone, and must be able to answer for each element on its own."""
    shapes = set(SHAPES)
    for act in OWN["acts"].keys() - {"inform"}:
        assert (act, ()) in shapes
        for slot in {place for name, slots in SHAPES if name == act for place in slots}:
            assert ("inform", (slot,)) in shapes


def test_every_sentence_comes_in_several_wordings() -> None:
    for act, slots in SHAPES:
        texts = [text for text in {**SHARED["acts"], **OWN["acts"]}[act] if places(text) == set(slots)]
        assert len(texts) > 1, (act, slots)


def places(text: str) -> set[str]:
    return {place for _, place, _, _ in string.Formatter().parse(text) if place is not None}


def test_every_place_of_a_sentence_is_a_slot() -> None:
    """A misspelled place would be filled with nothing, in some task, some day."""
    for act, texts in OWN["acts"].items():
        assert all(places(text) <= FORMS.keys() for text in texts), act


@given(st.text(max_size=300))
def test_any_text_is_heard_without_a_fault(text: str) -> None:
    for heard in GRAMMAR.hear(text):
        assert heard.act in GRAMMAR.acts()
