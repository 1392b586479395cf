"""Decide whether a sentence, worded anew by a model, still says what it said, and nothing else.

The words of hints must stand in it letter by letter. What is left, the frame, may hold only words of the domain's own
sentences of that kind and of a list of words without facts (`sandbox/wording.yaml`). So no number, name, item or value
can be lost, changed or added, whatever the model says; see docs/users.md for what is left to chance.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Literal

import msgspec

from cove_rl.sandbox import read_yaml
from cove_rl.speech.grammar import Sentence
from cove_rl.speech.speech import speech_of

Fault = Literal[
    "empty", "layout", "long", "lost fact", "added word", "moved fact", "lost act", "negation", "question", "consent",
    "misheard",
]  # fmt: skip
"""What is wrong with a wording."""

PLACES = tuple(map(chr, range(0xE000, 0xE020)))
"""Stand in a frame where the words of the first, second, ... hint were: letters without a meaning in Unicode."""
LONGEST = (2.5, 10)
"""A frame may have so many times the words of the sentence's own, and so many more (ours: room for a courtesy)."""

_PLACE = re.compile(r"\{\w+\}")
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_LAYOUT = re.compile(rf"[^\w\s.,!?;:'\"(){''.join(PLACES)}-]|[\d_]|-{{2}}")
_BEFORE = re.compile(rf"(\w+)\s*([{''.join(PLACES)}])")
_QUESTION = re.compile(r"[^.!?]*\?")
_OPENING = re.compile(r"(?:please|hi|hello|hey|and|so|also|well|okay|ok)\b[\s,]*", re.IGNORECASE)
_POLITE = re.compile(r"(?:could|can|would|will|may) (?:you|i|we)\b", re.IGNORECASE)
_LETTERS = str.maketrans("\u2019\u2018\u201c\u201d\u2011\u00a0", "''\"\"- ")


class Wording(msgspec.Struct, frozen=True):
    """The lists of `sandbox/wording.yaml` that the guard goes by."""

    plain: frozenset[str]
    negators: frozenset[str]
    prepositions: frozenset[str]
    agree: frozenset[str]


