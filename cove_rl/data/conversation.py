"""A recorded conversation with what is known of it, from any file that holds some."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import msgspec

from cove_rl.episode.files import load_trajectories
from cove_rl.episode.trajectory import Trajectory
from cove_rl.errors import InputError
from cove_rl.files import read_jsonl
from cove_rl.synth.example import SHARDS, Example, Facts, load_examples
from cove_rl.tasks.task import Task

SIDES = ("train", "val", "test")
"""What a split has, each in ``SIDE.jsonl``."""

DATASET = "*.parquet"
"""Where the folder of an exported data set has its rows."""

Advance = Callable[[int], None]
"""Is told how many more conversations are done, for a progress bar."""


class Conversation(msgspec.Struct, frozen=True):
    """A conversation; of one that was imported, neither task nor facts are known.

    Attributes:
        trajectory: its record.
        task: what it was about.
        facts: what was found out about it when it was made.
    """

    trajectory: Trajectory
    task: Task | None = None
    facts: Facts | None = None

    @property
    def domain(self) -> str:
        """The kind of customer service."""
        return self.trajectory.world.domain

    def known_task(self) -> Task:
        """Return the task.

        Raises:
            InputError: if it is not known.
        """
        if self.task is None:
            raise InputError(
                f"the task of conversation '{self.trajectory.task_id}' is not known, as it was not made here: it can "
                "be looked at and exported for fine-tuning, but neither verified nor played again"
            )
        return self.task


def load_conversations(path: Path) -> Iterator[Conversation]:
    """Yield the conversations of a file or folder, in their order.

    Args:
        path: a folder `cove synth` has written, a file of examples or of trajectories (JSON lines), the folder of a
            split, all sides of it, the folder of an exported data set, or a parquet file of one.

    Raises:
        InputError: if it is none of them, or at the first line or row that is wrong, naming it.
    """
    if files := parquet_files(path):
        from cove_rl.data.parquet import read_rows  # pyarrow is slow to import, and an extra

        return read_rows(files)
    return chain.from_iterable(map(_load_lines, line_files(path)))


def _load_lines(file: Path) -> Iterator[Conversation]:
    if not _has_tasks(file):
        return map(Conversation, load_trajectories(file))
    return (Conversation(one.trajectory, one.task, one.facts) for one in load_examples(file))


def load_known_examples(path: Path) -> Iterator[Example]:
    """Yield the conversations of a file or folder as examples.

    Raises:
        InputError: as `load_conversations` does, and at the first conversation whose task or facts are not known.
    """
    for one in load_conversations(path):
        task = one.known_task()
        if one.facts is None:
            raise InputError(f"{path}: nothing but the task is known of conversation '{task.id}'")
        yield Example(task, one.trajectory, one.facts)


def parquet_files(path: Path) -> list[Path]:
    """Return the parquet files of an export; none if `path` is something else, such as examples with exports beside."""
    if path.is_dir():
        return [] if any(path.glob(SHARDS)) or sides_in(path) else sorted(path.glob(DATASET))
    return [path] if path.suffix == ".parquet" else []


def line_files(path: Path) -> list[Path]:
    """Return the files of JSON lines that a folder has, or the file itself.

    Raises:
        InputError: if it is a folder without such files.
    """
    if not path.is_dir():
        return [path]
    files = sorted(path.glob(SHARDS)) or list(sides_in(path).values())
    if not files:
        raise InputError(f"{path} holds no examples: no file in it is named {SHARDS}, or like the side of a split")
    return files


def sides_in(path: Path) -> dict[str, Path]:
    """Return the sides of a split by name; none if `path` is something else."""
    files = {side: path / f"{side}.jsonl" for side in SIDES}
    return {side: file for side, file in files.items() if file.is_file()}


def count_conversations(path: Path) -> int:
    """Return how many conversations there are, without reading what they say.

    Raises:
        InputError: if a file cannot be read.
    """
    if files := parquet_files(path):
        from cove_rl.data.parquet import count_rows

        return count_rows(files)
    return sum(map(_lines, line_files(path)))


def domains_in(path: Path) -> list[str]:
    """Return the domains of the conversations, sorted.

    Raises:
        InputError: if a file cannot be read.
    """
    if files := parquet_files(path):
        from cove_rl.data.parquet import read_domains

        return read_domains(files)
    return sorted({line.domain for file in line_files(path) for line in read_jsonl(file, _Line)} - {""})


class _Place(msgspec.Struct):
    domain: str


class _Line(msgspec.Struct):
    """An example or a trajectory, as far as it says its domain."""

    task: _Place | None = None
    world: _Place | None = None

    @property
    def domain(self) -> str:
        """The domain; "" if there is none, which whoever reads the whole line complains about."""
        place = self.task or self.world
        return place.domain if place else ""


def _lines(file: Path) -> int:
    try:
        with file.open("rb") as stream:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(2**20), b""))
    except OSError as fault:
        raise InputError(f"cannot read {file}: {fault.strerror or fault}") from fault


def _has_tasks(file: Path) -> bool:
    """Whether the first line has a task of its own, as examples have; an empty file is one of no examples."""
    first = next(read_jsonl(file, dict[str, msgspec.Raw]), {"task": None})
    if "messages" in first and "task_id" not in first:
        raise InputError(f"{file} holds messages alone: read it with `cove data import --format cove12k`")
    return "task_id" not in first
