"""The tasks of a split by their number: whoever asks for row `i`, in whatever process, gets the same task."""

from collections.abc import Mapping, Sequence
from random import Random

import msgspec

from cove_rl.errors import SamplingError
from cove_rl.synth.tasks import Sampling, worlds_of
from cove_rl.tasks.difficulty import Difficulty
from cove_rl.tasks.strangers import Strangers
from cove_rl.tasks.task import Task
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World

PASSES = 50
"""Customers passed over for one row before its split is found to overlap with another; usual worlds need one or two."""


class SplitOf(msgspec.Struct, frozen=True):
    """Everything that decides which tasks a split has.

    Attributes:
        name: the split's.
        domains: domain -> weight in the mix of tasks.
        worlds: seeds of its worlds.
        others: seeds of the other splits' worlds.
        tasks: how many it has.
        seed: seeds the tasks.
        difficulty: how hard they are.
        size: table name -> rows, where a world should not have the usual size.
    """

    name: str
    domains: Mapping[str, float]
    worlds: tuple[int, ...]
    others: tuple[int, ...]
    tasks: int
    seed: int
    difficulty: Difficulty = Difficulty()
    size: Mapping[str, int] = {}


class Rows:
    """The rows of a split.

    Attributes:
        strangers: domain -> the people of the other splits' worlds.

    Args:
        split: which.
    """

    def __init__(self, split: SplitOf) -> None:
        self._split = split
        self._samplings = {
            domain: [Sampling(world.ref, split.seed, split.difficulty) for world in self._worlds(domain, split.worlds)]
            for domain in split.domains
        }
        self.strangers = {domain: Strangers(self._worlds(domain, split.others)) for domain in split.domains}

    def _worlds(self, domain: str, seeds: Sequence[int]) -> list[World]:
        return [get_domain(domain).world(seed, self._split.size) for seed in seeds]

    def task(self, index: int) -> Task:
        """Return the task of a row: domain and world are drawn by the row's number, and the oracle has solved it.

        A customer who is also met in another split's world is passed over: the row's number is then raised by the
        size of the split, so that no two rows come to the same task.

        Raises:
            SamplingError: if there is no task, or none whose customer is not met elsewhere.
        """
        split = self._split
        rng = Random(f"{split.seed}:{index}")  # noqa: S311  (reproducible sampling)
        names = list(split.domains)
        (domain,) = rng.choices(names, [split.domains[name] for name in names])
        sampling = rng.choice(self._samplings[domain])
        for number in range(index, index + PASSES * split.tasks, split.tasks):
            (sampled,) = sampling([number])
            task = sampled.solved.task
            if not self.strangers[domain].include(task, worlds_of(()).find(task.world)):
                return task
        raise SamplingError(
            f"row {index} of '{split.name}': {PASSES} customers in a row are also met in another split's world; "
            "give the splits worlds with other seeds"
        )
