"""Read data of any form row by row: JSON lines, JSON, parquet, Arrow and text, in files and folders."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from cove_rl.errors import InputError
from cove_rl.files import read_jsonl

_TABLES = 2
"""How deep the records of a JSON document lie: a world's are in its tables."""
_BATCH = 64
"""Rows of a parquet file that are in memory at a time."""


class Row(msgspec.Struct, frozen=True):
    """A piece of a file.

    Attributes:
        number: line of the file, or row of a table, counted from 1; 0 for a part of one JSON document.
        part: which part of the document; empty for a line or a row.
        value: what it holds, as decoded JSON.
    """

    number: int
    part: str
    value: Any


def read_rows(file: Path) -> Iterator[Row]:
    """Yield the rows of one file, one at a time.

    Raises:
        InputError: if the file cannot be read, or its name does not say what it is.
    """
    reader = _READERS.get(file.suffix)
    if reader is None:
        raise InputError(f"{file} is of no known form; expected a name that ends in {', '.join(sorted(_READERS))}")
    return reader(file)


def can_read(file: Path) -> bool:
    """Return whether the name of a file says that it holds data."""
    return file.suffix in _READERS


def _json_lines(file: Path) -> Iterator[Row]:
    for number, value in enumerate(read_jsonl(file, object), start=1):
        yield Row(number, "", value)


def _json(file: Path) -> Iterator[Row]:
    """Yield every record of a document's tables, such as a world's, for itself."""
    try:
        document = msgspec.json.decode(file.read_bytes())
    except OSError as fault:
        raise InputError(f"cannot read {file}: {fault.strerror or fault}") from fault
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise InputError(f"{file} is not JSON: {fault}") from fault
    yield from _entries(document, "", _TABLES)


def _entries(value: Any, place: str, depth: int) -> Iterator[Row]:
    """Yield the entries of objects and lists down to a depth, each under its key."""
    if isinstance(value, list):
        for at, one in enumerate(value):
            yield Row(0, f"{place}[{at}]", one)
    elif isinstance(value, dict) and "role" not in value:
        for key, one in value.items():
            inside = isinstance(one, dict | list) and depth > 0
            yield Row(0, place, {key: None if inside else one})
            if inside:
                yield from _entries(one, f"{place}.{key}" if place else key, depth - 1)
    else:
        yield Row(0, place, value)


def _text(file: Path) -> Iterator[Row]:
    """Yield the paragraphs; sentences go on over the ends of lines."""
    lines: list[str] = []
    number = 0
    try:
        with file.open(encoding="utf-8", errors="replace") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    lines.append(line)
                elif lines:
                    yield Row(number - len(lines), "", "".join(lines))
                    lines.clear()
    except OSError as fault:
        raise InputError(f"cannot read {file}: {fault.strerror or fault}") from fault
    if lines:
        yield Row(number + 1 - len(lines), "", "".join(lines))


def _parquet(file: Path) -> Iterator[Row]:
    pyarrow = _pyarrow()
    try:
        with pyarrow.parquet.ParquetFile(file) as table:
            yield from _numbered(table.iter_batches(_BATCH))
    except (OSError, pyarrow.ArrowException) as fault:
        raise InputError(f"cannot read {file}: {fault}") from fault


def _arrow(file: Path) -> Iterator[Row]:
    pyarrow = _pyarrow()
    try:
        with pyarrow.memory_map(str(file)) as stream:
            yield from _numbered(pyarrow.ipc.open_stream(stream))
    except (OSError, pyarrow.ArrowException) as fault:
        raise InputError(f"cannot read {file}: {fault}") from fault


def _pyarrow() -> Any:
    try:
        import pyarrow.parquet
    except ModuleNotFoundError as fault:
        raise InputError("parquet and Arrow files need pyarrow: pip install 'cove_rl[data]'") from fault
    return pyarrow


def _numbered(batches: Any) -> Iterator[Row]:
    rows = (row for batch in batches for part in _slices(batch) for row in part.to_pylist())
    for number, value in enumerate(rows, start=1):
        yield Row(number, "", value)


def _slices(batch: Any) -> Iterator[Any]:
    return (batch.slice(start, _BATCH) for start in range(0, batch.num_rows, _BATCH))


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".jsonl": _json_lines,
    ".json": _json,
    ".parquet": _parquet,
    ".arrow": _arrow,
    ".yaml": _text,
    ".yml": _text,
    ".md": _text,
    ".txt": _text,
    ".jinja": _text,
}
