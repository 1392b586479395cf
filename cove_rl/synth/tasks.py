"""Emit tasks, each of them solved by the oracle through the dialogue first."""

import msgspec

from cove_rl.agents.oracle import Oracle
from cove_rl.episode.episode import run_episode
from cove_rl.episode.trajectory import Trajectory
from cove_rl.errors import SamplingError
from cove_rl.tasks.sampler import Mix, draw_task
from cove_rl.tasks.task import Task
from cove_rl.users.scripted import ScriptedUser
from cove_rl.verify.verdict import Verdict
from cove_rl.verify.verifier import verify
from cove_rl.world.domain import Domain
from cove_rl.world.world import World

ATTEMPTS = 200
"""Draws per task before a world is found too poor; a default retail world needs about ten for the rarest counts."""


class Solved(msgspec.Struct, frozen=True):
    """A task with the oracle's solution of it.

    Attributes:
        task: the task.
        trajectory: how the oracle solved it.
        verdict: what the verifier says of that.
    """

    task: Task
    trajectory: Trajectory
    verdict: Verdict


async def solve(task: Task, world: World) -> Solved:
    """Have the oracle talk to the scripted user, and verify what it did."""
    trajectory = await run_episode(task, world, Oracle(task.domain, task.seed), ScriptedUser(task))
    return Solved(task, trajectory, verify(task, world, trajectory.calls()))


def is_solved(solved: Solved) -> bool:
    """Return whether an episode ended as it should, with a score of exactly 1.0."""
    return solved.verdict.success and solved.trajectory.outcome.culprit is None


async def sample_task(domain: Domain, world: World, seed: int, index: int, mix: Mix) -> tuple[Solved, int]:
    """Return the task with that index, solved, and how many candidates the oracle failed on.

    Raises:
        SamplingError: if no attempt leads to a task.
    """
    failed = 0
    for attempt in range(ATTEMPTS):
        task = draw_task(domain, world, seed, index, attempt, mix)
        if task is None:
            continue
        solved = await solve(task, world)
        if is_solved(solved):
            return solved, failed
        failed += 1
    raise SamplingError(
        f"world {world.ref.fingerprint} yields no task {index} in {ATTEMPTS} draws ({failed} were not solved): "
        "it may be too small for the number of requests; build a larger one or ask for fewer requests per task"
    )
