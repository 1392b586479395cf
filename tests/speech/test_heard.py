"""What customers of every domain say is heard as what they meant, whatever stands around it."""

from random import Random
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cove_rl.world.hint import Hint
from tests.airline_oracle import wordings as airline

from . import wordings as retail
from .wordings import same

Shape = tuple[str, tuple[str, ...]]
Statements = list[tuple[str, dict[str, Hint]]]
DOMAINS = {"retail": retail, "airline": airline}
SLOTS = [
    pytest.param(domain, slot, form, id=f"{name}-{slot}-{form}")
    for name, domain in DOMAINS.items()
    for slot, form in domain.SLOTS
]
SHAPES = [
    pytest.param(domain, (act, slots), id=f"{name}-{act}({', '.join(slots)})")
    for name, domain in DOMAINS.items()
    for act, slots in domain.SHAPES
]
LINES = [pytest.param(domain, line) for domain in DOMAINS.values() for line in domain.SMALL_TALK]
every_domain = pytest.mark.parametrize("domain", DOMAINS.values(), ids=DOMAINS)


@pytest.mark.parametrize(("domain", "slot", "form"), SLOTS)
@given(data=st.data(), seed=st.integers(0, 1000))
@settings(max_examples=15)
def test_every_wording_of_a_hint_is_read_as_that_hint(
    domain: ModuleType, slot: str, form: str, data: st.DataObject, seed: int
) -> None:
    hint = data.draw(domain.hints(slot, form))
    heard = domain.GRAMMAR.read(slot, domain.GRAMMAR.word(hint, Random(seed)))
    assert heard is not None
    assert same(hint, heard, domain.GRAMMAR)


def is_heard(domain: ModuleType, message: str, said: Statements) -> bool:
    """Whether a message is heard as these sentences."""
    heard = domain.GRAMMAR.hear(message)
    return [one.act for one in heard] == [act for act, _ in said] and all(
        one.hints.keys() == told.keys()
        and all(same(hint, one.hints[slot], domain.GRAMMAR) for slot, hint in told.items())
        for one, (_, told) in zip(heard, said, strict=True)
    )


@pytest.mark.parametrize(("domain", "shape"), SHAPES)
@given(data=st.data(), seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_every_sentence_is_heard_as_what_was_meant(
    domain: ModuleType, shape: Shape, data: st.DataObject, seed: int
) -> None:
    act, told = data.draw(domain.statements(shape))
    message = domain.GRAMMAR.say(act, told, Random(seed))
    assert is_heard(domain, message, [(act, told)]), message


@every_domain
@given(data=st.data(), seed=st.integers(0, 1000))
@settings(max_examples=200)
def test_small_talk_and_other_sentences_around_it_change_nothing(
    domain: ModuleType, data: st.DataObject, seed: int
) -> None:
    said = data.draw(st.lists(domain.statements(), min_size=1, max_size=4))
    talk = data.draw(st.lists(st.sampled_from(domain.SMALL_TALK), min_size=5, max_size=5))
    rng = Random(seed)
    sentences = [f"{domain.GRAMMAR.say(act, told, rng)} {rng.choice(talk)}" for act, told in said]
    message = " ".join([talk[0], *sentences])
    assert is_heard(domain, message, said), message


@every_domain
@given(data=st.data(), seed=st.integers(0, 1000))
@settings(max_examples=150)
def test_sentences_one_after_the_other_are_kept_apart(domain: ModuleType, data: st.DataObject, seed: int) -> None:
    said = data.draw(st.lists(domain.statements(), min_size=2, max_size=4))
    rng = Random(seed)
    message = " ".join(domain.GRAMMAR.say(act, told, rng) for act, told in said)
    assert is_heard(domain, message, said), message


@every_domain
@given(data=st.data(), end=st.sampled_from(["", "###STOP###"]))
@settings(max_examples=300)
def test_small_talk_alone_is_heard_as_nothing(domain: ModuleType, data: st.DataObject, end: str) -> None:
    """No request, no hint and no consent: a "sure" in passing must not move an agent to write."""
    talk = data.draw(st.lists(st.sampled_from(domain.SMALL_TALK), max_size=6))
    assert domain.GRAMMAR.hear(" ".join([*talk, end])) == []


@pytest.mark.parametrize(("domain", "line"), LINES)
def test_each_line_of_small_talk_is_heard_as_nothing(domain: ModuleType, line: str) -> None:
    assert domain.GRAMMAR.hear(line) == []


@every_domain
@given(text=st.text(max_size=300))
@settings(max_examples=300)
def test_any_text_is_heard_without_a_fault(domain: ModuleType, text: str) -> None:
    for heard in domain.GRAMMAR.hear(text):
        assert heard.act in domain.GRAMMAR.acts()
