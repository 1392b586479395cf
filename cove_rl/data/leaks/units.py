"""Cut a row into the units that are searched: every message and every large field for itself."""

from collections.abc import Iterator
from typing import Any

_DEEPEST = 100
"""Levels below which a value is searched as one text."""
_LONG = 200
"""Characters from which a text at the top of a row is a unit: it may be a system prompt that every row has."""


def units_of(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the place and the text of every message, every other field, and the short fields of a row together.

    The text has all that is written in a unit, names of fields and whole numbers included, one after the other: the
    parts of a name or an address may stand in fields of their own.

    Args:
        value: the row, as decoded JSON.

    Yields:
        A place such as ``trajectory.messages[3]``, messages counted from 0, and the text.
    """
    if not isinstance(value, dict) or "role" in value:
        value = {"": value}
    short: list[str] = []
    for name, content in value.items():
        own = isinstance(content, dict | list | tuple) or (isinstance(content, str) and len(content) >= _LONG)
        words: list[str] = [] if own else short
        words += [name] if name else []
        yield from _units(content, name, words, 0)
        if own:
            yield name, "\n".join(words)
    if short:
        yield "", "\n".join(short)


def _units(value: Any, place: str, words: list[str], depth: int) -> Iterator[tuple[str, str]]:
    """Add what is written in a value to `words`, except messages, which are yielded."""
    if isinstance(value, dict) and depth < _DEEPEST:
        for key, one in value.items():
            words.append(str(key))
            yield from _message_or_units(one, f"{place}.{key}", words, depth)
    elif isinstance(value, list | tuple) and depth < _DEEPEST:
        for at, one in enumerate(value):
            yield from _message_or_units(one, f"{place}[{at}]", words, depth)
    else:
        words += _written(value)


def _message_or_units(value: Any, place: str, words: list[str], depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and "role" in value:
        own: list[str] = []
        yield from _units(value, place, own, depth + 1)
        yield place, "\n".join(own)
    else:
        yield from _units(value, place, words, depth + 1)


def _written(value: Any) -> list[str]:
    """Return the words of a value without parts; a fraction has none, as its digits are nobody's number."""
    if value is None or isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        return []
    return [value.decode(errors="replace") if isinstance(value, bytes) else str(value)]
