"""Confidence intervals of a mean over tasks."""

from collections.abc import Sequence
from math import ceil, floor, sqrt
from random import Random
from statistics import NormalDist

import msgspec

CONFIDENCE = 0.95
RESAMPLES = 2000
"""Enough that the ends of an interval hardly depend on the seed: their standard error is about a tenth of the
interval's half-width at most."""


class Interval(msgspec.Struct, frozen=True):
    """Where the true value is, in `CONFIDENCE` of such intervals."""

    low: float
    high: float

    def covers(self, value: float) -> bool:
        """Return whether a value lies in it."""
        return self.low <= value <= self.high


def bootstrap(values: Sequence[float], seed: int = 0, resamples: int = RESAMPLES, lowest: float = 0.0) -> Interval:
    """Return the percentile bootstrap interval of the mean of values, one per task.

    Tasks are drawn, not trials: trials of one task resemble each other. The percentiles are moved outwards as
    Hesterberg proposes ("expanded percentile", arXiv 1411.5279), since a resample spreads too little by a factor of
    sqrt((n - 1) / n), and lie on the resampled means just outside of them. Values that are all alike leave nothing to
    resample; then the interval is the one of Clopper and Pearson for a share of tasks that none of so many has shown.

    Args:
        values: one per task; at least one.
        seed: equal seeds give equal intervals.
        resamples: how many.
        lowest: the smallest value there can be: -1 for differences.

    Raises:
        ValueError: if there are no values.
    """
    if not values:
        raise ValueError("an interval needs at least one value")
    count = len(values)
    if min(values) == max(values):
        return _alike(values[0], count, lowest)
    draw = Random(f"bootstrap:{seed}").choices  # noqa: S311  (reproducible)
    means = sorted(sum(draw(values, k=count)) / count for _ in range(resamples))
    tail = _tail(count) * resamples
    return Interval(means[max(floor(tail) - 1, 0)], means[min(ceil(resamples - tail), resamples - 1)])


def _tail(count: int) -> float:
    """Return the share of resampled means beyond each end."""
    normal = NormalDist()
    return normal.cdf(normal.inv_cdf((1 - CONFIDENCE) / 2) * sqrt(count / max(count - 1, 1)))


def _alike(value: float, count: int, lowest: float) -> Interval:
    """Return the interval of equal values: a share of all tasks may be at either extreme and none of these is."""
    unseen = 1 - ((1 - CONFIDENCE) / 2) ** (1 / count)
    return Interval(value - unseen * (value - lowest), value + unseen * (1 - value))
