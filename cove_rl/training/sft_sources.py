"""Where conversations to fine-tune on come from: the oracle, files of ours, and rows of chat messages from anywhere.

Every source finds a row by its number without holding the others: files of 12,000 conversations and more are read where
they lie, by any number of loader processes.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

import msgspec

from cove_rl.data.conversation import sides_in
from cove_rl.episode.chat import Chat, chat_messages, system_message
from cove_rl.episode.files import TrajectoryFile
from cove_rl.episode.trajectory import Trajectory
from cove_rl.errors import InputError
from cove_rl.files import decode_json
from cove_rl.synth.example import SHARDS
from cove_rl.synth.tasks import finished, solve
from cove_rl.tasks.worlds import Worlds
from cove_rl.training.chosen import ChosenTasks
from cove_rl.training.sft_rows import read_row
from cove_rl.world.domain import get_domain

EXAMPLE, TRAJECTORY, MESSAGES = {"task", "trajectory", "facts"}, {"task_id", "world", "messages"}, {"messages"}
"""What tells the kinds of lines apart: the keys they have."""


class Conversation(msgspec.Struct, frozen=True):
    """A conversation as a chat template takes it.

    Attributes:
        place: where it comes from, for messages.
        chats: its messages, the system prompt first; arguments of calls are objects.
        tools: the schemas of the tools that the prompt states.
        domain: whose conversation it is; "" if nobody knows.
    """

    place: str
    chats: list[Chat]
    tools: list[dict[str, Any]]
    domain: str = ""


class Source(Protocol):
    """Numbered conversations."""

    def __len__(self) -> int:
        """Return how many there are."""

    def conversation(self, index: int) -> Conversation:
        """Return one of them.

        Raises:
            InputError: if what stands there is none, naming the place and the fault.
        """


class OracleSource:
    """The oracle's solutions of one split's tasks, played when they are asked for.

    Args:
        name: the split's.
        config: verl's `data` node, as `ChosenTasks` takes it.
    """

    def __init__(self, name: str, config: Any) -> None:
        self._name = name
        self._tasks = ChosenTasks(name, config=config)
        self._worlds = Worlds()

    def __len__(self) -> int:
        return len(self._tasks)

    def conversation(self, index: int) -> Conversation:
        """Return the solution of a task."""
        task = self._tasks.task(index)
        solved = finished(solve(task, self._worlds.find(task.world)))
        return of_trajectory(solved.trajectory, f"task {index} of split '{self._name}'")


class LineSource:
    """A file of JSON lines: examples, trajectories, or rows of chat messages.

    Only where lines begin is kept. The file is opened for every row, so processes that were forked share nothing.

    Raises:
        InputError: if the file cannot be read, or is empty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._starts = _line_starts(path)
        if not len(self):
            raise InputError(f"{path} is empty")

    def __len__(self) -> int:
        return len(self._starts) - 1

    def conversation(self, index: int) -> Conversation:
        """Return the conversation of a line."""
        place, line = f"{self._path} line {index + 1}", self._line(index)
        fields = decode_json(line, dict[str, msgspec.Raw], place)
        if fields.keys() >= EXAMPLE:
            return of_trajectory(decode_json(bytes(fields["trajectory"]), TrajectoryFile, place), place)
        if fields.keys() >= TRAJECTORY:
            return of_trajectory(decode_json(line, TrajectoryFile, place), place)
        if fields.keys() >= MESSAGES:
            return of_row(decode_json(line, dict[str, Any], place), place)
        raise InputError(f"{place}: no example, no trajectory, and no row with messages")

    def _line(self, index: int) -> bytes:
        start, end = self._starts[index], self._starts[index + 1]
        try:
            with self._path.open("rb") as stream:
                stream.seek(start)
                return stream.read(end - start)
        except OSError as fault:
            raise InputError(f"cannot read {self._path}: {fault.strerror or fault}") from fault


class TableSource:
    """Rows of chat messages in Arrow's format, mapped into memory: parquet files, or a data set saved by `datasets`.

    Parquet files are turned into such a data set once; it is kept in the cache of `datasets`.

    Raises:
        InputError: if there is no such table, or it has no messages.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows = _table(path)
        if "messages" not in self._rows.column_names:
            raise InputError(f"{path} has no column 'messages', but {', '.join(self._rows.column_names)}")

    def __len__(self) -> int:
        return len(self._rows)

    def conversation(self, index: int) -> Conversation:
        """Return the conversation of a row."""
        return of_row(without_none(self._rows[index]), f"{self._path} row {index}")


class JoinedSource:
    """Several sources, one after the other."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._ends = list(accumulate(map(len, sources)))

    def __len__(self) -> int:
        return self._ends[-1]

    def conversation(self, index: int) -> Conversation:
        """Return the conversation with that number, counted through all of them."""
        which = bisect_right(self._ends, index)
        return self._sources[which].conversation(index - (self._ends[which - 1] if which else 0))


