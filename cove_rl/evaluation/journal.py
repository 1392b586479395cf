"""The folder of a run: trials are kept the moment they are known, so that a run that was killed goes on where it was.

``run.json`` says what is run; ``trials.jsonl.partial`` grows by a line for every trial, in the order in which they end.
When all are there they are put in the order of the suite, in ``trials.jsonl``, which is then the same however the run
was interrupted.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from cove_rl.errors import InputError
from cove_rl.evaluation.identity import differences
from cove_rl.evaluation.trials import FORMAT, RUN, TRIALS, Run, load_run
from cove_rl.files import atomic_open, atomic_write, decode_json, explain
from cove_rl.jsonl import JsonlWriter

Key = tuple[str, int]
"""A task's id and the number of a trial."""

_HEADER = {"format": FORMAT}
"""What the writer compares; whether two runs are the same is decided by ``run.json``."""


class _Head(msgspec.Struct, frozen=True):
    """As much of a trial as tells which it is."""

    task_id: str
    trial: int
    excluded: str = ""

    @property
    def key(self) -> Key:
        return self.task_id, self.trial


class Journal:
    """The trials of one run; use it as a context manager.

    Attributes:
        complete: whether an earlier run has finished; nothing can be written then.
        done: the trials that are there.

    Args:
        folder: the run's; made if it does not exist.
        run: what is run; what is in the folder must be the same.
        overwrite: drop what is in the folder.
        again: drop those of its trials that are excluded.

    Raises:
        InputError: if the folder holds another run, or another process is writing there.
    """

    def __init__(self, folder: Path, run: Run, *, overwrite: bool = False, again: bool = False) -> None:
        self._path = folder / TRIALS
        with explain(folder):
            folder.mkdir(parents=True, exist_ok=True)
        if (folder / RUN).exists() and not overwrite:
            _check(load_run(folder), run, folder)
        if overwrite or again:
            JsonlWriter(self._path, _HEADER, overwrite=True).close()  # nobody else is writing
        if overwrite:
            self._path.unlink(missing_ok=True)
            self._partial.unlink(missing_ok=True)
        elif again:
            self._reopen()
        self.complete = self._path.exists()
        self.done: set[Key] = set()
        if not self.complete:
            self._writer = JsonlWriter(self._path, _HEADER)
            atomic_write(folder / RUN, msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n")
        self.done = {head.key for head, _ in _heads(self._path if self.complete else self._writer.partial)}

    def write(self, trial: msgspec.Raw) -> None:
        """Keep a trial, one line of JSON."""
        self._writer.write(trial)

    def finish(self, places: Mapping[str, int]) -> Path:
        """Put the trials in order and give the file its name; return that.

        Args:
            places: task id -> its place in the suite.
        """
        if not self.complete:
            _sort(self._writer.partial, places)
            self._writer.finish()
        return self._path

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        if not self.complete:
            self._writer.close()

    @property
    def _partial(self) -> Path:
        return self._path.with_name(f"{TRIALS}.partial")

    def _reopen(self) -> None:
        """Make the file of a finished run one of an unfinished run, without the trials that are excluded."""
        source = self._path if self._path.exists() else self._partial
        if not source.exists():
            return
        atomic_write(self._partial.with_name(f"{self._partial.name}.meta"), msgspec.json.encode(_HEADER))
        with atomic_open(self._partial) as target:
            for head, line in _heads(source):
                if not head.excluded:
                    target.write(line)
        self._path.unlink(missing_ok=True)


def _check(old: Run, new: Run, folder: Path) -> None:
    found = differences(old, new, whole=True)
    if found:
        raise InputError(
            f"{folder} holds another run: {'; '.join(found)}; give another folder with --out, or drop it with --force"
        )


def _heads(path: Path) -> Iterator[tuple[_Head, bytes]]:
    """Yield which trial every line is, and the line; a line that was torn off is none."""
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if line.endswith(b"\n"):
                yield decode_json(line, _Head, f"{path} line {number}"), line


def _sort(path: Path, places: Mapping[str, int]) -> None:
    """Put the lines of a file in order, of which only the places are held in memory."""
    offsets: list[tuple[int, int, int]] = []
    offset = 0
    for head, line in _heads(path):
        offsets.append((places[head.task_id], head.trial, offset))
        offset += len(line)
    with path.open("rb") as source, atomic_open(path) as target:
        for _, _, offset in sorted(offsets):
            source.seek(offset)
            target.write(source.readline())
