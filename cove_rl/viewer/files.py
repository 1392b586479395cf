"""Find the records in files of conversations, and read each of them again when it is needed."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from cove_rl.errors import InputError
from cove_rl.files import LONGEST_LINE


class Span(msgspec.Struct, frozen=True):
    """Where a record is.

    Attributes:
        path: the file.
        offset: its first byte.
        length: how many bytes it has.
        number: its line, or its place in a list, from 1.
    """

    path: Path
    offset: int
    length: int
    number: int


def read_span(span: Span) -> bytes:
    """Return a record.

    Raises:
        InputError: if the file cannot be read, or has become shorter.
    """
    try:
        with span.path.open("rb") as stream:
            stream.seek(span.offset)
            record = stream.read(span.length)
    except OSError as fault:
        raise InputError(f"cannot read {span.path}: {fault.strerror or fault}") from fault
    if len(record) != span.length:
        raise InputError(f"{span.path} has changed since it was opened; open it again")
    return record


def lines(path: Path) -> Iterator[tuple[Span, bytes]]:
    """Yield the lines of a file that are not empty, and where they are.

    A last line without its end that is no JSON value is left out: somebody is still writing it.

    Raises:
        InputError: if the file cannot be read, or a line is longer than any record.
    """
    offset = 0
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(iter(lambda: stream.readline(LONGEST_LINE + 1), b""), start=1):
                if len(line) > LONGEST_LINE:
                    raise InputError(f"{path} line {number}: longer than {LONGEST_LINE // 2**20} MiB")
                record = line.rstrip(b"\n")
                if record.strip() and (line.endswith(b"\n") or _is_json(record)):
                    yield Span(path, offset, len(record), number), record
                offset += len(line)
    except OSError as fault:
        raise InputError(f"cannot read {path}: {fault.strerror or fault}") from fault


def _is_json(record: bytes) -> bool:
    try:
        msgspec.json.decode(record)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


class Results(msgspec.Struct):
    """A result file of tau2-bench: one JSON object with all simulations."""

    simulations: list[msgspec.Raw]
    info: dict[str, object] = {}


def results(path: Path) -> tuple[dict[str, object], list[tuple[Span, bytes]]] | None:
    """Return what a result file of tau2-bench says of its run, and its simulations; None if it is no such file.

    Raises:
        InputError: if the file cannot be read.
    """
    try:
        data = path.read_bytes()
        found = msgspec.json.decode(data, type=Results)
    except OSError as fault:
        raise InputError(f"cannot read {path}: {fault.strerror or fault}") from fault
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    spans, offset = [], 0
    for number, raw in enumerate(found.simulations, start=1):
        record = bytes(raw)
        offset = data.index(record, offset)
        spans.append((Span(path, offset, len(record), number), record))
        offset += len(record)
    return found.info, spans