class Guard:
    """Judges wordings of one domain's sentences.

    Args:
        domain: the domain's name.
        strict: whether the domain's grammar must also hear the same acts and hints, as the oracle would.
    """

    def __init__(self, domain: str, *, strict: bool = False) -> None:
        self._speech = speech_of(domain)
        self._strict = strict
        self._words = wording()
        self._known = cache(self._frames_of)
        self._before = self._words_before()

    def fault(self, sentence: Sentence, text: str) -> Fault | None:
        """Return what is wrong with wording a sentence as `text`, or None if it may be said so."""
        if not _WORD.search(text):
            return "empty"
        frame = _frame(text, sentence.phrases)
        if frame is None:
            return "lost fact"
        own = _frame(sentence.text, sentence.phrases) or ""
        return self._fault_in_frame(sentence, own, frame) or self._misheard(sentence, text)

    def _fault_in_frame(self, sentence: Sentence, own: str, frame: str) -> Fault | None:
        words, own_words = _words(frame), _words(own)
        known = self._known(sentence.act) or (frozenset(own_words),)
        if _LAYOUT.search(frame):
            return "layout"
        if len(words) > LONGEST[0] * len(own_words) + LONGEST[1]:
            return "long"
        consents = sentence.act == "yes"
        if not self._words.plain.union(own_words, *known, self._words.agree if consents else ()) >= set(words):
            return "added word"
        if not self._kept(known, words):
            return "lost act"
        if self._turns(own) != self._turns(frame):
            return "negation"
        if consents and self._words.agree.isdisjoint(words):
            return "consent"
        if self._moves(sentence, own, frame):
            return "moved fact"
        return "question" if "?" not in own and self._asks(sentence, frame) else None

    def _misheard(self, sentence: Sentence, text: str) -> Fault | None:
        """Compare what the grammar hears: nothing new, and where it matters the same."""
        grammar = self._speech.grammar
        meant, heard = grammar.hear(sentence.text), grammar.hear(text)
        if self._strict and heard != meant:
            return "misheard"
        if sentence.act == "no" and [one.act for one in heard] != ["no"]:
            return "consent"
        return None if all(one in meant for one in heard) else "misheard"

    def _frames_of(self, act: str) -> tuple[frozenset[str], ...]:
        """Return the words of each of the domain's own sentences of a kind, without those of hints."""
        return tuple(frozenset(_words(_PLACE.sub(" ", text))) for text in self._speech.sentences(act))

    def _kept(self, known: Iterable[frozenset[str]], words: Iterable[str]) -> bool:
        """Whether all words are there that tell the kind of one of the domain's own sentences."""
        there = self._words.plain.union(words)
        return any(frame <= there for frame in known)

    def _turns(self, frame: str) -> int:
        """Count what turns a sentence round."""
        words = _words(frame)
        pairs = (f"{one} {other}" for one, other in pairwise(words))
        return sum(word in self._words.negators or word.endswith("n't") for word in (*words, *pairs))

    def _moves(self, sentence: Sentence, own: str, frame: str) -> bool:
        """Whether a preposition gives a hint a part that no sentence of ours gives such a hint."""
        slots = dict(zip(PLACES, sentence.hints, strict=False))
        return any(
            word in self._words.prepositions
            and word not in self._before.get(slots[place], ())
            and (word, place) not in _before_places(own)
            for word, place in _before_places(frame)
        )

    def _asks(self, sentence: Sentence, frame: str) -> bool:
        """Whether it asks for something a request does not ask for."""
        requests = sentence.act in self._speech.grammar.acts() and bool(sentence.hints)
        questions = (_OPENING.sub("", match[0].strip(), count=1) for match in _QUESTION.finditer(frame))
        return any(not requests or not _POLITE.match(question) for question in questions)

    def _words_before(self) -> dict[str, set[str]]:
        """Return, by slot, the words that stand before its place in the domain's own sentences."""
        before: dict[str, set[str]] = {}
        for act in self._speech.grammar.acts():
            for text in self._speech.grammar.templates(act):
                for word, slot in re.findall(r"(\w+) \{(\w+)\}", text):
                    before.setdefault(slot, set()).add(word.lower())
        return before


@cache
def guard_of(domain: str, strict: bool) -> Guard:
    """Return the guard of a domain, made once."""
    return Guard(domain, strict=strict)


@cache
def wording() -> Wording:
    """Return the lists of `sandbox/wording.yaml`, read once."""
    data = read_yaml("wording.yaml")
    return Wording(*(frozenset(_listed(data[name])) for name in Wording.__struct_fields__))


def _listed(text: str) -> list[str]:
    """Return the entries of a list: words, or several between quotes."""
    return [one or other for one, other in re.findall(r"\"([^\"]+)\"|([^\s\"]+)", text)]


def plain_letters(text: str) -> str:
    """Return a text on one line, in the letters a keyboard has: models set quotes and spaces as in print."""
    return " ".join(text.translate(_LETTERS).split())


def _frame(text: str, phrases: Sequence[str]) -> str | None:
    """Return a text with places where the words of hints were; None unless each of them is there, once."""
    for number in sorted(range(len(phrases)), key=lambda number: len(phrases[number]), reverse=True):
        phrase = phrases[number]  # the longest first: a shorter one may stand inside it
        first = f"[{re.escape(phrase[0])}{re.escape(phrase[0].upper())}]"
        pattern = rf"(?<![^\s(\"']){first}{re.escape(phrase[1:])}(?=[.,!?;:)\"']*(?:\s|\Z))"
        text, found = re.subn(pattern, f" {PLACES[number]} ", text)
        if found != 1:
            return None
    return text


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _before_places(frame: str) -> list[tuple[str, str]]:
    """Return the words that stand right before a place, each with the place."""
    return [(word.lower(), place) for word, place in _BEFORE.findall(frame)]
