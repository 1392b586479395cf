"""The folder of a synthesis: shards that are whole or absent, and a journal of what is not in a shard yet.

A shard is a range of consecutive tasks. What becomes of a task is journaled at once, in whatever order tasks are done;
when all tasks of a shard have been decided on, its examples and then its ledger appear, and its journal goes. A shard
counts once its ledger is there. A last shard may be short; a run that goes on takes it up again.
"""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from cove_rl.errors import InputError
from cove_rl.files import atomic_write, explain, read_jsonl
from cove_rl.synth.attempt import Entry, Played

if sys.platform != "win32":
    import fcntl

JOURNAL = re.compile(r"\.partial-\d{5,}\.jsonl")
SCRATCH = re.compile(r"\.(kept|ledger|rejected|manifest)[-.].*\.tmp")
"""Names of files that a process which was killed had not put in place yet."""
OURS = re.compile(rf"(kept|ledger|rejected)-\d{{5,}}\.jsonl|manifest\.json|{JOURNAL.pattern}|{SCRATCH.pattern}")
"""Names of the files of a synthesis; others in the folder are nobody's business."""


class Row(msgspec.Struct, frozen=True):
    """A task that has been decided on.

    Attributes:
        entry: its line in the ledger.
        example: its conversation as one line of JSON, if that is to be written; else b"".
    """

    entry: Entry
    example: bytes


class Shards:
    """The files of a folder, while one process writes there.

    Args:
        folder: made if it does not exist.
        size: tasks of a shard.

    Raises:
        InputError: if it cannot be written to, or another process is writing there.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size
        self._journals: dict[int, BinaryIO] = {}
        with explain(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(folder)

    def close(self) -> None:
        """Stop writing; what is there can be gone on with."""
        for journal in self._journals.values():
            journal.close()
        self._journals.clear()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def clear(self) -> None:
        """Remove everything an earlier synthesis wrote."""
        self._remove(OURS)

    def _remove(self, names: re.Pattern[str]) -> None:
        with explain(self.folder):
            for path in [path for path in self.folder.iterdir() if names.fullmatch(path.name)]:
                path.unlink()

    def path(self, what: str, number: int) -> Path:
        """Return the path of a shard's "kept", "rejected" or "ledger"."""
        return self.folder / f"{what}-{number:05}.jsonl"

    def rows(self) -> Iterator[Row]:
        """Yield what was decided in all shards that count, in order.

        Raises:
            InputError: if a file is damaged or missing.
        """
        self._remove(SCRATCH)
        number = 0
        while self.path("ledger", number).exists():
            yield from self._rows(number)
            number += 1

    def _rows(self, number: int) -> Iterator[Row]:
        files = {what: self._lines(what, number) for what in ("kept", "rejected")}
        for entry in read_jsonl(self.path("ledger", number), Entry):
            what = "rejected" if entry.reason else "kept"
            line = next(files[what], None)
            if line is None and not entry.reason:
                raise InputError(f"{self.path(what, number)} lacks examples of which its ledger tells; it was damaged")
            yield Row(entry, line or b"")

    def _lines(self, what: str, number: int) -> Iterator[bytes]:
        path = self.path(what, number)
        if path.exists():
            with path.open("rb") as stream:
                for line in stream:
                    yield line.rstrip(b"\n")

    def journaled(self, front: int) -> Iterator[Played]:
        """Yield what the journals tell of tasks from an index on, and drop those that are no longer needed."""
        for path in sorted(self.folder.glob(".partial-*.jsonl")):
            number = int(path.stem.rpartition("-")[2])
            if (number + 1) * self.size <= front:
                path.unlink()
                continue
            _cut(path)
            for played in read_jsonl(path, Played):
                if played.entry.index >= front:
                    yield msgspec.structs.replace(played, example=played.example.copy())

    def journal(self, index: int, line: bytes) -> None:
        """Take note of what became of a task; this survives the end of the process."""
        number = index // self.size
        path = self._journal(number)
        with explain(path):
            if number not in self._journals:
                self._journals[number] = path.open("ab")
            self._journals[number].write(line + b"\n")
            self._journals[number].flush()

    def drop_journals(self) -> None:
        """Remove what is left of journals when nothing more is to be done."""
        for journal in self._journals.values():
            journal.close()
        self._journals.clear()
        self._remove(JOURNAL)

    def _journal(self, number: int) -> Path:
        return self.folder / f".partial-{number:05}.jsonl"

    def commit(self, number: int, rows: Sequence[Row], *, with_rejected: bool) -> None:
        """Put a shard in place, its ledger last, and drop its journal."""
        kept = [row.example for row in rows if not row.entry.reason]
        atomic_write(self.path("kept", number), _joined(kept))
        if with_rejected:
            atomic_write(self.path("rejected", number), _joined([row.example for row in rows if row.entry.reason]))
        atomic_write(self.path("ledger", number), _joined([msgspec.json.encode(row.entry) for row in rows]))
        if number in self._journals:
            self._journals.pop(number).close()
        with explain(self.folder):
            self._journal(number).unlink(missing_ok=True)


def _joined(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _cut(path: Path) -> None:
    """Cut a file after its last line break: what follows was being written when the process died."""
    with explain(path), path.open("rb+") as stream:
        stream.truncate(stream.read().rfind(b"\n") + 1)


def _locked(folder: Path) -> int | None:
    """Keep every other process from writing there; the lock goes with the process."""
    if sys.platform == "win32":
        return None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise InputError(f"another process is writing to {folder}; wait for it, or give another folder") from None
    except OSError:
        pass  # a network file system without locks
    return handle
