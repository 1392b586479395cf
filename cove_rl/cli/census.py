"""What the columns of a table hold, whatever the domain: counts of the fixed values, samples of the numbers."""

from collections import Counter
from collections.abc import Collection, Sized

import msgspec
from msgspec import inspect

from cove_rl.world.record import Record


class Census(msgspec.Struct, frozen=True):
    """The columns of one table that can be summarised.

    Attributes:
        rows: how many records there are.
        counts: field -> value -> records, for a field with a fixed set of values (a status, a yes or no).
        samples: field -> its numbers; ``len(field)`` -> how many entries it has, for a field that holds several.
    """

    rows: int
    counts: dict[str, dict[str, int]]
    samples: dict[str, list[float]]


def census(kind: type[Record], records: Collection[Record]) -> Census:
    """Summarise a table; a field that is null in every record is left out, and so is free text."""
    found = Census(len(records), {}, {})
    info = inspect.type_info(kind)
    for field in info.fields if isinstance(info, inspect.StructType) else ():
        values = [value for record in records if (value := getattr(record, field.name)) is not None]
        if not values:
            continue
        if _fixed(field.type):
            found.counts[field.name] = dict(Counter(str(value) for value in values).most_common())
        elif all(isinstance(value, int | float) for value in values):
            found.samples[field.name] = values
        elif not any(isinstance(value, str) for value in values) and all(isinstance(value, Sized) for value in values):
            found.samples[f"len({field.name})"] = [len(value) for value in values]
    return found


def _fixed(kind: inspect.Type) -> bool:
    """Say whether a field, null aside, takes its values from a short list."""
    if isinstance(kind, inspect.UnionType):
        return all(isinstance(part, inspect.NoneType) or _fixed(part) for part in kind.types)
    return isinstance(kind, inspect.BoolType | inspect.LiteralType | inspect.EnumType)
