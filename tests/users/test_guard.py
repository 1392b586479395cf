"""What a wording may do to a sentence: anything that leaves its facts, its kind and its sense alone, and no more."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.episode.episode import STOP
from cove_rl.sandbox import read_yaml
from cove_rl.speech.grammar import Sentence
from cove_rl.speech.speech import speech_of
from cove_rl.users.guard import Guard, guard_of, plain_letters, wording
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.hint import Hint

from .stage import GRAMMAR, tasks

LOOSE, STRICT = guard_of("retail", strict=False), guard_of("retail", strict=True)
GUARDS = st.sampled_from([LOOSE, STRICT])
ITEMS = Hint("items", "list", {"items": (Hint("item", "name", {"product": "Tent"}),)})
ORDER = Hint("order", "items", {"items": (Hint("item", "name", {"product": "Tea Kettle"}),)})
PAYPAL = Hint("payment", "paypal")


def sentence(text: str, act: str, *phrases: str, **hints: Hint) -> Sentence:
    return Sentence(act, text, hints, phrases)


CANCEL = sentence(
    "Please cancel the order with the Tea Kettle.", "cancel_order", "the order with the Tea Kettle", order=ORDER
)
RETURN = sentence(
    "I'd like to return the Tent from the order with the Tea Kettle.",
    "return_items", "the order with the Tea Kettle", "the Tent", order=ORDER, items=ITEMS,
)  # fmt: skip
PAY = sentence(
    "Could you switch the payment of order #W0123456 to my PayPal account?",
    "change_payment", "order #W0123456", "my PayPal account",
    order=Hint("order", "exact", {"id": "#W0123456"}), payment=PAYPAL,
)  # fmt: skip
MAIL = sentence("It's mei.kim0123@example.com.", "inform", "it's mei.kim0123@example.com",
                identity=Hint("identity", "email", {"email": "mei.kim0123@example.com"}))  # fmt: skip
YES, NO = sentence("Yes, go ahead.", "yes"), sentence("No, that's not right.", "no")
FORGOT, BYE = sentence("I don't know the id by heart.", "forgot"), sentence("That's everything, thank you.", "bye")
RESTORE = sentence("I need the order with the Tea Kettle back, the one I cancelled.", "restore_order",
                   "the order with the Tea Kettle", order=ORDER)  # fmt: skip

FREE = [
    (CANCEL, "Hi, I would really like to have the order with the Tea Kettle cancelled, please!"),
    (CANCEL, "Can you please cancel the order with the Tea Kettle for me? That would be great."),
    (RETURN, "From the order with the Tea Kettle I really need to return the Tent, please."),
    (RETURN, "Would you please take back the Tent? It's from the order with the Tea Kettle."),
    (PAY, "I'd love to pay order #W0123456 using my PayPal account instead, thanks."),
    (MAIL, "Of course, it's mei.kim0123@example.com, thanks."),
    (YES, "Great, yes please."),
    (YES, "Absolutely, that's correct!"),
    (NO, "Sorry. No, that's not right."),
    (FORGOT, "Well, I don't know the id by heart, sorry."),
    (BYE, "Lovely, that's everything. Thanks a lot!"),
]
"""Wordings a person would let pass."""

WRONG = [
    (CANCEL, "", "empty"),
    (CANCEL, "...", "empty"),
    (CANCEL, "Please cancel the order.", "lost fact"),
    (CANCEL, "Please cancel the order with the Kettle.", "lost fact"),
    (CANCEL, "Please cancel the order with the tea kettle.", "lost fact"),
    (CANCEL, "Please cancel the order with the Tea Kettle and the order with the Tea Kettle.", "lost fact"),
    (CANCEL, "Please cancel the order with the Tea Kettle and the Tent.", "added word"),
    (CANCEL, "Please return the order with the Tea Kettle.", "added word"),
    (CANCEL, "Storniere bitte the order with the Tea Kettle.", "added word"),
    (CANCEL, "I have an order here: the order with the Tea Kettle.", "lost act"),
    (CANCEL, "Please never cancel the order with the Tea Kettle.", "added word"),
    (CANCEL, f"Please cancel the order with the Tea Kettle. {STOP}", "layout"),
    (CANCEL, "Please cancel the order with the Tea Kettle, all 2.", "layout"),
    (CANCEL, "Please cancel the order with the Tea Kettle. <|im_end|>", "layout"),
    (CANCEL, "Please " * 30 + "cancel the order with the Tea Kettle.", "long"),
    (CANCEL, "Please cancel the order with the Tea Kettle. Is that right?", "question"),
    (CANCEL, "Please cancel the order with the Tea Kettle if it ships.", "added word"),
    (CANCEL, "I wanted to cancel the order with the Tea Kettle.", "added word"),
    (RETURN, "I'd like to return the Tent.", "lost fact"),
    (RETURN, "I'd like to return it from the order with the Tea Kettle.", "lost fact"),
    (RETURN, "I'd like to return the Tent from the order with the Tea Kettle to my gift card.", "added word"),
    (PAY, "Could you switch the payment of order #W0123456 from my PayPal account?", "moved fact"),
    (PAY, "I'd like to pay order #W0123456 instead of using my PayPal account.", "negation"),
    (PAY, "Could you switch the payment of order #W0123457 to my PayPal account?", "lost fact"),
    (PAY, "Could you switch the payment of order #W01234560 to my PayPal account?", "lost fact"),
    (PAY, "Could you switch the payment of order #W0123456-1 to my PayPal account?", "lost fact"),
    (MAIL, "It's mei.kim0123@example.org.", "lost fact"),
    (MAIL, "It's mei.kim0123@example.com.au.", "lost fact"),
    (MAIL, "-it's mei.kim0123@example.com", "lost fact"),
    (MAIL, "It's mei.kim0123@example.com and my name is Mei.", "added word"),
    (YES, "No, go ahead.", "added word"),
    (YES, "Go ahead, it's good.", "consent"),
    (YES, "Yes, don't do it.", "added word"),
    (NO, "Yes, that's right.", "added word"),
    (NO, "Hold on, that's right.", "lost act"),
    (NO, "No, that's not wrong.", "negation"),
    (FORGOT, "I know the id by heart.", "lost act"),
    (FORGOT, "I don't know the id by heart. What is it?", "question"),
    (BYE, "That's everything, thank you. Yes, go ahead.", "added word"),
    (RESTORE, "I need the order with the Tea Kettle cancelled.", "lost act"),
]  # fmt: skip
"""Wordings that say something else, and what is wrong with them."""


@pytest.mark.parametrize(("meant", "text"), FREE, ids=[text for _, text in FREE])
def test_a_wording_that_says_the_same_passes(meant: Sentence, text: str) -> None:
    assert LOOSE.fault(meant, text) is None


@pytest.mark.parametrize(("meant", "text", "fault"), WRONG, ids=[text[:60] for _, text, _ in WRONG])
def test_a_wording_that_says_something_else_does_not(meant: Sentence, text: str, fault: str) -> None:
    assert LOOSE.fault(meant, text) == fault
    assert STRICT.fault(meant, text) is not None


def test_strict_lets_pass_what_the_grammar_hears_alike() -> None:
    assert STRICT.fault(CANCEL, "Hello there. I want to cancel the order with the Tea Kettle. Thanks a lot!") is None
    assert STRICT.fault(CANCEL, "I would love to cancel the order with the Tea Kettle.") == "misheard"
    assert LOOSE.fault(CANCEL, "I would love to cancel the order with the Tea Kettle.") is None


@cache
def sentences() -> list[Sentence]:
    """What customers say first, and to a few answers."""
    said: list[Sentence] = []
    for task in tasks():
        user = ScriptedUser(task)
        said += user.decide([]).sentences
    return said


def own(act: str) -> list[str]:
    return speech_of("retail").sentences(act)


@pytest.mark.parametrize("guard", [LOOSE, STRICT])
def test_a_customers_own_words_always_pass(guard: Guard) -> None:
    assert [(one.text, guard.fault(one, one.text)) for one in sentences() if guard.fault(one, one.text)] == []


@pytest.mark.parametrize("act", ["yes", "no", "hello", "next", "accept", "insist", "forgot", "bye", "remark"])
def test_lines_without_facts_pass_as_they_are(act: str) -> None:
    assert own(act)
    for text in own(act):
        assert LOOSE.fault(Sentence(act, text), text) is None


def leaves(data: Any) -> Iterator[str]:
    """Every text in a YAML file, keys included."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield str(key)
            yield from leaves(value)
    elif isinstance(data, list):
        for value in data:
            yield from leaves(value)
    else:
        yield str(data)


