"""When flights leave, how late they are and what they cost: the numbers of ``sandbox/airline/schedule.yaml``."""

from functools import cache
from itertools import pairwise
from random import Random
from typing import Annotated

from msgspec import Meta

from cove_rl.domains.airline.records import CABINS, Cabin
from cove_rl.domains.data import Entry, fault, parse
from cove_rl.domains.weights import Share, Span, Weight, refuse_weightless
from cove_rl.sandbox import read_text

FILE = "airline/schedule.yaml"
MOST_SEATS = 500
"""Seats a cabin has at most."""

Hour = Annotated[int, Meta(ge=0, le=23)]
Minute = Annotated[int, Meta(ge=0, le=59)]


class Price(Entry, frozen=True):
    """What a seat costs in whole US dollars: a range, and what every hour of flight adds."""

    least: Annotated[int, Meta(ge=1, le=10_000)]
    most: Annotated[int, Meta(ge=1, le=10_000)]
    per_hour: Annotated[int, Meta(ge=0, le=1_000)]

    def draw(self, rng: Random, minutes: int) -> int:
        """Return the price of a seat on a flight of that many minutes."""
        return rng.randint(self.least, self.most) + self.per_hour * minutes // 60


class Cancellations(Entry, frozen=True):
    """The share of cancelled flights among those of days gone by, of today and of days to come."""

    before: Share
    today: Share
    ahead: Share


class Schedule(Entry, frozen=True):
    """Everything in the file; its comments say what each number means."""

    flights_per_route: Annotated[float, Meta(ge=1, le=20)]
    departure_hours: dict[Hour, Weight]
    departure_minutes: dict[Minute, Weight]
    cancelled_share: Cancellations
    delayed_share: Share
    delay: Span
    departure_drift: Span
    flight_drift: Span
    seats: Span
    prices: dict[Cabin, Price]


@cache
def schedule() -> Schedule:
    """Return the checked numbers of ``sandbox/airline/schedule.yaml``, read once per process."""
    return read_schedule(read_text(FILE))


def read_schedule(text: str) -> Schedule:
    """Return the numbers in a YAML text.

    Raises:
        InputError: if one is missing or out of range, nothing is left to choose from, or a better cabin could
            cost less.
    """
    found = parse(text, Schedule, FILE)
    weights = {"departure_hours": found.departure_hours, "departure_minutes": found.departure_minutes}
    refuse_weightless(FILE, {key: list(values.values()) for key, values in weights.items()})
    ranges = {
        "delay": (found.delay, 1, 600),
        "departure_drift": (found.departure_drift, -60, 60),
        "flight_drift": (found.flight_drift, -20, 60),
        "seats": (found.seats, 0, MOST_SEATS),
    }
    for key, (span, least, most) in ranges.items():
        if span.least < least or span.most > most:
            raise fault(FILE, f"{key} goes from {span.least} to {span.most}", f"keep it within {least} and {most}")
    if found.delay.least <= found.departure_drift.most:
        raise fault(FILE, "delay starts within departure_drift", "a delay must be longer than what is still on time")
    _check_prices(found)
    return found


def _check_prices(found: Schedule) -> None:
    """Refuse prices that leave a cabin out or let a better one cost less."""
    for cabin in CABINS:
        if cabin not in found.prices:
            raise fault(FILE, f"prices has no '{cabin}'", "give every cabin a price")
        if found.prices[cabin].least > found.prices[cabin].most:
            raise fault(FILE, f"the price of {cabin} ends before it starts", "swap least and most")
    for cheaper, better in pairwise(CABINS):
        one, other = found.prices[cheaper], found.prices[better]
        if one.most >= other.least or one.per_hour > other.per_hour:
            raise fault(FILE, f"{better} can cost less than {cheaper}", f"raise the prices of {better}")
