"""Split a data set by task or by world, never by conversation: no side knows what another is asked."""

import hashlib
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import msgspec

from cove_rl.data.conversation import Advance, load_known_examples
from cove_rl.errors import InputError
from cove_rl.files import atomic_folder, explain
from cove_rl.tasks.strangers import customers_of
from cove_rl.tasks.task import Task
from cove_rl.tasks.worlds import Worlds

By = Literal["task", "world"]
TaskKey = tuple[str, str]
"""A world's fingerprint and a task's id."""


class Splitting(msgspec.Struct, frozen=True):
    """How a data set is split.

    Attributes:
        shares: side -> its share of the tasks or worlds; shares add up to 1.
        by: what stays together: all attempts at a task, or all tasks of a world.
        seed: draws the sides; the side of a task or world does not depend on what else there is.
    """

    shares: Mapping[str, float]
    by: By = "task"
    seed: int = 0

    def __post_init__(self) -> None:
        if abs(sum(self.shares.values()) - 1) > 1e-9 or min(self.shares.values()) < 0:
            given = ", ".join(f"{name} {share:g}" for name, share in self.shares.items())
            raise InputError(f"the shares of a split add up to 1 and none is negative: {given}")

    def side(self, task: Task) -> str:
        """Return the side of a task."""
        key = task.world.fingerprint if self.by == "world" else f"{task.world.fingerprint}:{task.id}"
        digest = hashlib.sha256(f"{self.seed}:{self.by}:{key}".encode()).digest()
        place, end = int.from_bytes(digest[:8], "big") / 2**64, 0.0
        for name in self.sides:
            end += self.shares[name]
            if place < end:
                return name
        return self.sides[-1]  # shares may add up to a hair less than 1

    @property
    def sides(self) -> list[str]:
        """The sides that have a share."""
        return [name for name, share in self.shares.items() if share]


class Sides(msgspec.Struct, frozen=True):
    """What a split has led to.

    Attributes:
        counts: side -> its examples.
        left_out: examples about customers who are also met on an earlier side.
    """

    counts: dict[str, int]
    left_out: int = 0


def split(source: Path, splitting: Splitting, path: Path, advance: Advance | None = None) -> Sides:
    """Write a file of examples per side, ``SIDE.jsonl`` in a folder that was not there; their order is kept.

    Args:
        source: whatever `load_known_examples` reads.
        splitting: how; by world, no customer is met on two sides.
        path: the folder; whole or absent.
        advance: called after every example with 1.

    Raises:
        InputError: if there is such a folder, or a side would be empty.
    """
    if path.exists():
        raise InputError(f"{path} exists; give another name, or remove it")
    met = _met_earlier(source, splitting) if splitting.by == "world" else set()
    counts, left_out = dict.fromkeys(splitting.sides, 0), 0
    with atomic_folder(path) as folder, explain(path), ExitStack() as stack:
        streams = {name: stack.enter_context((folder / f"{name}.jsonl").open("wb")) for name in counts}
        for example in load_known_examples(source):
            if task_key(example.task) in met:
                left_out += 1
            else:
                side = splitting.side(example.task)
                streams[side].write(msgspec.json.encode(example) + b"\n")
                counts[side] += 1
            if advance is not None:
                advance(1)
        if empty := [name for name, count in counts.items() if not count]:
            raise InputError(
                f"nothing would be in {', '.join(empty)}: there are too few {splitting.by}s for these shares; "
                "give other shares, another --seed, or more data"
            )
    return Sides(counts, left_out)


def task_key(task: Task) -> TaskKey:
    """Return what tells a task from all others: ids are unique within a world."""
    return task.world.fingerprint, task.id


def _met_earlier(source: Path, splitting: Splitting) -> set[TaskKey]:
    """Return the tasks whose customer is also that of a task on an earlier side; each world is made once."""
    by_world: dict[str, dict[TaskKey, Task]] = {}
    for example in load_known_examples(source):
        by_world.setdefault(example.task.world.fingerprint, {})[task_key(example.task)] = example.task
    by_side: dict[str, dict[TaskKey, Task]] = {side: {} for side in splitting.sides}
    for tasks in by_world.values():  # world by world, so that each is made once
        by_side[splitting.side(next(iter(tasks.values())))].update(tasks)
    worlds, known, met = Worlds(), set[object](), set[TaskKey]()
    for of_side in by_side.values():
        customers = {
            key: {*customers_of(task, worlds.find(task.world)), _description(task)} for key, task in of_side.items()
        }
        met |= {key for key, customer in customers.items() if customer & known}
        known = known.union(*customers.values())
    return met


def _description(task: Task) -> object:
    """Return how the customer says who they are: another world may have somebody of the same description."""
    return frozenset((name, str(value)) for hint in task.identity for name, value in hint.values.items())
