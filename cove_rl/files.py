"""Write files that are whole or absent, and read JSON lines that may be anything."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from typing import BinaryIO, TypeVar

import msgspec

from cove_rl.errors import InputError

T = TypeVar("T")

LONGEST_LINE = 64 * 2**20
"""Bytes beyond which a line is not read: no record of ours comes near, and a file without line breaks may be huge."""
_LONGEST_FAULT = 160


@contextmanager
def atomic_open(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing bytes; it appears under `path`, or replaces what is there, only if the block succeeds.

    The bytes go to a temporary file beside the target, are forced to disk and renamed, so a reader (or a power cut)
    sees the old content or the new one. A symbolic link is followed; a device or a pipe is written directly.

    Raises:
        InputError: if the file cannot be created or put in place.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        with explain(path), target.open("wb") as device:
            yield device
        return
    scratch = target.with_name(f".{target.name[:200]}.{token_hex(4)}.tmp")
    with explain(path):
        stream = scratch.open("xb")
        if target.exists():
            scratch.chmod(target.stat().st_mode & 0o777)
    try:
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        with explain(path):
            move(scratch, target)
    finally:
        scratch.unlink(missing_ok=True)


def atomic_write(path: Path, data: bytes | str) -> None:
    """Write a whole file, text as UTF-8, as `atomic_open` does.

    Raises:
        InputError: if the file cannot be written; what was there before is untouched.
    """
    with explain(path), atomic_open(path) as stream:
        stream.write(data.encode() if isinstance(data, str) else data)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder beside `path`; only if the block succeeds do its files appear under `path`.

    A folder that was not there appears whole. Into one that exists, the files are moved one by one, each whole; others
    in it are left alone.

    Raises:
        InputError: if the folder cannot be made or filled.
    """
    target = Path(os.path.realpath(path))
    scratch = target.with_name(f".{target.name[:200]}.{token_hex(4)}.tmp")
    with explain(path):
        scratch.mkdir(parents=True)
    try:
        yield scratch
        with explain(path):
            if not target.exists():
                with suppress(OSError):  # another process may have made it since
                    scratch.rename(target)
                    return
            for file in sorted(scratch.iterdir()):
                move(file, target / file.name)
    finally:
        rmtree(scratch, ignore_errors=True)


def move(source: Path, target: Path) -> None:
    """Rename a file over another one in the same folder, and force the new name to disk."""
    source.replace(target)
    with suppress(OSError):  # some file systems cannot synchronise a folder; the rename itself is done
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def explain(path: Path) -> Iterator[None]:
    """Turn an operating system's error while writing into an `InputError` that names the file."""
    try:
        yield
    except OSError as fault:
        raise InputError(f"cannot write {path}: {fault.strerror or fault}") from fault


def read_jsonl(path: Path, kind: type[T]) -> Iterator[T]:
    """Yield the records of a file with one JSON value per line.

    Args:
        path: the file; a last line without a line break counts.
        kind: what every line must be.

    Raises:
        InputError: at the first line that is no `kind`, naming file, line and fault; or if there is no such file.
    """
    decoder = msgspec.json.Decoder(kind)
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(iter(lambda: stream.readline(LONGEST_LINE + 1), b""), start=1):
                yield _decode(decoder, line.rstrip(b"\n"), f"{path} line {number}")
    except OSError as fault:
        raise InputError(f"cannot read {path}: {fault.strerror or fault}") from fault


def decode_json(data: bytes, kind: type[T], place: str) -> T:
    """Return the JSON value in `data` as a `kind`.

    Args:
        data: UTF-8, from anybody.
        kind: what it must be.
        place: where it came from, for the message.

    Raises:
        InputError: with one short line, whatever is wrong with the data.
    """
    return _decode(msgspec.json.Decoder(kind), data, place)


def _decode(decoder: msgspec.json.Decoder[T], data: bytes, place: str) -> T:
    if len(data) > LONGEST_LINE:
        raise InputError(f"{place}: longer than {LONGEST_LINE // 2**20} MiB; is this a JSON lines file?")
    if not data.strip():
        raise InputError(f"{place}: empty, expected a JSON value")
    try:
        return decoder.decode(data)
    except UnicodeDecodeError as fault:
        raise InputError(f"{place}: not UTF-8 ({fault.reason})") from fault
    except RecursionError as fault:
        raise InputError(f"{place}: nested too deeply") from fault
    except msgspec.MsgspecError as fault:
        raise InputError(f"{place}: {_short(str(fault))}") from fault


def _short(text: str) -> str:
    """Return one printable line of bounded length: a fault may quote the input, and the input may be anything."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in text[: _LONGEST_FAULT + 1])
    return clean if len(clean) <= _LONGEST_FAULT else clean[: _LONGEST_FAULT - 3] + "..."
