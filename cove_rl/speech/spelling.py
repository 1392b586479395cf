"""Slips of the pen: words that are often misspelt, and how to read them all the same.

A misspelling is one of a list, no misspelling is a word, and none is the same for two words. So what is written with
typos is read back exactly, and words that are not on the list, names and values among them, are left as they are.
"""

import re
from collections.abc import Mapping, Sequence
from random import Random

from cove_rl.errors import DomainError

_WORD = re.compile(r"(?<![\w@.#'-])[^\W\d_]+(?:'[^\W\d_]+)?(?![\w@'-])")
_LETTERS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


class Spelling:
    """The misspellings of a `speech.yaml`.

    Args:
        misspelt: word -> ways to misspell it, all in lower case.

    Raises:
        DomainError: if a misspelling is a word of the list itself, or stands for two words.
    """

    def __init__(self, misspelt: Mapping[str, Sequence[str]]) -> None:
        self._misspelt = misspelt
        self._meant: dict[str, str] = {}
        for word, ways in misspelt.items():
            for way in ways:
                if way in misspelt or self._meant.setdefault(way, word) != word:
                    raise DomainError(f"the misspelling '{way}' of '{word}' can also be read as another word")

    @property
    def misspellings(self) -> frozenset[str]:
        """Everything that counts as misspelt."""
        return frozenset(self._meant)

    def misspell(self, text: str, share: float, rng: Random, keep: Sequence[str] = ()) -> str:
        """Return a text in which a share of the words that can be are misspelt.

        Args:
            text: the text.
            share: probability for each such word, in [0, 1].
            rng: decides.
            keep: parts of the text that are left as they are, without regard to case.
        """
        kept = re.compile("|".join(map(re.escape, sorted(keep, key=len, reverse=True))) or r"(?!)", re.IGNORECASE)
        parts, start = [], 0
        for match in kept.finditer(text):
            parts += [self._spoil(text[start : match.start()], share, rng), match[0]]
            start = match.end()
        return "".join([*parts, self._spoil(text[start:], share, rng)])

    def correct(self, text: str) -> str:
        """Return a text with what `misspell` does undone."""
        if self._meant.keys().isdisjoint(_LETTERS.findall(text.lower())):
            return text  # the usual case, and quicker to find out
        return _WORD.sub(lambda match: _cased(self._meant.get(match[0].lower(), match[0]), match[0]), text)

    def _spoil(self, text: str, share: float, rng: Random) -> str:
        def spoilt(match: "re.Match[str]") -> str:
            ways = self._misspelt.get(match[0].lower())
            return _cased(rng.choice(ways), match[0]) if ways and rng.random() < share else match[0]

        return _WORD.sub(spoilt, text)


def _cased(word: str, like: str) -> str:
    """Return a word with a capital letter at its start if the other one has it."""
    return word[0].upper() + word[1:] if like[0].isupper() and word[0].islower() else word
