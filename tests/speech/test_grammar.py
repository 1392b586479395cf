"""What customers say is heard as what they meant, whatever stands around it; small talk is heard as nothing."""

import string
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cove_rl.errors import DomainError
from cove_rl.sandbox import read_yaml
from cove_rl.speech.grammar import LONGEST, Grammar
from cove_rl.world.hint import Hint

from .wordings import FORMS, GRAMMAR, LINES, SHAPES, SPEECH, hints, same

SLOTS = [(slot, form) for slot, forms in FORMS.items() for form in forms]
LINES_OF_CUSTOMERS = [line for lines in read_yaml("speech.yaml")["customer"].values() for line in lines]
REMARKS = [text for mood in SPEECH.moods.values() for texts in mood.values() for text in texts]
SMALL_TALK = [*LINES_OF_CUSTOMERS, *REMARKS]


@st.composite
def statements(draw: st.DrawFn, shape: tuple[str, tuple[str, ...]] | None = None) -> tuple[str, dict[str, Hint]]:
    """An act and hints that one sentence of it can carry."""
    act, slots = shape or draw(st.sampled_from(SHAPES))
    return act, {slot: draw(hints(slot)) for slot in slots}


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
@settings(max_examples=10)
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
@settings(max_examples=150)
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


@given(said=st.lists(statements(), min_size=2, max_size=4), seed=st.integers(0, 1000))
@settings(max_examples=150)
def test_sentences_one_after_the_other_are_kept_apart(said: list[tuple[str, dict[str, Hint]]], seed: int) -> None:
    rng = Random(seed)
    heard = GRAMMAR.hear(" ".join(GRAMMAR.say(act, told, rng) for act, told in said))
    assert [one.act for one in heard] == [act for act, _ in said]
    assert all(
        same(hint, one.hints[slot]) for one, (_, told) in zip(heard, said, strict=True) for slot, hint in told.items()
    )


@given(st.lists(st.sampled_from(SMALL_TALK), max_size=6), st.sampled_from(["", "###STOP###"]))
@settings(max_examples=300)
def test_small_talk_alone_is_heard_as_nothing(talk: list[str], end: str) -> None:
    """No request, no hint and no consent: a "sure" in passing must not move an agent to write."""
    assert GRAMMAR.hear(" ".join([*talk, end])) == []


@pytest.mark.parametrize("line", SMALL_TALK)
def test_each_line_of_small_talk_is_heard_as_nothing(line: str) -> None:
    assert GRAMMAR.hear(line) == []


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


@given(st.text(max_size=300))
@settings(max_examples=300)
def test_any_text_is_heard_without_a_fault(text: str) -> None:
    for heard in GRAMMAR.hear(text):
        assert heard.act in GRAMMAR.acts()


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
