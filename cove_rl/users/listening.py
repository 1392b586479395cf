"""What a customer takes an agent's message for: a question, a proposal, a refusal, a report.

Agents under training say anything, so this looks for cues (the regular expressions under ``listen`` in `speech.yaml`),
sentence by sentence, and never fails.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import msgspec

from cove_rl.errors import DomainError
from cove_rl.speech.speech import speech_of
from cove_rl.world.hint import Check

_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?\n]*\s*")
_ENTRY = re.compile(r"\n{1,2}[ \t]{0,8}(?:[-*•]|\d{1,2}[.)])[ \t]")
"""Where an entry of a list begins; it belongs to the sentence that leads up to it."""
_LETTERS = str.maketrans("\u2019\u2018\u201c\u201d\u2011\u00a0", "''\"\"- ", "*_`")
"""What typesetting makes of plain letters, undone."""
LONGEST = 4000
"""Characters of a message a customer reads; the rest of a runaway message is ignored."""
LONGEST_SENTENCE = 800
"""Characters of a sentence that count, half at its start and half at its end: a cue may take the cube of that."""


class AgentSaid(msgspec.Struct, frozen=True):
    """What an agent's message comes to.

    Attributes:
        asks: slots it asks about.
        offers: whether it asks for consent to something.
        more: whether it asks if there is anything else.
        refused: whether it says that something cannot be done.
        done: whether it reports something as done.
        waits: whether it asks for patience.
    """

    asks: frozenset[str]
    offers: bool
    more: bool
    refused: bool
    done: bool
    waits: bool


class Ear:
    """The cues of one domain, compiled."""

    def __init__(self, listen: Mapping[str, Any]) -> None:
        unless = listen.get("unless", {})
        self._cues = {name: _any(listen[name]) for name in ("ask", "offer", "more", "refused", "done", "wait")}
        self._unless = {name: _any(unless[name]) for name in self._cues if name in unless}
        self._slots = {slot: _any(cues) for slot, cues in listen["slots"].items()}
        self._questions = {slot: _any(cues) for slot, cues in listen.get("questions", {}).items()}
        self._acts = {act: _any(cues) for act, cues in listen["acts"].items()}
        self._read = lru_cache(maxsize=4096)(self._read_sentence)  # agents repeat themselves

    def listen(self, text: str) -> AgentSaid:
        """Return what a message comes to, sentence by sentence.

        A sentence that asks for an element, or if there is anything else, is not also a proposal; one that refuses is
        not also a report.
        """
        asks: set[str] = set()
        heard: set[str] = set()
        for sentence in _sentences(text):
            slots, cues = self._read(sentence)
            asks |= slots
            heard |= cues
        return AgentSaid(
            asks=frozenset(asks),
            offers="offer" in heard,
            more="more" in heard,
            refused="refused" in heard,
            done="done" in heard,
            waits="wait" in heard,
        )

    def _read_sentence(self, sentence: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return the slots a sentence asks for and the cues that count in it."""
        slots = frozenset(self._asked(sentence))
        cues = {cue for cue in self._cues if self._has(cue, sentence)}
        overruled = ({"offer"} if slots or "more" in cues else set()) | ({"done"} if "refused" in cues else set())
        return slots, frozenset(cues - overruled)

    def _asked(self, sentence: str) -> list[str]:
        """Return the slots a question is about; some are asked for with a question that sounds like an offer."""
        cues = self._slots if self._has("ask", sentence) else self._questions
        return [slot for slot, cue in cues.items() if cue.search(sentence)]

    def _has(self, cue: str, sentence: str) -> bool:
        unless = self._unless.get(cue)
        return self._cues[cue].search(sentence) is not None and (unless is None or unless.search(sentence) is None)

    def is_about(self, act: str, text: str) -> bool:
        """Return whether a message speaks of this kind of request."""
        own = self._acts.get(act)
        return own is not None and own.search(_plain(text)) is not None

    def is_about_another(self, act: str, text: str) -> bool:
        """Return whether a message speaks of another kind of request and not of this one."""
        plain = _plain(text)
        own = self._acts.get(act)
        if own is None or own.search(plain):
            return False
        return any(cue.search(plain) for cue in self._acts.values())


@cache
def ear_of(domain: str) -> Ear:
    """Return the cues of a domain.

    Raises:
        DomainError: if `speech.yaml` lacks some, or one is no regular expression.
    """
    try:
        return Ear(speech_of(domain).listen)
    except (KeyError, TypeError, AttributeError, re.error) as error:
        raise DomainError(f"the cues under 'listen' in {domain}'s speech.yaml: {error!r}") from None


def differs(check: Check, text: str) -> bool:
    """Return whether a proposal shows, in its words, that it means something else than the customer does."""
    lowered = _plain(text).lower()

    def says(words: Sequence[str]) -> int:
        return sum(_stands(word.lower(), lowered) for word in words)

    if says(check.never):
        return True
    if check.all and 0 < says(check.all) < len(check.all):
        return True
    return bool(check.any) and not says(check.any) and says(check.instead) > 0


def _stands(word: str, text: str) -> bool:
    """Return whether a word (or phrase) stands in a text, not as a part of a longer one."""
    start = text.find(word)
    while start >= 0:
        around = text[max(start - 1, 0) : start] + text[start + len(word) : start + len(word) + 1]
        if not any(letter.isalnum() or letter == "_" for letter in around):
            return True
        start = text.find(word, start + 1)
    return False


def _plain(text: str) -> str:
    """Return the part of a message that is read, without typesetting."""
    return text[:LONGEST].translate(_LETTERS)


def _sentences(text: str) -> list[str]:
    """Return the sentences of a message, each with the entries of the list it leads up to."""
    joined = _ENTRY.sub(" - ", text[:LONGEST]).translate(_LETTERS)
    sentences = [match[0].strip() for match in _SENTENCE.finditer(joined)]
    half = LONGEST_SENTENCE // 2
    return [one if len(one) <= LONGEST_SENTENCE else f"{one[:half]} {one[-half:]}" for one in sentences if one]


def _any(cues: Sequence[str]) -> "re.Pattern[str]":
    return re.compile("|".join(f"(?:{cue})" for cue in cues), re.IGNORECASE)
