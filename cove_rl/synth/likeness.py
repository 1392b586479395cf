"""Near duplicates: sketches of conversations that tell how much of what is said and called is the same.

A sketch is a one-permutation MinHash (Li, Owen and Zhang, 2012) of the word shingles, its empty bins filled by the
optimal densification of Shrivastava (2017): the share of equal bins estimates the Jaccard similarity of two
conversations. Candidates are found by bands of bins (locality-sensitive hashing).
"""

from array import array
from collections import defaultdict
from collections.abc import Iterator
from operator import eq
from random import Random
from zlib import crc32

import msgspec

from cove_rl.episode.trajectory import Trajectory

BINS = 128
"""Bins of a sketch: an estimate at 0.9 has a standard error of 0.03."""
SHINGLE = 4
"""Words of a shingle (ours)."""
CLOSE = 0.85
"""Threshold from which bands may be broad: fewer pairs are compared that are not alike."""
BROAD, NARROW = 8, 4
"""Bins of a band: 0.6 % of the pairs that are 0.85 alike share no broad one, 1 % of those 0.6 alike no narrow one."""


def sketch(trajectory: Trajectory) -> tuple[int, ...]:
    """Return the sketch of what was said and called in a conversation, its greeting left out: `BINS` numbers."""
    words = " ".join(_texts(trajectory)).lower().split()
    shingles = {" ".join(words[at : at + SHINGLE]) for at in range(max(len(words) - SHINGLE + 1, 1))}
    lowest: dict[int, int] = {}
    for shingle in shingles:
        value, place = divmod(crc32(shingle.encode()), BINS)
        if value < lowest.get(place, value + 1):
            lowest[place] = value
    return tuple(lowest[place] if place in lowest else lowest[_lender(place, lowest)] for place in range(BINS))


def _texts(trajectory: Trajectory) -> Iterator[str]:
    for message in trajectory.messages[1:]:
        if message.role != "tool":
            yield message.content
        for call in message.calls:
            yield call.name
            yield msgspec.json.encode(call.arguments, order="deterministic").decode().replace(",", " ")


def _lender(place: int, filled: dict[int, int]) -> int:
    """Return the bin that an empty one borrows from: the same for all sketches in which it is filled."""
    rng = Random(place)  # noqa: S311  (a hash, not security)
    return next(other for other in iter(lambda: rng.randrange(BINS), -1) if other in filled)


def likeness(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Return the estimated Jaccard similarity of two conversations by their sketches, in [0, 1]."""
    return float(sum(map(eq, one, other)) / BINS)


class Seen:
    """The sketches of what was kept so far.

    Args:
        threshold: from which similarity on two conversations count as the same, in (0, 1].
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._rows = BROAD if threshold >= CLOSE else NARROW
        self._sketches: list[array[int]] = []
        self._bands: defaultdict[int, list[int]] = defaultdict(list)

    def has_like(self, one: tuple[int, ...]) -> bool:
        """Return whether one of them is as similar as the threshold."""
        candidates = {place for band in self._in_bands(one) for place in self._bands.get(band, ())}
        needed = self._threshold * BINS
        return any(sum(map(eq, one, self._sketches[place])) >= needed for place in candidates)

    def add(self, one: tuple[int, ...]) -> None:
        """Remember one more."""
        for band in self._in_bands(one):
            self._bands[band].append(len(self._sketches))
        self._sketches.append(array("I", one))

    def _in_bands(self, one: tuple[int, ...]) -> Iterator[int]:
        return (hash((place, one[place : place + self._rows])) for place in range(0, BINS, self._rows))
