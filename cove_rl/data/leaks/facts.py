"""Look up the benchmark's facts among the words of a text, in one pass."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec

from cove_rl.data.leaks.needles import Fact, forms_of
from cove_rl.data.leaks.words import words_of

_BETWEEN = {"first", "last", "given", "family", "name", "surname", "is", "and", "the", "my", "s"}
"""Words that may stand between a first and a last name: those of a form or a record."""
_APART = 5
"""How many of them."""


class Match(msgspec.Struct, frozen=True):
    """A fact among the words of a text.

    Attributes:
        fact: which.
        start: its first word.
        end: the word after its last.
    """

    fact: Fact
    start: int
    end: int


class FactIndex:
    """Finds facts; a text without any costs a few look-ups in sets per word.

    Args:
        facts: what to find.
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._words: dict[str, Fact] = {}
        self._pairs: defaultdict[tuple[str, str], dict[tuple[str, ...], Fact]] = defaultdict(dict)
        self._names: defaultdict[str, dict[str, Fact]] = defaultdict(dict)
        for fact in facts:
            for form in forms_of(fact):
                if len(form) == 1:
                    self._words.setdefault(form[0], fact)
                else:
                    self._pairs[form[0], form[1]].setdefault(form, fact)
            if fact.kind == "name":
                first, *_, last = words_of(fact.value)
                self._names[last][first] = fact
        self._first_names = {first for firsts in self._names.values() for first in firsts}

    def find(self, words: Sequence[str]) -> list[Match]:
        """Return the facts in a text, in their order; of those within others only the longest."""
        if self._is_clean(words):
            return []
        found = [*self._runs(words), *self._apart(words)]
        longest: list[Match] = []
        for match in sorted(found, key=lambda one: (one.start, -one.end)):
            if not longest or match.end > longest[-1].end:
                longest.append(match)
        return longest

    def _is_clean(self, words: Sequence[str]) -> bool:
        return (
            self._words.keys().isdisjoint(words)
            and self._names.keys().isdisjoint(words)
            and self._pairs.keys().isdisjoint(pairwise(words))
        )

    def _runs(self, words: Sequence[str]) -> Iterator[Match]:
        for at, word in enumerate(words):
            if word in self._words:
                yield Match(self._words[word], at, at + 1)
            for form, fact in self._pairs.get((word, words[at + 1]) if at + 1 < len(words) else ("", ""), {}).items():
                if tuple(words[at : at + len(form)]) == form:
                    yield Match(fact, at, at + len(form))

    def _apart(self, words: Sequence[str]) -> Iterator[Match]:
        """Yield names that are not written as first name and last name in a row."""
        for at, word in enumerate(words):
            firsts = self._names.get(word, {})
            for other in _around(words, at) if firsts else ():
                if words[other] in firsts and not (other == at + 1 and at and words[at - 1] in self._first_names):
                    yield Match(firsts[words[other]], min(at, other), max(at, other) + 1)


def _around(words: Sequence[str], at: int) -> Iterator[int]:
    """Yield the places before and after `at` that only words of a form separate from it."""
    for step in (-1, 1):
        other = at + step
        while 0 <= other < len(words) and abs(other - at) <= _APART and words[other] in _BETWEEN:
            other += step
        if 0 <= other < len(words):
            yield other
