"""Keep worlds in files: one JSON object with the rows and the fingerprint they must have, trusted only when it fits."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from cove_rl.errors import DomainError, InputError
from cove_rl.files import atomic_write, decode_json
from cove_rl.world.domain import Domain, get_domain
from cove_rl.world.record import Record
from cove_rl.world.world import Tables, World

FORMAT = "cove-world/1"
"""What every world file says it is."""

_REBUILD = "build the world again"


class _Header(msgspec.Struct, frozen=True):
    """Enough to tell a world file from another JSON object."""

    format: str = ""


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A world file, its tables not read yet."""

    format: str
    domain: str
    seed: int | None
    size: dict[str, int]
    fingerprint: str
    tables: dict[str, msgspec.Raw]


def save_world(world: World, path: Path) -> None:
    """Write a world to a file; the file appears, or is replaced, only when it is complete.

    The content is ``{"format": "cove-world/1", "domain", "seed", "size", "fingerprint", "tables": {name: {id: row}}}``.

    Raises:
        InputError: if the file cannot be written.
    """
    ref = world.ref
    tables = {name: world.tables[kind] for name, kind in get_domain(ref.domain).tables.items()}
    envelope = {
        "format": FORMAT,
        "domain": ref.domain,
        "seed": ref.seed,
        "size": ref.size,
        "fingerprint": ref.fingerprint,
        "tables": tables,
    }
    atomic_write(path, msgspec.json.encode(envelope) + b"\n")


def load_world(path: Path) -> World:
    """Return the world in a file that `save_world` wrote.

    Raises:
        InputError: with one short line, whatever is wrong: no such file, no JSON, another format, an unknown domain or
            table, a field of the wrong type, rows that contradict each other, content that was edited.
    """
    place = _place(path)
    data = _read(path, place)
    with _advising(f"{_REBUILD}, or give another file"):
        if decode_json(data, _Header, place).format != FORMAT:
            raise InputError(f'{place}: not a world file, which begins with {{"format": "{FORMAT}"')
        envelope = decode_json(data, _Envelope, place)
    domain = _domain(envelope.domain, place)
    tables = _tables(domain, envelope.tables, place)
    unknown = sorted(envelope.size.keys() - domain.tables.keys())
    if unknown:
        raise InputError(f"{place}: size names '{_short(unknown[0])}', which is no table; {_REBUILD}")
    world = World(domain.name, tables, seed=envelope.seed, size=envelope.size)
    if world.ref.fingerprint != envelope.fingerprint:
        recorded = _short(envelope.fingerprint)
        raise InputError(
            f"{place}: the rows have the fingerprint {world.ref.fingerprint}, not '{recorded}': "
            f"the file was edited after it was built; {_REBUILD}"
        )
    return world


def load_tables(domain: Domain, path: Path) -> Tables:
    """Return the rows of a bare database file, ``{table: {id: row}}``, as tau2-bench's ``db.json`` is.

    Args:
        domain: whose records the rows are.
        path: the file.

    Raises:
        InputError: as `load_world`, except that there is no format and no fingerprint to be wrong.
    """
    place = _place(path)
    with _advising(f"expected an object with {', '.join(domain.tables)}"):
        raw = decode_json(_read(path, place), dict[str, msgspec.Raw], place)
    return _tables(domain, raw, place)


def _read(path: Path, place: str) -> bytes:
    try:
        if path.is_dir():
            raise InputError(f"{place}: a folder; give the file in it")
        if path.exists() and not path.is_file():
            raise InputError(f"{place}: not a regular file; give one that can be read from its beginning")
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{place}: no such file; build it, or correct the path") from None
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else fault
        raise InputError(f"{place}: cannot be read ({reason}); correct the path or its permissions") from None


def _domain(name: str, place: str) -> Domain:
    try:
        return get_domain(name)
    except DomainError as fault:
        raise InputError(f"{place}: {_short(str(fault), 160)}; install the package that has the domain") from None


def _tables(domain: Domain, raw: Mapping[str, msgspec.Raw], place: str) -> Tables:
    """Return the checked rows, in the order of the domain's tables."""
    expected = f"a {domain.name} database has {', '.join(domain.tables)}"
    for name in sorted(raw.keys() - domain.tables.keys()):
        raise InputError(f"{place}: unknown table '{_short(name)}'; {expected}")
    for name in domain.tables:
        if name not in raw:
            raise InputError(f"{place}: table '{name}' is missing; {expected}")
    with _advising(f"correct it, or {_REBUILD}"):
        tables = {kind: _rows(raw[name], kind, f"{place}: {name}") for name, kind in domain.tables.items()}
    found = domain.problems(tables)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise InputError(f"{place}: {_short(found[0], 180)}{more}; correct it, or {_REBUILD}")
    return tables


def _rows(raw: msgspec.Raw, kind: type[Record], place: str) -> Mapping[str, Record]:
    """Return a table's rows by id; a fault is found again row by row, so that the message can name the row."""
    try:
        return decode_json(bytes(raw), dict[str, kind], place)  # type: ignore[valid-type]
    except InputError:
        for key, row in decode_json(bytes(raw), dict[str, msgspec.Raw], place).items():
            decode_json(bytes(row), kind, f"{place}/{_short(key)}")
        raise


@contextmanager
def _advising(remedy: str) -> Iterator[None]:
    """Add what to do to an `InputError` that only says what is wrong."""
    try:
        yield
    except InputError as fault:
        raise InputError(f"{fault}; {remedy}") from None


def _place(path: Path) -> str:
    """Return the path for a message; of a very long one the end, which tells most."""
    text = _short(str(path), 10_000)
    return text if len(text) <= 100 else f"...{text[-97:]}"


def _short(text: str, limit: int = 50) -> str:
    """Return text that came from a file as one printable line of bounded length."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in text[: limit + 1])
    return clean if len(clean) <= limit else clean[: limit - 3] + "..."
