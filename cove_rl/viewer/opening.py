"""Open files and folders for the viewer: which kind each is, what its records are, which tasks they belong to."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cove_rl.errors import CoveError, InputError
from cove_rl.synth.example import SHARDS
from cove_rl.tasks.task import Task, decode_task
from cove_rl.tasks.worlds import Worlds
from cove_rl.viewer.collection import Collection, Entry
from cove_rl.viewer.files import Span, lines, results
from cove_rl.viewer.sources.benchmark import BenchmarkRuns
from cove_rl.viewer.sources.dumps import Dumps
from cove_rl.viewer.sources.ours import Examples, Rollouts, Trajectories
from cove_rl.viewer.sources.source import Known, Source
from cove_rl.viewer.sources.trials import Trials

KINDS: tuple[tuple[str, frozenset[str], type[Source]], ...] = (
    ("trials", frozenset({"task_id", "trial", "success", "score"}), Trials),
    ("examples", frozenset({"task", "trajectory", "facts"}), Examples),
    ("rollouts", frozenset({"task", "trajectory", "tokens"}), Rollouts),
    ("trajectories", frozenset({"task_id", "world", "messages", "outcome"}), Trajectories),
    ("verl's dumps", frozenset({"input", "output", "score"}), Dumps),
    ("runs of tau2-bench", frozenset({"messages", "task_id"}), BenchmarkRuns),
)
"""What the viewer reads, and the fields by which it is told, from the most particular to the least."""

_TASK = frozenset({"id", "domain", "requests", "persona"})
_PATTERNS = (SHARDS, "trials.jsonl", "trials.jsonl.partial", "*.jsonl", "*/*.jsonl", "*.json")
"""Where a folder has its conversations: the first of these that matches anything tells."""


def collect(
    paths: Sequence[Path],
    tasks: Sequence[Path] = (),
    worlds: Sequence[Path] = (),
    advance: Callable[[], None] = lambda: None,
) -> Collection:
    """Return the conversations of files and folders.

    Args:
        paths: files, or folders with such files; in a folder, files of another kind are passed over.
        tasks: files of tasks that trajectories belong to; those in the folders are found.
        worlds: files of worlds that cannot be generated.
        advance: called for every conversation.

    Raises:
        InputError: if a file is of no kind the viewer reads, or holds a record that is not of its kind; or if there is
            no conversation at all.
    """
    files = [(file, path.is_dir()) for path in paths for file in _files(path)]
    known = Known(_tasks([*tasks, *(file for file, _ in files)]), Worlds(tuple(worlds)))
    entries = []
    for file, found in files:
        for entry in _entries(file, known, lenient=found):
            entries.append(entry)
            advance()
    if not entries:
        kinds = ", ".join(name for name, _, _ in KINDS)
        raise InputError(f"no conversation in {', '.join(map(str, paths))}; the viewer reads {kinds}")
    return Collection(entries, known)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    for pattern in _PATTERNS:
        found = sorted((one for one in path.glob(pattern) if not one.name.endswith(".meta")), key=_by_number)
        if found:
            return found
    raise InputError(f"{path} holds no .jsonl file")


def _by_number(path: Path) -> tuple[str, int, str]:
    """Sort key: verl names dumps by their step, and 10 comes after 9."""
    return str(path.parent), int(path.stem) if path.stem.isdecimal() else -1, path.name


def _tasks(files: Iterable[Path]) -> dict[str, Task]:
    """Return all tasks in those of the files that hold tasks, by id."""
    tasks: dict[str, Task] = {}
    for file in files:
        if not _head_of(file).keys() >= _TASK:
            continue
        for span, record in lines(file):
            try:
                task = decode_task(record)
            except InputError as fault:
                raise InputError(f"{file}, line {span.number}: {fault}") from None
            tasks[task.id] = task
    return tasks


def _entries(file: Path, known: Known, *, lenient: bool) -> Iterator[Entry]:
    source, records = _open(file)
    if source is None:
        if lenient or _head_of(file).keys() >= _TASK:
            return
        raise InputError(f"{file} is of no kind the viewer reads: {', '.join(name for name, _, _ in KINDS)}")
    for span, record in records:
        place = f"{file}, line {span.number}"
        try:
            card = source.card(record, known)
        except CoveError as fault:
            raise InputError(f"{place}: {fault}") from None
        yield Entry(msgspec.structs.replace(card, place=place, file=file.name), source, span)


def _open(file: Path) -> tuple[Source | None, Iterable[tuple[Span, bytes]]]:
    """Return how to read a file, and its records."""
    found = results(file) if file.suffix == ".json" else None
    if found is not None:
        info, records = found
        return _benchmark(info), records
    head = _head_of(file)
    for _, fields, source in KINDS:
        if fields <= head.keys():
            return source(), lines(file)
    return None, ()


def _benchmark(info: Mapping[str, Any]) -> BenchmarkRuns:
    """Return how to read the simulations of a result file, whose domain and sides stand at its head."""
    places = (("environment_info", "domain_name"), ("agent_info", "llm"), ("user_info", "llm"))
    parts = (info.get(part) for part, _ in places)
    values = (part.get(name) if isinstance(part, dict) else None for part, (_, name) in zip(parts, places, strict=True))
    return BenchmarkRuns(*(str(value) if value else "" for value in values))


def _head_of(file: Path) -> Mapping[str, Any]:
    """Return the fields of a file's first record; none if that is no JSON object."""
    first = next(lines(file), None)
    try:
        return {} if first is None else msgspec.json.decode(first[1], type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
