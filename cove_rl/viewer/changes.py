"""What a conversation left different in its world, value by value."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from cove_rl.viewer.detail import FieldChange, RecordChange
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import Domain
from cove_rl.world.state import Change, State
from cove_rl.world.world import World


def changes_of(domain: Domain, world: World, calls: Sequence[ToolCall]) -> tuple[RecordChange, ...]:
    """Return the net difference that running calls again makes to a world, up to a transfer."""
    state = State(world)
    for call in calls:
        result = domain.toolbox.call(state, call)
        if call.name == domain.transfer_tool and not result.error:
            break
    names = {kind: name for name, kind in domain.tables.items()}
    return tuple(_record(names.get(change.kind, change.kind.__name__), change) for change in state.diff())


def _record(table: str, change: Change) -> RecordChange:
    before = None if change.before is None else msgspec.to_builtins(change.before)
    fields = tuple(_fields("", before, msgspec.to_builtins(change.after)))
    return RecordChange(table, change.key, change.before is None, fields)


def _fields(path: str, before: Any, after: Any) -> Iterator[FieldChange]:
    """Yield the innermost values that differ; lists of different lengths are compared as far as both go."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            inner = f"{path}.{name}" if path else str(name)
            yield from _fields(inner, before.get(name, msgspec.UNSET), after.get(name, msgspec.UNSET))
    elif isinstance(before, (list, tuple)) and isinstance(after, (list, tuple)):
        for place in range(max(len(before), len(after))):
            pair = (side[place] if place < len(side) else msgspec.UNSET for side in (before, after))
            yield from _fields(f"{path}[{place}]", *pair)
    elif before is None and isinstance(after, dict) and not path:
        yield from _fields("", {}, after)
    else:
        yield FieldChange(path, _json(before), _json(after))


def _json(value: Any) -> str | None:
    return None if value is msgspec.UNSET else msgspec.json.encode(value).decode()
