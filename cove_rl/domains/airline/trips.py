"""Plan trips: the ways between two airports that a timetable has, and the days on which somebody takes them."""

from collections.abc import Iterable, Mapping
from random import Random
from typing import NamedTuple

from cove_rl.domains.airline.airports import route_minutes
from cove_rl.domains.airline.bookings import bookings
from cove_rl.domains.airline.clock import DAYS, TODAY_INDEX, minute_of, overnight
from cove_rl.domains.airline.records import Flight
from cove_rl.domains.weights import choose

Way = tuple[Flight, ...]
"""One flight, or two that connect."""


class Leg(NamedTuple):
    """A flight on a date (YYYY-MM-DD)."""

    flight: Flight
    day: str


class Trip(NamedTuple):
    """The flights of a trip, there and, of a round trip, back.

    Attributes:
        legs: all of them, in the order in which they leave.
        round_trip: whether the last ones lead back.
        destination: the airport the first ones lead to.
    """

    legs: tuple[Leg, ...]
    round_trip: bool
    destination: str


class Ways:
    """Every sensible way between two airports of one timetable, with or without a stop."""

    def __init__(self, flights: Iterable[Flight]) -> None:
        self._from: dict[tuple[str, int], list[Way]] = {}
        self._between: dict[tuple[str, str, int], list[Way]] = {}
        leaving: dict[str, list[Flight]] = {}
        for flight in flights:
            leaving.setdefault(flight.origin, []).append(flight)
            self._add((flight,))
        self.origins = list(leaving)
        for starts in leaving.values():
            for first in starts:
                for second in leaving.get(first.destination, ()):
                    if _connect(first, second):
                        self._add((first, second))

    def start(self, rng: Random, origin: str) -> Way:
        """Return a way from an airport that flights leave from."""
        direct, one_stop = (self._from.get((origin, stops), []) for stops in (0, 1))
        return _pick(rng, direct, one_stop)

    def back(self, rng: Random, way: Way) -> Way | None:
        """Return a way from where another one ends to where it starts, or None if there is none."""
        ends = way[-1].destination, way[0].origin
        direct, one_stop = (self._between.get((*ends, stops), []) for stops in (0, 1))
        return _pick(rng, direct, one_stop) if direct or one_stop else None

    def _add(self, way: Way) -> None:
        stops = len(way) - 1
        self._from.setdefault((way[0].origin, stops), []).append(way)
        self._between.setdefault((way[0].origin, way[-1].destination, stops), []).append(way)


def plan(rng: Random, ways: Ways, home: str) -> Trip:
    """Return a trip that starts at `home` or, now and then, elsewhere.

    Args:
        rng: where every choice comes from.
        ways: what there is to choose from.
        home: an airport that flights leave from.
    """
    origin = home if rng.random() < bookings().home_share else rng.choice(ways.origins)
    there = ways.start(rng, origin)
    back = ways.back(rng, there) if rng.random() < bookings().round_trip_share else None
    nights = 0 if back is None else choose(rng, bookings().nights)
    start = _first_day(rng, len(DAYS) - 1 - nights - sum(map(overnight, (*there, *(back or ())))))
    legs = _legs(there, start)
    if back is not None:
        arrival = DAYS.index(legs[-1].day) + overnight(there[-1])
        legs += _legs(back, arrival + nights)
    return Trip(legs, back is not None, there[-1].destination)


def _first_day(rng: Random, last: int) -> int:
    """Return the index in `DAYS` of the day a trip starts on, not after `last`, which is after today."""
    periods: Mapping[str, range] = {
        "before": range(TODAY_INDEX),
        "today": range(TODAY_INDEX, TODAY_INDEX + 1),
        "ahead": range(TODAY_INDEX + 1, last + 1),
    }
    return rng.choice(periods[choose(rng, bookings().starts)])


def _legs(way: Way, start: int) -> tuple[Leg, ...]:
    """Return the flights of a way with their days, the first leaving on the day of that index."""
    second = start + overnight(way[0])
    return tuple(Leg(flight, DAYS[index]) for flight, index in zip(way, (start, second), strict=False))


def _pick(rng: Random, direct: list[Way], one_stop: list[Way]) -> Way:
    """Return a way with or without a stop, as often as either happens, if there is a choice."""
    stop = bool(one_stop) and (not direct or rng.random() < bookings().one_stop_share)
    return rng.choice(one_stop if stop else direct)


def _connect(first: Flight, second: Flight) -> bool:
    """Return whether two flights make a sensible way: on elsewhere, with time to change, and without a great detour."""
    if second.destination == first.origin:
        return False
    arrival = minute_of(first.scheduled_arrival_time_est) % (24 * 60)
    wait = minute_of(second.scheduled_departure_time_est) - arrival
    if not bookings().connection.least <= wait <= bookings().connection.most:
        return False
    minutes = route_minutes()
    direct = minutes.get((first.origin, second.destination))
    taken = minutes[first.origin, first.destination] + minutes[second.origin, second.destination]
    return direct is None or taken <= bookings().detour * direct
