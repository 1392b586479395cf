"""Join recorded trajectories with their tasks, and give each its verdict."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from cove_rl.episode.files import load_trajectories
from cove_rl.episode.outcome import Outcome
from cove_rl.errors import InputError
from cove_rl.tasks.task import Task, load_tasks
from cove_rl.tasks.worlds import Worlds
from cove_rl.verify.score import Scoring
from cove_rl.verify.verdict import Verdict
from cove_rl.verify.verifier import verify


class Judged(msgspec.Struct, frozen=True):
    """One trajectory's verdict.

    Attributes:
        task_id: the task.
        agent: who played the assistant.
        user: who played the customer.
        outcome: how it ended; a verdict counts only if `outcome.scores`.
        verdict: the verdict.
    """

    task_id: str
    agent: str
    user: str
    outcome: Outcome
    verdict: Verdict


def tasks_by_id(path: Path) -> dict[str, Task]:
    """Return the tasks of a file by id.

    Raises:
        InputError: if two have the same id, or the file is unusable.
    """
    tasks: dict[str, Task] = {}
    for number, task in enumerate(load_tasks(path), start=1):
        if task.id in tasks:
            raise InputError(
                f"{path}, line {number}: another task before it has the id '{task.id}'; ids must be unique"
            )
        tasks[task.id] = task
    return tasks


def judge(tasks: Mapping[str, Task], path: Path, worlds: Worlds, scoring: Scoring) -> Iterator[Judged]:
    """Yield the verdict on every trajectory of a file, in its order; a task may have several trajectories.

    Args:
        tasks: the tasks by id.
        path: the trajectories.
        worlds: where to find the tasks' worlds.
        scoring: how counts become a score.

    Raises:
        InputError: at the first trajectory of a task that is not there, or of another world than its task's.
    """
    for number, run in enumerate(load_trajectories(path), start=1):
        task = tasks.get(run.task_id)
        if task is None:
            raise InputError(f"{path}, line {number}: there is no task '{run.task_id}'; give the tasks it was run on")
        if task.world.fingerprint != run.world.fingerprint:
            raise InputError(
                f"{path}, line {number}: task '{task.id}' is of world {task.world.fingerprint}, "
                f"the trajectory of {run.world.fingerprint}; they belong to different runs"
            )
        verdict = verify(task, worlds.find(task.world), run.calls(), scoring)
        yield Judged(run.task_id, run.agent, run.user, run.outcome, verdict)


class Share(msgspec.Struct, frozen=True):
    """How many of some constraints hold."""

    total: int
    satisfied: int

    @property
    def rate(self) -> float:
        """The share that holds."""
        return self.satisfied / self.total


class Summary(msgspec.Struct, frozen=True):
    """Verdicts in figures. All but `trajectories` and `outcomes` is about those whose outcome scores.

    Attributes:
        trajectories: how many there are.
        scored: how many say something about the agent.
        success_rate: share of those with everything met and nothing redundant; None if there are none.
        score: their mean score; None if there are none.
        redundant: redundant writes in all.
        failed: failed calls in all.
        outcomes: "ending" or "ending (fault)" -> trajectories.
        kinds: kind of constraint -> how many there were and how many hold.
    """

    trajectories: int
    scored: int
    success_rate: float | None
    score: float | None
    redundant: int
    failed: int
    outcomes: dict[str, int]
    kinds: dict[str, Share]


def summarise(judged: Iterable[Judged]) -> Summary:
    """Return verdicts in figures."""
    every = list(judged)
    scored = [one.verdict for one in every if one.outcome.scores]
    total, satisfied = Counter[str](), Counter[str]()
    for verdict in scored:
        total.update(constraint.kind for constraint in verdict.constraints)
        satisfied.update(constraint.kind for constraint in verdict.constraints if constraint.satisfied)
    count = len(scored)
    return Summary(
        trajectories=len(every),
        scored=count,
        success_rate=sum(one.success for one in scored) / count if count else None,
        score=sum(one.score for one in scored) / count if count else None,
        redundant=sum(one.redundant for one in scored),
        failed=sum(one.failed for one in scored),
        outcomes=dict(Counter(_ending(one.outcome) for one in every).most_common()),
        kinds={kind: Share(total[kind], satisfied[kind]) for kind in sorted(total)},
    )


def _ending(outcome: Outcome) -> str:
    return outcome.ending if outcome.culprit is None else f"{outcome.ending} ({outcome.culprit})"
