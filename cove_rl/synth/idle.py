"""What agents that do not act score on a task: it must be nothing."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from cove_rl.synth.tasks import finished, solve, worlds_of
from cove_rl.tasks.task import Task
from cove_rl.verify.verifier import verify
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World


class IdleScores(msgspec.Struct, frozen=True):
    """Scores in [0, 1] on one task.

    Attributes:
        task_id: the task.
        nothing: of an agent that makes no call.
        reads: of an agent that makes every read the oracle makes, and no other call.
    """

    task_id: str
    nothing: float
    reads: float


class Idling(msgspec.Struct, frozen=True):
    """How to score idle agents; it can be sent to another process and called there with a chunk of tasks."""

    files: tuple[Path, ...] = ()

    def __call__(self, tasks: list[Task]) -> list[IdleScores]:
        """Return the scores on these tasks."""
        return [self._score(task) for task in tasks]

    def _score(self, task: Task) -> IdleScores:
        world = worlds_of(self.files).find(task.world)
        return idle_scores(task, world, finished(solve(task, world)).trajectory.calls())


def idle_scores(task: Task, world: World, calls: Sequence[ToolCall]) -> IdleScores:
    """Return what agents that do not act score; `calls` are the oracle's, of which one of them makes the reads."""
    tools = get_domain(task.domain).toolbox.tools
    reads = [call for call in calls if tools[call.name].kind == "read"]
    return IdleScores(task.id, verify(task, world, []).score, verify(task, world, reads).score)
