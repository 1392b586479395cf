"""Who lives in which world, so that no customer of one split is met in another."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from cove_rl.tasks.task import Task
from cove_rl.world.world import World

Key = tuple[str, str]
"""A record: its type's name and its id."""
Index = dict[tuple[str, str], set[Key]]
"""A field's name and value -> the records that have it."""


class Strangers:
    """The people of other splits' worlds.

    A customer is whoever their task's identity hint describes: the one record of the task's world that has all the
    hint's values. It is met elsewhere if another world has a record with its id, or one the hint describes as well.

    Args:
        worlds: the other splits' worlds of the task's domain.
    """

    def __init__(self, worlds: Iterable[World]) -> None:
        self._indexes = [world.derived(_index) for world in worlds]
        self._keys = {key for index in self._indexes for keys in index.values() for key in keys}

    def include(self, task: Task, world: World) -> bool:
        """Return whether the customer of a task in a world is one of them."""
        return bool(customers_of(task, world) & self._keys) or any(_described(task, index) for index in self._indexes)


def customers_of(task: Task, world: World) -> set[Key]:
    """Return the record of a task's customer in the task's world, as the one member of a set."""
    return _described(task, world.derived(_index))


def _described(task: Task, index: Index) -> set[Key]:
    """Return the records that have every value of the identity hint."""
    pairs = [(name, value) for hint in task.identity for name, value in hint.values.items() if isinstance(value, str)]
    found = [index.get(pair, set()) for pair in pairs]
    return set.intersection(*found) if found else set()


def _index(world: World) -> Index:
    index: Index = {}
    for kind, rows in world.tables.items():
        for key, record in rows.items():
            for pair in _texts(msgspec.to_builtins(record)):
                index.setdefault(pair, set()).add((kind.__name__, key))
    return index


def _texts(fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield names and values of the texts in a record, those in nested records included; lists are left out."""
    for name, value in fields.items():
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict):
            yield from _texts(value)
