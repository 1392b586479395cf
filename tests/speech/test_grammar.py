"""How the grammar says and hears, by the example of retail; what holds in every domain is in `test_heard.py`."""

import string
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.errors import DomainError
from cove_rl.sandbox import read_yaml
from cove_rl.speech.grammar import LONGEST, Grammar
from cove_rl.world.hint import Hint

from .wordings import FORMS, GRAMMAR, LINES, SHAPES, hints


@given(hints("order"), st.data())
def test_an_answer_names_nothing_but_its_own_element(hint: Hint, data: st.DataObject) -> None:
    """What words one slot is not taken for another slot's hint, as an answer to a question nobody asked."""
    said = GRAMMAR.say("inform", {"order": hint}, Random(data.draw(st.integers(0, 99))))
    (heard,) = GRAMMAR.hear(said)
    assert set(heard.hints) == {"order"}


@pytest.mark.parametrize("line", LINES, ids=[line.name for line in LINES])
def test_options_of_every_variant_tell_it_from_all_others(line: object) -> None:
    """Whatever options are named, in any wording, they describe the variants that have them and no other."""
    choices = line.combinations()  # type: ignore[attr-defined]
    rng = Random(str(line))
    for said in rng.sample(choices, min(12, len(choices))):
        named = {name: said[name] for name in rng.sample(sorted(said), rng.randint(1, len(said)))}
        worded = GRAMMAR.word(Hint("new", "options", {"options": named}), rng)
        heard = GRAMMAR.read("new", worded)
        assert heard is not None
        for other in choices:
            fits = all(other[name] == value for name, value in named.items())
            assert GRAMMAR.describes(heard.values["options"], other) == fits, worded


@pytest.mark.parametrize(
    "piece", ["Please cancel ", "From a, I want ", "Yes ", ". ", "! a", "\n", "I'm a b, zip ", "It's "]
)
def test_only_the_beginning_of_a_giant_text_is_heard(piece: str) -> None:
    giant = (piece * 100_000)[:100_000]
    assert GRAMMAR.hear(giant) == GRAMMAR.hear(giant[:LONGEST])


def test_saying_what_has_no_wording_is_one_error() -> None:
    hint = Hint("reason", "no longer needed")
    with pytest.raises(DomainError, match="no sentence 'return_items' with reason"):
        GRAMMAR.say("return_items", {"reason": hint}, Random(0))
    with pytest.raises(DomainError, match="no sentence 'dance' with no hint"):
        GRAMMAR.say("dance", {}, Random(0))
    with pytest.raises(DomainError, match=r"no wording for reason\.boredom"):
        GRAMMAR.word(Hint("reason", "boredom"), Random(0))


def test_sentences_are_said_in_many_wordings() -> None:
    for act, slots in SHAPES:
        told = {slot: Hint(slot, "exact", {"id": "1"}) for slot in slots if "exact" in FORMS[slot]}
        if len(told) == len(slots):
            assert len({GRAMMAR.say(act, told, Random(seed)) for seed in range(60)}) > 1, (act, slots)


def test_every_place_of_the_wordings_is_a_slot_a_list_or_a_plain_value() -> None:
    """A misspelled place would be filled with nothing, in some task, some day."""
    data = read_yaml("retail/speech.yaml")
    slots = set(data["phrases"])
    for act, texts in {**read_yaml("speech.yaml")["acts"], **data["acts"]}.items():
        assert all(place in slots for text in texts for _, place, _, _ in string.Formatter().parse(text) if place), act


def test_an_empty_grammar_hears_and_says_nothing() -> None:
    grammar = Grammar({"phrases": {}, "acts": {}})
    assert grammar.hear("Please cancel it.") == []
    assert grammar.acts() == []
    assert grammar.shapes_of("cancel_order") == set()
