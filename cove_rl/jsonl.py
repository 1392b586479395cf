"""JSON lines written so that a run which is killed at any moment can go on from where it stopped."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import msgspec

from cove_rl.errors import InputError
from cove_rl.files import atomic_write, decode_json, explain, move

if sys.platform != "win32":
    import fcntl

_CHUNK = 2**20


class JsonlWriter:
    """Writes records to ``<path>.partial``, one line each, and gives the file its name when it is complete.

    Opening it again after a crash keeps the complete lines, drops a torn last one and says in `done` how many there
    are, so that the caller goes on with the next record; the result is the file an undisturbed run would have
    written. What the run was asked to do is kept in ``<path>.partial.meta`` and must be the same.

    Use it as a context manager, and call `finish` at the end of the block; without that the work stays partial.

    Attributes:
        path: the complete file.
        partial: the file while it is not complete.
        done: how many records the partial file holds.
    """

    def __init__(self, path: Path, parameters: Mapping[str, Any], *, overwrite: bool = False) -> None:
        """Open the file, and what an earlier run left of it.

        Args:
            path: where the complete file goes.
            parameters: everything that decides the content (seed, count, fingerprint), as JSON values.
            overwrite: replace a complete file, and drop a partial one that has other parameters.

        Raises:
            InputError: if the complete file exists, or the partial one was begun with other parameters, and
                `overwrite` is not set; or if the files cannot be written.
        """
        self.path = path
        self.partial = path.with_name(path.name + ".partial")
        self._meta = path.with_name(path.name + ".partial.meta")
        if path.exists() and not overwrite:
            raise InputError(f"{path} exists; give another name, or overwrite it with --force")
        with explain(self.partial):
            self._stream: BinaryIO = self.partial.open("ab")
        try:
            with explain(self.partial):
                self._lock()
                self._begin(msgspec.json.encode(dict(parameters), order="sorted"), overwrite)
                self.done = self._resume()
        except BaseException:
            self._stream.close()
            raise

    def _lock(self) -> None:
        """Keep every other process from writing the same file; the lock goes when the file is closed."""
        if sys.platform == "win32":
            return
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise InputError(f"another process is writing {self.partial}; wait for it, or give another name") from fault
        except OSError:
            return  # a network file system without locks

    def _begin(self, header: bytes, overwrite: bool) -> None:
        """Note the parameters of this run, having compared them with those of the run that left records behind."""
        if self.partial.stat().st_size and (fault := self._mismatch(header)):
            if not overwrite:
                raise InputError(f"{fault}; run it with those, remove it, or drop it with --force")
            self._stream.truncate(0)
        atomic_write(self._meta, header)

    def _mismatch(self, header: bytes) -> str:
        """Return how the run that left records behind differs from this one; empty if it does not."""
        if not self._meta.exists():
            return f"{self.partial} has no {self._meta.name} that says how it was begun"
        old = decode_json(self._meta.read_bytes(), dict[str, Any], str(self._meta))
        new: dict[str, Any] = msgspec.json.decode(header)
        names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        detail = "; ".join(f"{name} {old.get(name)!r}, now {new.get(name)!r}" for name in names)
        return detail and f"{self.partial} was begun with other parameters ({detail})"

    def _resume(self) -> int:
        """Cut the partial file after its last line break and return how many lines it has."""
        lines = end = offset = 0
        with self.partial.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                lines += chunk.count(b"\n")
                if (last := chunk.rfind(b"\n")) >= 0:
                    end = offset + last + 1
                offset += len(chunk)
        self._stream.truncate(end)
        return lines

    def write(self, record: object) -> None:
        """Append one record, a struct or anything else msgspec encodes; it survives the end of this process."""
        line = msgspec.json.encode(record) + b"\n"
        with explain(self.partial):
            self._stream.write(line)
            self._stream.flush()
        self.done += 1

    def finish(self) -> Path:
        """Force the records to disk, give the file its name and return that."""
        with explain(self.path):
            os.fsync(self._stream.fileno())
            move(self.partial, self.path)
            self._stream.close()
            self._meta.unlink(missing_ok=True)
        return self.path

    def close(self) -> None:
        """Stop writing; the partial file stays, to be gone on with, unless there is nothing in it."""
        if not self._stream.closed and not self.done:
            self.partial.unlink(missing_ok=True)
            self._meta.unlink(missing_ok=True)
        self._stream.close()

    def __enter__(self) -> "JsonlWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
