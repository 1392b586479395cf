"""pass^k: the probability that an agent does a task in k independent trials, all of them, averaged over tasks.

Unlike pass@k, which rewards one success among k, it falls with k unless every trial succeeds: it measures reliability
(Yao et al., tau-bench, arXiv 2406.12045).
"""

from collections.abc import Sequence
from math import comb
from statistics import fmean

import msgspec

from cove_rl.errors import InputError
from cove_rl.evaluation.intervals import Interval, bootstrap

_NAMED = 5


class Outcomes(msgspec.Struct, frozen=True):
    """What came of the planned trials of one task.

    Attributes:
        task_id: the task.
        successes: one entry per planned trial, in their order; None where it says nothing about the agent.
    """

    task_id: str
    successes: tuple[bool | None, ...]

    @property
    def known(self) -> tuple[bool, ...]:
        """The trials that say something."""
        return tuple(one for one in self.successes if one is not None)

    @property
    def rate(self) -> float:
        """Share of successes among them.

        Raises:
            ZeroDivisionError: if there are none.
        """
        return sum(self.known) / len(self.known)

    def pass_k(self, k: int) -> float:
        """Return the estimate of this task's probability to be done k times in a row."""
        return pass_k(len(self.known), sum(self.known), k)


class PassK(msgspec.Struct, frozen=True):
    """pass^k of a run.

    Attributes:
        k: how many trials must succeed.
        value: the estimate; None where trials are missing.
        interval: 95 in 100 such intervals cover the true value; None where trials are missing.
        missing: why there is no estimate; "" if there is one.
    """

    k: int
    value: float | None
    interval: Interval | None
    missing: str = ""


def pass_k(trials: int, successes: int, k: int) -> float:
    """Return C(successes, k) / C(trials, k), the share of all choices of k trials in which all k succeeded.

    It is the unbiased estimate of p^k for trials that succeed independently with an unknown probability p.

    Raises:
        ValueError: if `k` is not between 1 and `trials`.
    """
    if not 1 <= k <= trials or not 0 <= successes <= trials:
        raise ValueError(f"pass^{k} of {successes} successes in {trials} trials is not defined")
    return comb(successes, k) / comb(trials, k)


def mean_pass_k(tasks: Sequence[Outcomes], k: int) -> float:
    """Return pass^k over tasks, each of which counts alike.

    Raises:
        InputError: if a task has fewer than k trials that say something; tasks and trials are named.
    """
    _check(tasks, k)
    return fmean(task.pass_k(k) for task in tasks)


def estimates(tasks: Sequence[Outcomes], most: int, seed: int = 0) -> tuple[PassK, ...]:
    """Return pass^1 to pass^`most` with intervals; where trials are missing, the reason instead.

    Args:
        tasks: outcomes of every task.
        most: the largest k.
        seed: of the intervals.
    """
    return tuple(_estimate(tasks, k, seed) for k in range(1, most + 1))


def _estimate(tasks: Sequence[Outcomes], k: int, seed: int) -> PassK:
    try:
        value = mean_pass_k(tasks, k)
    except InputError as fault:
        return PassK(k, None, None, str(fault))
    return PassK(k, value, bootstrap([task.pass_k(k) for task in tasks], seed))


def _check(tasks: Sequence[Outcomes], k: int) -> None:
    if not tasks:
        raise InputError(f"pass^{k} needs tasks, and there are none")
    short = [task for task in tasks if len(task.known) < k]
    if short:
        named = ", ".join(_short_of(task) for task in short[:_NAMED])
        more = f" and {len(short) - _NAMED} more" if len(short) > _NAMED else ""
        raise InputError(
            f"pass^{k} needs {k} trial{'s' * (k > 1)} of every task; {len(short)} of {len(tasks)} tasks have fewer: "
            f"{named}{more}"
        )


def _short_of(task: Outcomes) -> str:
    gone = [str(number) for number, one in enumerate(task.successes) if one is None]
    missing = f"without trial{'s' * (len(gone) > 1)} {', '.join(gone)}" if gone else "no more were planned"
    return f"{task.task_id} ({missing})"
