"""The airports the airline serves; every world has the same."""

from functools import cache

import msgspec

from cove_rl.sandbox import read_yaml
from cove_rl.world.record import Record


class Airport(Record, frozen=True):
    """An airport: its three-letter code, and the city by which customers call it."""

    iata: str
    city: str


@cache
def airports() -> tuple[Airport, ...]:
    """Return all airports in the order in which the airline lists them."""
    return msgspec.convert(read_yaml("airline/airports.yaml"), tuple[Airport, ...])