def open_source(names: Sequence[str], config: Any) -> Source:
    """Return what the names in `data.train_files` or `data.val_files` mean.

    Args:
        names: each is a split of `data.cove` (``./train`` is the path of that name), a file (``.jsonl``, ``.parquet``),
            a folder (of examples, of parquet files, or a data set of `datasets`), or a side of one (``DIR/train``).
        config: verl's `data` node.

    Raises:
        InputError: if a name means nothing, or what it names cannot be read.
    """
    sources = [source for name in names for source in _sources(name, config)]
    if not sources:
        raise InputError("no data was named")
    return sources[0] if len(sources) == 1 else JoinedSource(sources)


def _sources(name: str, config: Any) -> list[Source]:
    if name in config["cove"]["splits"]:
        return [OracleSource(name, config)]
    path = Path(name)
    if (path / "state.json").is_file():  # where `datasets` saves a data set
        return [TableSource(path)]
    files = [path] if path.suffix in (".jsonl", ".parquet") else _files(path)
    if not files:
        splits = ", ".join(config["cove"]["splits"])
        raise InputError(
            f"there is no split '{name}' (cove.splits has: {splits}), no file of that name ending in .jsonl or "
            f".parquet, and no folder of that name with {SHARDS}, *.parquet or a data set"
        )
    return [TableSource(file) if file.suffix == ".parquet" else LineSource(file) for file in files]


def _files(path: Path) -> list[Path]:
    """Return the files of a folder, or of one side of a folder, such as ``DIR/train``.

    Raises:
        InputError: if it is a folder with several sides: to train on all of them is nearly always a mistake.
    """
    if not path.is_dir():
        return _sides(path.parent).get(path.name, []) if path.parent.is_dir() else []
    sides = _sides(path)
    if len(sides) > 1:
        named = ", ".join(str(path / side) for side in sides)
        raise InputError(f"{path} holds several sides of a data set: name one, of {named}")
    return sorted(path.glob(SHARDS)) or next(iter(sides.values()), []) or sorted(path.glob("*.parquet"))


def _sides(folder: Path) -> dict[str, list[Path]]:
    """Return the sides of a data set that was split, by name; none if the folder holds none."""
    sides = {side: [file] for side, file in sides_in(folder).items()}
    for file in sorted(folder.glob("*.parquet")):
        if shard := _SHARD.fullmatch(file.name):
            sides.setdefault(shard[1], []).append(file)
    return sides


_SHARD = re.compile(r"(\w+)-\d+-of-\d+\.parquet")
"""How the files of one side are named, here and on Hugging Face's hub."""


def of_trajectory(trajectory: Trajectory, place: str) -> Conversation:
    """Return a recorded episode with the prompt a rollout has: its domain's policy and tools."""
    domain = get_domain(trajectory.world.domain)
    chats = [system_message(domain), *chat_messages(trajectory.messages)]
    return Conversation(place, chats, domain.toolbox.schemas(), domain.name)


def of_row(row: dict[str, Any], place: str) -> Conversation:
    """Return a row of chat messages, with its own prompt where it has one; see `read_row`."""
    chats, tools, domain = read_row(row, place)
    return Conversation(place, chats, tools, domain)


def without_none(value: Any) -> Any:
    """Return a value without the keys that are None: Arrow gives every object the keys of all the others."""
    if isinstance(value, dict):
        return {key: without_none(one) for key, one in value.items() if one is not None}
    return [without_none(one) for one in value] if isinstance(value, list) else value


def _line_starts(path: Path) -> "array[int]":
    """Return where the lines of a file begin, and where the last one ends."""
    starts, end = array("Q", [0]), 0
    try:
        with path.open("rb") as stream:
            for line in stream:
                end += len(line)
                starts.append(end)
    except OSError as fault:
        raise InputError(f"cannot read {path}: {fault.strerror or fault}") from fault
    return starts


def _table(path: Path) -> Any:
    import datasets

    try:
        if path.is_dir():
            return datasets.load_from_disk(str(path))
        return datasets.Dataset.from_parquet(str(path))
    except Exception as fault:  # pyarrow, datasets and the operating system each have their own
        raise InputError(f"cannot read {path}: {' '.join(str(fault).split())[:160]}") from fault
