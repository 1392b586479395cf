"""Cut a row into the units that are searched: every message for itself, every other field for itself."""

from collections.abc import Iterator
from typing import Any

_DEEPEST = 100


def units_of(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the place and the text of every unit of a row.

    The text has all that is written in a unit, names of fields and whole numbers included, one after the other: the
    parts of a name or an address may stand in fields of their own.

    Args:
        value: the row, as decoded JSON.

    Yields:
        A place such as ``trajectory.messages[3]``, messages counted from 0, and the text.
    """
    fields = value.items() if isinstance(value, dict) and "role" not in value else [("", value)]
    for name, content in fields:
        rest = [name] if name else []
        yield from _units(content, name, rest, 0)
        yield name, "\n".join(rest)


def _units(value: Any, place: str, rest: list[str], depth: int) -> Iterator[tuple[str, str]]:
    """Add what is written in a value to `rest`, except messages, which are yielded."""
    if depth > _DEEPEST:
        rest.append(str(value))
    elif isinstance(value, str):
        rest.append(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        rest.append(str(value))
    elif isinstance(value, bytes):
        rest.append(value.decode(errors="replace"))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _message_or_units(one, f"{place}[{at}]", rest, depth)
    elif isinstance(value, dict):
        for key, one in value.items():
            rest.append(str(key))
            yield from _message_or_units(one, f"{place}.{key}", rest, depth)


def _message_or_units(value: Any, place: str, rest: list[str], depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and "role" in value:
        own: list[str] = []
        for key, one in value.items():
            own.append(str(key))
            yield from _units(one, f"{place}.{key}", own, depth + 1)
        yield place, "\n".join(own)
    else:
        yield from _units(value, place, rest, depth + 1)
