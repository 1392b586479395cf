"""What a customer takes an agent's message for: a question, a proposal, a refusal, a report.

Agents under training say anything, so this looks for cues (the regular expressions under ``listen`` in `speech.yaml`),
sentence by sentence, and never fails.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from cove_rl.speech.speech import speech_of
from cove_rl.world.hint import Check

_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?\n]*\s*")
_LONGEST = 4000
"""Characters of a message a customer reads; the rest of a runaway message is ignored."""


class AgentSaid(msgspec.Struct, frozen=True):
    """What an agent's message comes to.

    Attributes:
        asks: slots it asks about.
        offers: whether it asks for consent to something.
        more: whether it asks if there is anything else.
        refused: whether it says that something cannot be done.
        done: whether it reports something as done.
    """

    asks: frozenset[str]
    offers: bool
    more: bool
    refused: bool
    done: bool


class Ear:
    """The cues of one domain, compiled."""

    def __init__(self, listen: Mapping[str, Any]) -> None:
        self._cues = {name: _any(listen[name]) for name in ("ask", "offer", "more", "refused", "done")}
        self._slots = {slot: _any(cues) for slot, cues in listen["slots"].items()}
        self._acts = {act: _any(cues) for act, cues in listen["acts"].items()}

    def listen(self, text: str) -> AgentSaid:
        """Return what a message comes to. A sentence that asks for something is not also a proposal."""
        asks: set[str] = set()
        offers = False
        sentences = [match[0] for match in _SENTENCE.finditer(text[:_LONGEST]) if match[0].strip()]
        for sentence in sentences:
            slots = self._asked(sentence)
            asks.update(slots)
            offers = offers or (not slots and self._has("offer", sentence) and not self._has("more", sentence))
        return AgentSaid(
            asks=frozenset(asks),
            offers=offers,
            more=any(self._has("more", sentence) for sentence in sentences),
            refused=any(self._has("refused", sentence) for sentence in sentences),
            done=any(self._has("done", sentence) for sentence in sentences),
        )

    def _asked(self, sentence: str) -> list[str]:
        if not self._has("ask", sentence):
            return []
        return [slot for slot, cue in self._slots.items() if cue.search(sentence)]

    def _has(self, cue: str, sentence: str) -> bool:
        return self._cues[cue].search(sentence) is not None

    def is_about(self, act: str, text: str) -> bool:
        """Return whether a message speaks of that kind of request."""
        cue = self._acts.get(act)
        return cue is None or cue.search(text[:_LONGEST]) is not None


@cache
def ear_of(domain: str) -> Ear:
    """Return the cues of a domain."""
    return Ear(speech_of(domain).listen)


def differs(check: Check, text: str) -> bool:
    """Return whether a proposal shows, in its words, that it means something else than the customer does."""
    lowered = text[:_LONGEST].lower()

    def says(words: Sequence[str]) -> int:
        return sum(re.search(rf"(?<!\w){re.escape(word.lower())}(?!\w)", lowered) is not None for word in words)

    if says(check.never):
        return True
    if check.all and 0 < says(check.all) < len(check.all):
        return True
    return bool(check.any) and not says(check.any) and says(check.instead) > 0


def _any(cues: Sequence[str]) -> "re.Pattern[str]":
    return re.compile("|".join(f"(?:{cue})" for cue in cues), re.IGNORECASE)