def fact_words(name: str) -> set[str]:
    found: set[str] = set()
    for text in leaves(read_yaml(f"{name}.yaml")):
        found |= {word.lower() for word in re.findall(r"[A-Za-z]{3,}", text)}
    return found


FACTS = sorted(set().union(*map(fact_words, ("retail/catalogue", "airline/airports", "people", "places"))))
KNOWN = {word for act in GRAMMAR.acts() for text in own(act) for word in re.findall(r"[a-z']+", text.lower())}


def test_no_word_of_the_plain_list_is_one_of_a_fact() -> None:
    assert sorted(wording().plain.intersection(FACTS)) == []
    assert wording().plain & (wording().negators | {"what", "which", "when", "only", "except", "but", "if"}) == set()


@given(st.data(), GUARDS)
def test_no_word_of_a_fact_can_be_added(data: st.DataObject, guard: Guard) -> None:
    meant = data.draw(st.sampled_from(sentences()))
    words = meant.text.split(" ")
    added = data.draw(st.sampled_from([word for word in FACTS if word not in KNOWN and word not in meant.text.lower()]))
    place = data.draw(st.integers(0, len(words)))
    assert guard.fault(meant, " ".join([*words[:place], added, *words[place:]])) is not None


@given(st.data(), GUARDS)
def test_no_letter_of_a_fact_can_change(data: st.DataObject, guard: Guard) -> None:
    meant = data.draw(st.sampled_from([one for one in sentences() if one.phrases]))
    phrase = data.draw(st.sampled_from(meant.phrases))
    start = meant.text.lower().index(phrase.lower())
    place = data.draw(st.integers(start + 1, start + len(phrase) - 1))
    letter = data.draw(st.characters(codec="ascii", categories=["L", "N"]))
    if meant.text[place] != letter:
        assert guard.fault(meant, meant.text[:place] + letter + meant.text[place + 1 :]) is not None


@given(st.data(), GUARDS, st.text(max_size=80))
def test_whatever_passes_has_every_fact_and_no_number_of_its_own(data: st.DataObject, guard: Guard, text: str) -> None:
    meant = data.draw(st.sampled_from(sentences()))
    answer = data.draw(st.sampled_from([text, f"{meant.text} {text}", f"{text} {meant.text}"]))
    if guard.fault(meant, answer) is None:
        rest = answer
        for phrase in sorted(meant.phrases, key=len, reverse=True):
            assert phrase[1:] in rest
            rest = re.sub(f".{re.escape(phrase[1:])}", "", rest)
        assert not re.search(r"[\d@#_]", rest)
        assert STOP not in answer


@given(st.text(max_size=200))
def test_letters_of_print_become_letters_of_a_keyboard(text: str) -> None:
    plain = plain_letters(f"\u201cI\u2019d\nlike\u00a0it\u201d  {text}")
    assert plain.startswith('"I\'d like it"')
    assert plain_letters(plain) == plain
