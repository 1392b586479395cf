"""What there is to know in a world: its ids, and every text in it."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from cove_rl.world.constraint import Constraint
from cove_rl.world.record import Record
from cove_rl.world.world import World

TOKEN = re.compile(r"#?\w[\w-]*")
"""What may be an id."""


class Lore(msgspec.Struct, frozen=True):
    """What a world's records hold.

    Attributes:
        ids: every id.
        shapes: the shapes of ids that nothing else looks like, such as ``#W0000000``.
        texts: every text, in lower case.
    """

    ids: frozenset[str]
    shapes: frozenset[str]
    texts: frozenset[str]


def lore_of(world: World) -> Lore:
    """Return what there is to know in a world, collected once."""
    return world.derived(_lore)


def _lore(world: World) -> Lore:
    ids: set[str] = set()
    texts: set[str] = set()
    for rows in world.tables.values():
        ids.update(rows)
        for record in rows.values():
            plain = msgspec.to_builtins(record)
            ids.update(_ids(plain))
            texts.update(text.lower() for text in _texts(plain))
    ids = {one for one in ids if len(one) > 3 and (one.isupper() or any(letter.isdigit() for letter in one))}
    shapes = {shape(one) for one in ids}
    return Lore(frozenset(ids), frozenset(one for one in shapes if "#" in one or "_" in one), frozenset(texts))


def shape(token: str) -> str:
    """Return the shape of a token: runs of letters as one ``a``, digits as ``0``."""
    return re.sub(r"\d", "0", re.sub(r"[^\W\d_]+", "a", token))


def own_texts(world: World, constraint: Constraint) -> frozenset[str]:
    """Return the texts, in lower case, in the records a goal names by their ids."""
    keys = ids_of(constraint)
    named = [rows[key] for rows in world.tables.values() for key in keys if key in rows]
    return frozenset(text.lower() for record in named for text in texts_of(record))


def ids_of(constraint: Constraint) -> set[str]:
    """Return every text in a goal; its ids are among them."""
    return texts_of(constraint)


def texts_of(record: Record) -> set[str]:
    """Return every text in a record."""
    return set(_texts(msgspec.to_builtins(record)))


def _texts(plain: Any) -> Iterator[str]:
    """Yield every text in plain values, the names of fields and options left out."""
    if isinstance(plain, str):
        yield plain
    elif isinstance(plain, dict | list | tuple):
        for one in plain.values() if isinstance(plain, dict) else plain:
            yield from _texts(one)


def _ids(plain: Any) -> Iterator[str]:
    """Yield the texts in fields whose name says that they hold an id, or several."""
    if isinstance(plain, dict):
        for name, value in plain.items():
            if name == "id" or name.endswith(("_id", "_ids")):
                yield from _texts(value)
            yield from _ids(value)
    elif isinstance(plain, list | tuple):
        for one in plain:
            yield from _ids(one)
