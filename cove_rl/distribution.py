"""A list of numbers in seven figures and ten characters."""

import math
from collections.abc import Sequence

import msgspec

BINS = 10
_BLOCKS = " ▁▂▃▄▅▆▇█"
_ASCII = " .:-=+*#@"


class Distribution(msgspec.Struct, frozen=True):
    """What a sample of numbers looks like; every figure but the count is None for an empty sample.

    Attributes:
        count: how many numbers there are.
        mean: their arithmetic mean.
        min: the smallest.
        p5: the 5th percentile; percentiles are interpolated linearly between the two nearest numbers.
        p50: the median.
        p95: the 95th percentile.
        max: the largest.
    """

    count: int
    mean: float | None = None
    min: float | None = None
    p5: float | None = None
    p50: float | None = None
    p95: float | None = None
    max: float | None = None


def describe(numbers: Sequence[float]) -> Distribution:
    """Return the distribution of the finite numbers; NaN stands for a missing value and is left out."""
    known = sorted(number for number in numbers if math.isfinite(number))
    if not known:
        return Distribution(0)
    mean = math.fsum(known) / len(known)
    low, middle, high = (_percentile(known, share) for share in (0.05, 0.5, 0.95))
    return Distribution(len(known), mean, known[0], low, middle, high, known[-1])


def _percentile(ordered: Sequence[float], share: float) -> float:
    """Return the number `share` of the way through an ordered, non-empty sample."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    between = ordered[below] + (ordered[above] - ordered[below]) * (place - below)
    return min(between, ordered[above])  # rounding must not carry it past its neighbour


def histogram(numbers: Sequence[float], *, ascii_only: bool = False) -> str:
    """Return ten characters, one per bin of equal width between the smallest and the largest finite number.

    The fullest bin is a full block and only an empty bin is blank. No finite numbers give the empty string.
    """
    known = [number for number in numbers if math.isfinite(number)]
    if not known:
        return ""
    low, width = min(known), max(known) - min(known)
    counts = [0] * BINS
    for number in known:
        counts[min(int((number - low) / width * BINS), BINS - 1) if width else 0] += 1
    levels = _ASCII if ascii_only else _BLOCKS
    top = max(counts)
    return "".join(levels[math.ceil(count / top * (len(levels) - 1))] for count in counts)
