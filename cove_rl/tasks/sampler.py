"""Draw tasks from a world: how many requests, which customer, which persona."""

import math
from random import Random
from typing import get_args

import msgspec

from cove_rl.errors import InputError
from cove_rl.tasks.task import Mood, Openness, Persona, Task, Verbosity
from cove_rl.world.domain import Domain
from cove_rl.world.world import World


class Mix(msgspec.Struct, frozen=True):
    """How many requests tasks have.

    Attributes:
        weights: the relative share of tasks with 1, 2, ... requests. The default falls from one to five (ours: long
            tasks are the harder ones, and a customer with more than five open matters is rare).
    """

    weights: tuple[float, ...] = (30.0, 28.0, 20.0, 13.0, 9.0)

    def __post_init__(self) -> None:
        """Check the weights.

        Raises:
            InputError: if there is none, or one is negative, or all are zero.
        """
        if not all(0 <= weight < math.inf for weight in self.weights) or sum(self.weights) <= 0:
            raise InputError(f"weights of 1, 2, ... requests must be 0 or more and not all 0, not {self.weights}")

    def draw(self, rng: Random) -> int:
        """Return a number of requests."""
        return rng.choices(range(1, len(self.weights) + 1), self.weights)[0]


def draw_task(domain: Domain, world: World, seed: int, index: int, attempt: int, mix: Mix) -> Task | None:
    """Return a candidate for the task with that index, or None if this attempt led nowhere.

    It depends on its arguments alone: tasks can be drawn in any order, in any process. Whether the candidate is a task
    shows when it has been solved; see `cove_rl.synth.tasks`.
    """
    number = f"{domain.name}-{seed}-{index}"
    rng = Random(f"{world.ref.fingerprint}:{number}:{attempt}")  # noqa: S311  (reproducible sampling)
    # the count hangs on the index alone, so that attempts that fail do not thin out the long tasks
    count = mix.draw(Random(f"{number}:count"))  # noqa: S311
    draft = domain.draft(world, rng, count)
    if draft is None:
        return None
    persona = Persona(rng.choice(get_args(Mood)), rng.choice(get_args(Verbosity)), rng.choice(get_args(Openness)))
    return Task(number, domain.name, world.ref, f"{number}:{attempt}", persona, draft.identity, draft.requests)
