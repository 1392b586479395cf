"""An immutable sandbox database, its fingerprint, and the shared caches that make reading it cheap."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, cast

import msgspec

from cove_rl.world.record import Record, render

R = TypeVar("R", bound=Record)
T = TypeVar("T")

Behaviour = Literal["ours", "benchmark"]
"""How tools behave where tau2-bench has a defect: sensibly, or exactly as the benchmark (for replay and its tasks)."""

Tables = Mapping[type[Record], Mapping[str, Record]]
"""The rows of a world: record type -> id -> record, both in a fixed order."""


class WorldRef(msgspec.Struct, frozen=True):
    """Enough to find a world again: how it was generated, and the fingerprint its content must have.

    A world that was not generated here (a benchmark's database, say) has no seed and can only be loaded from a file.
    """

    domain: str
    fingerprint: str
    seed: int | None = None
    size: dict[str, int] = {}


class World:
    """One immutable snapshot of a domain's database. Thousands of states share one world.

    Attributes:
        ref: how to find this world again.
        tables: record type -> id -> record.
        behaviour: "ours", or "benchmark" to repeat the benchmark's defects.
    """

    __slots__ = ("_cache", "_own", "_texts", "behaviour", "ref", "tables")

    def __init__(
        self,
        domain: str,
        tables: Tables,
        *,
        seed: int | None = None,
        size: Mapping[str, int] | None = None,
        behaviour: Behaviour = "ours",
    ) -> None:
        self.tables = tables
        self.behaviour = behaviour
        self.ref = WorldRef(domain, fingerprint(tables), seed, dict(size or {}))
        self._own = {id(record) for rows in tables.values() for record in rows.values()}
        self._texts: dict[int, str] = {}
        self._cache: dict[Callable[[World], Any], Any] = {}

    def get(self, kind: type[R], key: str) -> R | None:
        """Return the record of that type and id, or None."""
        return cast("R | None", self.tables[kind].get(key))

    def rows(self, kind: type[R]) -> Mapping[str, R]:
        """Return all records of one type by id, in the world's order."""
        return cast("Mapping[str, R]", self.tables[kind])

    def derived(self, build: "Callable[[World], T]") -> T:
        """Return ``build(self)``, computed once per world: an index over the world's rows, say."""
        if build not in self._cache:
            self._cache[build] = build(self)
        return cast("T", self._cache[build])

    def text(self, result: object) -> str:
        """Return ``render(result)``, remembered when the result is one of this world's own records."""
        text = self._texts.get(id(result))
        if text is None:
            text = render(result)
            if id(result) in self._own:
                self._texts[id(result)] = text
        return text


def fingerprint(tables: Tables) -> str:
    """Return 16 hexadecimal digits of SHA-256 over the rows in their order; equal content, equal fingerprint."""
    digest = hashlib.sha256()
    encoder = msgspec.json.Encoder()
    for kind, rows in tables.items():
        digest.update(kind.__name__.encode())
        digest.update(encoder.encode(rows))
    return digest.hexdigest()[:16]
