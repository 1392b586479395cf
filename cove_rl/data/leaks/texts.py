"""Find passages that repeat a benchmark's text, word by word or nearly so.

A text is known by its runs of `RUN` words. A passage is a stretch of our text whose runs are those of one text of the
benchmark, with a few other words in between; it is a leak if it shares enough words.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from cove_rl.data.leaks.words import words_of

TextKind = Literal["task", "policy", "recorded"]

RUN = 5
"""Words in a run. Ours: with four, our policies share 11 words with the benchmark's, with five 7, while a text of which
every seventh word was changed still has runs left."""
ENOUGH: dict[TextKind, int] = {"task": 10, "policy": 10, "recorded": 14}
"""Telling words from which a passage is a leak. Ours: no message, hint, policy or description of a tool made here
shares more than 7 words with a task or a policy, or 11 telling ones with a recorded message; see docs/leaks.md."""
LONG = 24
"""Words, telling or not, from which a passage is a leak. Ours share 18 with a recorded message."""
GAP = RUN
"""Words of ours in a row that a passage may have between two runs; at least half of it is the benchmark's then."""
COMMON = 3
"""Tasks in whose recorded conversations a run is common speech, such as "is there anything else I can": it tells
nothing about where a message is from. Runs of task texts and policies always tell."""
EVERYWHERE = 20
"""Tasks in whose recorded conversations a run is not looked up at all."""


class Text(msgspec.Struct, frozen=True):
    """A text of the benchmark.

    Attributes:
        kind: what it is.
        source: its file, and the line or the task in it.
        task: the task it is from or about; empty for a policy.
        text: the text.
    """

    kind: TextKind
    source: str
    task: str
    text: str


class Passage(msgspec.Struct, frozen=True):
    """A stretch of words that repeats a text of the benchmark.

    Attributes:
        text: which.
        start: its first word.
        end: the word after its last.
        shared: words in it that are in runs of the text; a run that occurs twice counts once.
        telling: those of them that are in a run that is not common speech.
    """

    text: Text
    start: int
    end: int
    shared: int
    telling: int

    @property
    def is_leak(self) -> bool:
        """Whether it is too much to be chance."""
        return self.telling >= ENOUGH[self.text.kind] or self.shared >= LONG


class TextIndex:
    """Finds passages; a text without any costs one look-up per word.

    Args:
        texts: what to find; about 250 bytes of memory per word.
    """

    def __init__(self, texts: Iterable[Text]) -> None:
        self._texts = tuple(texts)
        found: defaultdict[int, list[int]] = defaultdict(list)
        for number, text in enumerate(self._texts):
            for run in set(_runs(words_of(text.text))):
                found[run].append(number)
        tasks = {run: self._recorded_tasks(numbers) for run, numbers in found.items()}
        self._common = {run for run, count in tasks.items() if count >= COMMON}
        self._runs = {
            run: kept
            for run, numbers in found.items()
            if (kept := numbers if tasks[run] < EVERYWHERE else [one for one in numbers if not self._is_recorded(one)])
        }

    def _is_recorded(self, number: int) -> bool:
        return self._texts[number].kind == "recorded"

    def _recorded_tasks(self, numbers: list[int]) -> int:
        """Return about how many tasks something recorded is, of the texts with these numbers."""
        return len({self._texts[number].task for number in numbers if self._is_recorded(number)})

    def find(self, words: Sequence[str]) -> list[Passage]:
        """Return the leaked passages of a text in their order; of those that overlap, the one that shares most."""
        if self._runs.keys().isdisjoint(_runs(words)):
            return []
        leaks = sorted(
            (passage for passage in self._passages(words) if passage.is_leak),
            key=lambda one: (-one.shared, one.start, one.text.source),
        )
        kept: list[Passage] = []
        for leak in leaks:
            if all(leak.end <= other.start or other.end <= leak.start for other in kept):
                kept.append(leak)
        return sorted(kept, key=lambda one: one.start)

    def _passages(self, words: Sequence[str]) -> Iterator[Passage]:
        places: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for at, run in enumerate(_runs(words)):
            for number in self._runs.get(run, ()):
                places[number].append((at, run))
        for number, hits in places.items():
            if len(hits) * RUN < ENOUGH[self._texts[number].kind]:
                continue
            common = self._common if self._is_recorded(number) else set()
            for stretch in _stretches(hits):
                telling = _covered([hit for hit in stretch if hit[1] not in common])
                yield Passage(self._texts[number], stretch[0][0], stretch[-1][0] + RUN, _covered(stretch), telling)


def _stretches(hits: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Yield hits, each a place and a run, in groups between which there are more than `GAP` words of ours."""
    group: list[tuple[int, int]] = []
    for hit in hits:
        if group and hit[0] - (group[-1][0] + RUN) > GAP:
            yield group
            group = []
        group.append(hit)
    yield group


def _covered(stretch: Sequence[tuple[int, int]]) -> int:
    """Return how many words the runs of a stretch cover, each run counted at its first place."""
    seen: set[int] = set()
    covered: set[int] = set()
    for at, run in stretch:
        if run not in seen:
            seen.add(run)
            covered.update(range(at, at + RUN))
    return len(covered)


def _runs(words: Sequence[str]) -> Iterator[int]:
    """Yield a number for every run of words, in their order; equal within one process for equal runs."""
    return map(hash, zip(*(words[at:] for at in range(RUN)), strict=False))
