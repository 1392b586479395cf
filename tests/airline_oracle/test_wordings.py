"""The wordings of airline customers are complete and tell things apart; that they are heard right is tests/speech."""

import string

from .wordings import FORMS, OWN, SHAPES, SHARED


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
