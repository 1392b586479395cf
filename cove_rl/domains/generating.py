"""What generating a world has in common in all domains: random streams, and which sizes there can be."""

from collections.abc import Mapping
from random import Random

from cove_rl.domains.data import short
from cove_rl.errors import InputError

MOST_USERS = 5_000
"""Beyond this, with every user active, a world file gets too large to be read in one piece."""


def stream(domain: str, seed: int, table: str) -> Random:
    """Return the source of randomness of one table: it depends on nothing but these three."""
    return Random(f"{domain} {table} {seed}")  # noqa: S311  (reproducible on purpose)


def check_size(size: Mapping[str, int], world: str, limits: Mapping[str, tuple[int, str]]) -> None:
    """Refuse sizes that no world can have.

    Args:
        size: table name -> number of rows.
        world: what messages call such a world: "a retail world".
        limits: the name of each of its tables -> the most rows it can have, and why.

    Raises:
        InputError: if there is no such table, or for the first with too few or too many rows.
    """
    unknown = sorted(size.keys() - limits.keys())
    if unknown:
        raise InputError(f"{world} has no table '{short(unknown[0])}'; its tables are {', '.join(limits)}")
    for table, (most, why) in limits.items():
        if not 1 <= size[table] <= most:
            reason = why if size[table] > most else "an empty world has nothing to ask about"
            raise InputError(f"{world} cannot have {size[table]} {table}: give 1 to {most}; {reason}")
