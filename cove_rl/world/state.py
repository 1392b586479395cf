"""A copy-on-write view of a world inside one episode."""

from collections.abc import Iterator
from typing import TypeVar, cast

import msgspec

from cove_rl.world.record import Record
from cove_rl.world.world import World

R = TypeVar("R", bound=Record)


class Change(msgspec.Struct, frozen=True):
    """One record that differs between two moments; `before` is None for a new record."""

    kind: type[Record]
    key: str
    before: Record | None
    after: Record


class State:
    """What the world looks like to one episode: the world plus the records this episode has replaced.

    Making one costs a couple of empty dictionaries. Writes are staged until `commit`, so a call that fails half-way is
    undone by `rollback`; records are immutable, so no two states can share something that changes.
    """

    __slots__ = ("_staged", "_written", "world")

    def __init__(self, world: World) -> None:
        self.world = world
        self._written: dict[tuple[type[Record], str], Record] = {}
        self._staged: dict[tuple[type[Record], str], Record] = {}

    def get(self, kind: type[R], key: str) -> R | None:
        """Return the current record of that type and id, or None."""
        if self._staged or self._written:
            place = (kind, key)
            found = self._staged.get(place) or self._written.get(place)
            if found is not None:
                return cast("R", found)
        return self.world.get(kind, key)

    def rows(self, kind: type[R]) -> Iterator[R]:
        """Yield every current record of one type: the world's order first, then new ones in the order they came."""
        base = self.world.rows(kind)
        for key in base:
            yield cast("R", self.get(kind, key))
        new = {**self._written, **self._staged}
        for (written_kind, key), record in new.items():
            if written_kind is kind and key not in base:
                yield cast("R", record)

    def put(self, key: str, record: Record) -> None:
        """Stage a record under its id; `commit` makes it count."""
        self._staged[type(record), key] = record

    def commit(self) -> tuple[Change, ...]:
        """Make the staged records count and return what they changed (a record put back unchanged is no change)."""
        if not self._staged:
            return ()
        changes = []
        for (kind, key), record in self._staged.items():
            before = self._written.get((kind, key)) or self.world.get(kind, key)
            if before != record:
                changes.append(Change(kind, key, before, record))
                self._written[kind, key] = record
        self._staged = {}
        return tuple(changes)

    def rollback(self) -> None:
        """Forget the staged records."""
        self._staged = {}

    def diff(self) -> tuple[Change, ...]:
        """Return what this episode has changed against the world, net: a record changed and put back is absent."""
        changes = []
        for (kind, key), record in self._written.items():
            before = self.world.get(kind, key)
            if before != record:
                changes.append(Change(kind, key, before, record))
        return tuple(changes)
