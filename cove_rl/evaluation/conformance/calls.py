"""Make up tool calls: plausible ones, with values that fields of those names have in the world, and malformed ones."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

import msgspec
from msgspec.structs import replace

from cove_rl.verify.mutation.missed import SPOILERS
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import Domain
from cove_rl.world.record import Record
from cove_rl.world.world import World

ROWS = 300
"""Rows of a table that values are taken from."""
JUNK: tuple[Any, ...] = (None, "", "nobody", "#", "0", 0, -1, 1e9, True, [], ["", None], {}, {"id": 1}, "9" * 3000)
"""What a model that is not well may put anywhere."""

Fields = dict[str, list[Any]]


class Caller:
    """Makes calls up for one world.

    Args:
        domain: whose tools are called.
        world: whose values are used.
        wanted: calls that customers' requests come down to; some are made as they are.
        rng: decides.
    """

    def __init__(self, domain: Domain, world: World, wanted: Sequence[ToolCall], rng: Random) -> None:
        self._tools = {name: tool.schema["function"]["parameters"] for name, tool in domain.toolbox.tools.items()}
        self._owners = {name: tool.owner for name, tool in domain.toolbox.tools.items()}
        self._wanted, self._rng = wanted, rng
        self._rows = {name: list(world.tables[kind].items())[:ROWS] for name, kind in domain.tables.items()}
        self._by_key = {key: row for rows in world.tables.values() for key, row in rows.items()}
        self._pool = merged(fields_of(name, key, row) for name, rows in self._rows.items() for key, row in rows)
        self._made = 0

    def make(self) -> ToolCall:
        """Return a call: one that is wanted, one that is plausible, or one that is malformed."""
        kind = self._rng.random()
        call = self._rng.choice(self._wanted) if self._wanted and kind < 0.35 else self._plausible()
        if kind > 0.8:
            call = self._spoilt(call)
        self._made += 1
        return replace(call, id=f"made-{self._made}")

    def _plausible(self) -> ToolCall:
        """Return a call about one row: where it and the rows it names have a field, values come from there."""
        near = self._near()
        name = self._rng.choice(list(self._tools))
        properties: Mapping[str, Any] = self._tools[name]["properties"]
        arguments = {argument: self._value(argument, part, near) for argument, part in properties.items()}
        return ToolCall("", name, arguments, self._owners[name])

    def _near(self) -> Fields:
        name = self._rng.choice([name for name, rows in self._rows.items() if rows] or [""])
        if not name:
            return {}
        key, row = self._rng.choice(self._rows[name])
        own = fields_of(name, key, row)
        named = {value for values in own.values() for value in values if isinstance(value, str) and value != key}
        tables = {type(row): name for name, rows in self._rows.items() for _, row in rows[:1]}
        linked = [(one, self._by_key[one]) for one in sorted(named) if one in self._by_key]
        return merged([own, *(fields_of(tables.get(type(row), ""), one, row) for one, row in linked)])

    def _value(self, name: str, part: Mapping[str, Any], near: Fields) -> Any:
        """Return a value for an argument of that name and JSON schema."""
        if "enum" in part:
            return self._rng.choice(part["enum"])
        if "anyOf" in part:
            return self._value(name, self._rng.choice(part["anyOf"]), near)
        kind = part.get("type")
        if kind == "object":
            return {key: self._value(key, inner, near) for key, inner in part.get("properties", {}).items()}
        if kind == "array":
            inner = part.get("items") or {}
            return [self._value(name.removesuffix("s"), inner, near) for _ in range(self._rng.choice((1, 1, 2, 3)))]
        fitting = [value for value in self._known(name, near) if kind is None or is_json(value, str(kind))]
        return self._rng.choice(fitting) if fitting else self._made_up(str(kind))

    def _known(self, name: str, near: Fields) -> list[Any]:
        """Return values of fields with that name, or with the longest name that it ends in."""
        for fields in (near, self._pool) if self._rng.random() < 0.8 else (self._pool,):
            names = [field for field in fields if field and name.endswith(field)]
            if names:
                return fields[max(names, key=len)]
        return []

    def _made_up(self, kind: str) -> Any:
        offers: dict[str, Sequence[Any]] = {
            "integer": (0, 1, 2, 3, 10, -1),
            "number": (0.0, 1.0, 19.99, -5.0),
            "boolean": (True, False),
            "null": (None,),
        }
        return self._rng.choice(offers.get(kind, ("something", "2 + 3", "no longer needed", "Springfield", "")))

    def _spoilt(self, call: ToolCall) -> ToolCall:
        if isinstance(call.arguments, dict) and call.arguments and self._rng.random() < 0.7:
            name = self._rng.choice(list(call.arguments))
            return replace(call, arguments={**call.arguments, name: self._rng.choice(JUNK)})
        return self._rng.choice(SPOILERS)(call)


def fields_of(table: str, key: str, row: Record) -> Fields:
    """Return the values of a row by the name of their field, its key as "<table>_id" without a plural's s."""
    fields: Fields = {f"{table.removesuffix('s')}_id": [key]} if table else {}
    for name, value in leaves("", msgspec.to_builtins(row)):
        fields.setdefault(name, []).append(value)
    return fields


def leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the texts and numbers in a value, each with the name of its field; in a list, without a plural's s."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(key, inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from leaves(name.removesuffix("s"), inner)
    elif value is not None:
        yield name, value


def merged(parts: Any) -> Fields:
    """Return the fields of several rows as one."""
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        for name, values in part.items():
            found.setdefault(name, {}).update((repr(value), value) for value in values)
    return {name: list(values.values()) for name, values in found.items()}


def is_json(value: object, kind: str) -> bool:
    """Return whether a value is of a JSON schema's type."""
    if isinstance(value, bool):
        return kind == "boolean"
    kinds = {"string": str, "integer": int, "number": int | float}
    return kind in kinds and isinstance(value, kinds[kind])
