"""Emit tasks, each of them solved by the oracle through the dialogue first."""

from collections.abc import Coroutine
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from cove_rl.agents.oracle import Oracle
from cove_rl.audit.audit import audit
from cove_rl.audit.finding import Kind
from cove_rl.episode.episode import run_episode
from cove_rl.episode.sides import User
from cove_rl.episode.trajectory import Trajectory
from cove_rl.errors import SamplingError
from cove_rl.tasks.difficulty import Difficulty, Mix
from cove_rl.tasks.sampler import draw_task
from cove_rl.tasks.task import Task
from cove_rl.tasks.worlds import Worlds
from cove_rl.users.scripted import ScriptedUser
from cove_rl.verify.verdict import Verdict
from cove_rl.verify.verifier import verify
from cove_rl.world.domain import Domain, get_domain
from cove_rl.world.world import World, WorldRef

T = TypeVar("T")

ATTEMPTS = 200
"""Draws per task before a world is found too poor; a default retail world needs about two."""


class Solved(msgspec.Struct, frozen=True):
    """A task with the oracle's solution of it.

    Attributes:
        task: the task.
        trajectory: how the oracle solved it.
        verdict: what the verifier says of that.
        faults: what the customer did wrong, harmful or not; no conversation with faults is data to learn from.
    """

    task: Task
    trajectory: Trajectory
    verdict: Verdict
    faults: tuple[Kind, ...] = ()

    @property
    def is_solved(self) -> bool:
        """Whether the episode ended as it should, with a score of exactly 1.0 and a customer without faults."""
        return self.verdict.success and self.trajectory.outcome.culprit is None and not self.faults


class Sampled(msgspec.Struct, frozen=True):
    """A task that has been solved, and how many candidates before it were not."""

    solved: Solved
    rejected: int


async def solve(task: Task, world: World, user: User | None = None) -> Solved:
    """Have the oracle talk to a customer, verify what it did, and audit what the customer did.

    Args:
        task: the task.
        world: the task's world.
        user: who plays the customer. The scripted user, who does if nobody is given, is not audited: that the audit
            finds no fault in it is a tested property.
    """
    trajectory = await run_episode(task, world, Oracle(task.domain, task.seed), user or ScriptedUser(task))
    verdict = verify(task, world, trajectory.calls())
    return Solved(task, trajectory, verdict, () if user is None else audit(task, world, trajectory).faults)


async def sample_task(domain: Domain, world: World, seed: int, index: int, mix: Mix | Difficulty) -> Sampled:
    """Return the task with that index, solved.

    Raises:
        SamplingError: if no attempt leads to a task.
    """
    rejected = 0
    for attempt in range(ATTEMPTS):
        task = draw_task(domain, world, seed, index, attempt, mix)
        if task is None:
            continue
        solved = await solve(task, world)
        if solved.is_solved:
            return Sampled(solved, rejected)
        rejected += 1
    raise SamplingError(
        f"world {world.ref.fingerprint} yields no task {index} in {ATTEMPTS} draws ({rejected} were not solved): "
        "it may be too small for the number of requests; build a larger one or ask for fewer requests per task"
    )


class Sampling(msgspec.Struct, frozen=True):
    """What to sample from; it can be sent to another process and called there with a chunk of indices."""

    world: WorldRef
    seed: int
    mix: Mix | Difficulty
    files: tuple[Path, ...] = ()

    def __call__(self, indices: list[int]) -> list[Sampled]:
        """Return the tasks with these indices."""
        return finished(self._sample(indices))

    async def _sample(self, indices: list[int]) -> list[Sampled]:
        domain, world = get_domain(self.world.domain), worlds_of(self.files).find(self.world)
        return [await sample_task(domain, world, self.seed, index, self.mix) for index in indices]


class Solving(msgspec.Struct, frozen=True):
    """How to solve given tasks; it can be sent to another process and called there with a chunk of them."""

    files: tuple[Path, ...] = ()

    def __call__(self, tasks: list[Task]) -> list[Solved]:
        """Return the oracle's solutions."""
        return finished(self._solve(tasks))

    async def _solve(self, tasks: list[Task]) -> list[Solved]:
        worlds = worlds_of(self.files)
        return [await solve(task, worlds.find(task.world)) for task in tasks]


def finished(coroutine: Coroutine[None, None, T]) -> T:
    """Return the result of a coroutine that never has to wait, such as an episode between programs.

    Unlike `asyncio.run` it works wherever it is called, inside a running event loop too.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise RuntimeError("the coroutine has to wait for something; run it in an event loop")


@cache
def worlds_of(files: tuple[Path, ...]) -> Worlds:
    """Return the worlds of these files, and those that can be generated; read and generated once per process."""
    return Worlds(files)
