"""Split a data set by task or by world, never by conversation: no side knows what another is asked."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from cove_rl.errors import InputError
from cove_rl.files import atomic_folder, explain
from cove_rl.synth.example import Example
from cove_rl.tasks.task import Task

By = Literal["task", "world"]


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
        wanted = [(name, share) for name, share in self.shares.items() if share]
        for name, share in wanted:
            end += share
            if place < end:
                return name
        return wanted[-1][0]


def split(
    examples: Iterable[Example], splitting: Splitting, path: Path, advance: Callable[[int], None] | None = None
) -> dict[str, int]:
    """Write a file of examples per side, ``SIDE.jsonl`` in a folder that was not there; return how many each has.

    Args:
        examples: what to split; their order is kept.
        splitting: how.
        path: the folder; whole or absent.
        advance: called after every example with 1.

    Raises:
        InputError: if there is such a folder, or a side would be empty.
    """
    if path.exists():
        raise InputError(f"{path} exists; give another name, or remove it")
    counts = dict.fromkeys((name for name, share in splitting.shares.items() if share), 0)
    with atomic_folder(path) as folder, explain(path), ExitStack() as stack:
        streams: dict[str, BinaryIO] = {
            name: stack.enter_context((folder / f"{name}.jsonl").open("wb")) for name in counts
        }
        for example in examples:
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
    return counts
