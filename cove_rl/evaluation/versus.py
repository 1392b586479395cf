"""Two runs of the same tasks side by side: the difference task by task, and how sure it is."""

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

import msgspec

from cove_rl.errors import InputError
from cove_rl.evaluation.identity import differences
from cove_rl.evaluation.intervals import Interval, bootstrap
from cove_rl.evaluation.summary import Summary, TaskLine, summarise_folder


class Difference(msgspec.Struct, frozen=True):
    """The second run's rate less the first's, over the same tasks.

    Attributes:
        tasks: how many tasks it is taken over.
        first: mean rate of the first run.
        second: mean rate of the second.
        value: the mean of the tasks' differences.
        interval: of that.
    """

    tasks: int
    first: float
    second: float
    value: float
    interval: Interval

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return not self.interval.covers(0.0)


class TaskDifference(msgspec.Struct, frozen=True):
    """One task in both runs, its shares of successes."""

    task_id: str
    kinds: tuple[str, ...]
    first: float
    second: float

    @property
    def value(self) -> float:
        """The second run's share less the first's."""
        return self.second - self.first


class Versus(msgspec.Struct, frozen=True):
    """Two runs compared.

    Attributes:
        success: pass^1, paired by task.
        kinds: kind of constraint -> how often it was met, paired by the tasks that have it.
        better: tasks at which the second run succeeds more often.
        worse: tasks at which it succeeds less often.
        tasks: those tasks, where the second run lost most first.
    """

    success: Difference
    kinds: dict[str, Difference]
    better: int
    worse: int
    tasks: tuple[TaskDifference, ...]


def compare_folders(first: Path, second: Path) -> Versus:
    """Compare the runs in two folders.

    Raises:
        InputError: if they were not of the same tasks, user, prompts and sampling, naming what differs; or if one of
            them has a task without a trial that counts.
    """
    return compare_runs(summarise_folder(first), summarise_folder(second))


def compare_runs(first: Summary, second: Summary) -> Versus:
    """Compare two runs.

    Raises:
        InputError: as `compare_folders` does.
    """
    found = differences(first.run, second.run)
    if found:
        raise InputError(f"the runs cannot be compared, they differ in more than the agent: {'; '.join(found)}")
    for name, run in (("first", first), ("second", second)):
        if run.pass_k[0].value is None:
            raise InputError(f"the {name} run cannot be compared: {run.pass_k[0].missing}")
    ones, others = ({line.task_id: line for line in run.tasks} for run in (first, second))
    tasks = [
        TaskDifference(task_id, line.kinds, line.successes / line.trials, _rate(others[task_id]))
        for task_id, line in ones.items()
    ]
    changed = sorted((task for task in tasks if task.value), key=lambda task: (task.value, task.task_id))
    return Versus(
        success=_difference([(task.first, task.second) for task in tasks]),
        kinds=_by_kind(ones, others),
        better=sum(task.value > 0 for task in changed),
        worse=sum(task.value < 0 for task in changed),
        tasks=tuple(changed),
    )


def _rate(line: TaskLine) -> float:
    return line.successes / line.trials


def _by_kind(ones: Mapping[str, TaskLine], others: Mapping[str, TaskLine]) -> dict[str, Difference]:
    kinds = sorted({kind for line in ones.values() for kind in line.held})
    pairs = {
        kind: [
            (line.held[kind].rate, others[task_id].held[kind].rate)
            for task_id, line in ones.items()
            if kind in line.held and kind in others[task_id].held
        ]
        for kind in kinds
    }
    return {kind: _difference(found) for kind, found in pairs.items() if found}


def _difference(pairs: list[tuple[float, float]]) -> Difference:
    values = [second - first for first, second in pairs]
    return Difference(
        tasks=len(pairs),
        first=fmean(first for first, _ in pairs),
        second=fmean(second for _, second in pairs),
        value=fmean(values),
        interval=bootstrap(values, lowest=-1.0),
    )
