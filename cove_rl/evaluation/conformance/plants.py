"""Plant faults in a world: ids that lead nowhere, rows that are missing, rows filed under a wrong id."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import msgspec

from cove_rl.world.domain import Domain
from cove_rl.world.record import Record
from cove_rl.world.world import Tables, World

ROWS = 200
"""Rows of a table that are looked at to tell what its fields mean."""

Path = tuple[str, ...]
"""Names of fields that lead to a value; "*" for any element of a list or a dictionary."""


class Plant(msgspec.Struct, frozen=True):
    """A world's rows with one fault, and the fault in words."""

    tables: Tables
    words: str


def planted(domain: Domain, world: World, seed: int) -> Iterator[Plant]:
    """Yield faults in a world, for every field whose meaning the rows give away.

    A field that holds its own row's id in every row is taken for the id. One whose values are all ids of another table
    is taken to refer to it.
    """
    rng = Random(f"{seed}:plants")  # noqa: S311  (reproducible)
    names = {kind: name for name, kind in domain.tables.items()}
    for kind, rows in world.tables.items():
        if len(rows) < 2:
            continue
        looked = {key: _values(row) for key, row in list(rows.items())[:ROWS]}
        for path in dict.fromkeys(path for values in looked.values() for path, _ in values):
            held = {key: [value for at, value in values if at == path] for key, values in looked.items()}
            label = f"{names[kind]}.{'.'.join(path)}"
            if all(values == [key] for key, values in held.items()):
                yield _misfiled(world, kind, label, rng)
            else:
                yield from _dangling(world, kind, path, held, label, rng)


def _misfiled(world: World, kind: type[Record], label: str, rng: Random) -> Plant:
    rows = dict(world.tables[kind])
    one, other = rng.sample(list(rows), 2)
    rows[one], rows[other] = rows[other], rows[one]
    return Plant({**world.tables, kind: rows}, f"the rows {one} and {other} changed places, so that {label} is wrong")


def _dangling(
    world: World, kind: type[Record], path: Path, held: Mapping[str, list[str]], label: str, rng: Random
) -> Iterator[Plant]:
    values = {value for some in held.values() for value in some}
    for other, targets in world.tables.items():
        if len(values) < 2 or not values <= targets.keys():
            continue
        key = rng.choice([key for key, some in held.items() if some])
        named = rng.choice(held[key])
        nowhere = f"{named}0"
        changed = _changed(world.tables[kind][key], path, named, nowhere)
        if changed is not None and nowhere not in targets:
            words = f"{label} of {key} names '{nowhere}', which does not exist"
            yield Plant({**world.tables, kind: {**world.tables[kind], key: changed}}, words)
        if other is not kind:
            fewer = {name: row for name, row in targets.items() if name != named}
            yield Plant({**world.tables, other: fewer}, f"'{named}' was removed, which {label} of {key} names")


def _values(row: Record) -> list[tuple[Path, str]]:
    """Return the texts in a row, with the way to each."""
    return list(_texts((), row))


def _texts(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts((*path, name), getattr(value, name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts((*path, "*"), inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts((*path, "*"), inner)


def _changed(row: Record, path: Path, old: str, new: str) -> Record | None:
    """Return the row with another text where the path leads; None if its types do not allow that."""
    built = _replaced(msgspec.to_builtins(row), path, old, new)
    try:
        return msgspec.convert(built, type(row))
    except msgspec.ValidationError:
        return None


def _replaced(value: Any, path: Path, old: str, new: str) -> Any:
    if not path:
        return new if value == old else value
    if isinstance(value, dict):
        return {
            name: _replaced(inner, path[1:], old, new) if path[0] in (name, "*") else inner
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_replaced(inner, path[1:], old, new) for inner in value]
    return value
