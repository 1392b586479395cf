"""What can be wrong with the flights of an airline database."""

from collections.abc import Iterator
from datetime import timedelta

from cove_rl.domains.airline.airports import airports
from cove_rl.domains.airline.check.times import day, instant, is_time
from cove_rl.domains.airline.clock import NEXT_DAY, NOW_MOMENT, minute_of, moment
from cove_rl.domains.airline.ids import is_our_flight
from cove_rl.domains.airline.records import (
    CABINS,
    Available,
    Cancelled,
    Delayed,
    Flight,
    FlightDate,
    Flying,
    Landed,
    OnTime,
)

_LATEST = timedelta(days=1)
"""How far from its schedule a flight may leave."""


def flight_problems(key: str, flight: Flight) -> Iterator[str]:
    """Yield what is wrong with a flight that stands under `key`."""
    if flight.flight_number != key:
        yield f"flight_number is '{flight.flight_number}'"
    codes = {airport.iata for airport in airports()}
    for name in ("origin", "destination"):
        if getattr(flight, name) not in codes:
            yield f"{name} '{getattr(flight, name)}' is no airport"
    if flight.origin == flight.destination:
        yield f"it goes from '{flight.origin}' to where it starts"
    if not flight.dates:
        yield "it has no dates"
    faults = list(_schedule(flight))
    yield from faults
    for name, found in flight.dates.items():
        if day(name) is None:
            yield f"the date '{name}' is no day YYYY-MM-DD"
        elif not faults:
            yield from (f"on {name} {what}" for what in _on_a_day(flight, name, found))


def _schedule(flight: Flight) -> Iterator[str]:
    leaves, arrives = flight.scheduled_departure_time_est, flight.scheduled_arrival_time_est
    if not is_time(leaves):
        yield f"scheduled_departure_time_est '{leaves}' is no time HH:MM:SS"
    elif not is_time(arrives.removesuffix(NEXT_DAY)):
        yield f"scheduled_arrival_time_est '{arrives}' is no time HH:MM:SS with or without {NEXT_DAY}"
    elif minute_of(arrives) <= minute_of(leaves):
        yield f"it arrives at {arrives}, before it leaves at {leaves}"


def _on_a_day(flight: Flight, name: str, found: FlightDate) -> Iterator[str]:
    """Yield what is wrong with a flight on one day; its schedule and the day's name are sound."""
    if isinstance(found, Available):
        if moment(name, flight.scheduled_departure_time_est) <= NOW_MOMENT:
            yield "it is available, but should have left"
        yield from _offer(found)
    elif not isinstance(found, Cancelled):
        yield from _flown(flight, name, found)


def _offer(found: Available) -> Iterator[str]:
    for cabin in CABINS:
        if found.available_seats.of(cabin) < 0:
            yield f"it has {found.available_seats.of(cabin)} seats in {cabin}"
        if found.prices.of(cabin) <= 0:
            yield f"a seat in {cabin} costs {found.prices.of(cabin)}"


def _flown(flight: Flight, name: str, found: Landed | Flying | Delayed | OnTime) -> Iterator[str]:
    """Yield where the times of a flight cannot be, or disagree with its status at this moment."""
    texts = list(found.__struct_fields__)
    left, arrived = (instant(getattr(found, text)) for text in texts)
    for text, value in zip(texts, (left, arrived), strict=True):
        if value is None:
            yield f"{text} '{getattr(found, text)}' is no moment YYYY-MM-DDTHH:MM:SS"
    if left is None or arrived is None:
        return
    if arrived <= left:
        yield f"it arrives at {arrived.isoformat()}, before it leaves"
    if abs(left - moment(name, flight.scheduled_departure_time_est)) > _LATEST:
        yield f"it leaves at {left.isoformat()}, more than a day off its schedule"
    has_left = isinstance(found, Landed | Flying)
    if has_left != (left <= NOW_MOMENT) and (not isinstance(found, Delayed) or is_our_flight(flight.flight_number)):
        yield f"its status is '{found.__struct_config__.tag}', but it leaves at {left.isoformat()}"
    if has_left and isinstance(found, Landed) != (arrived <= NOW_MOMENT):
        yield f"its status is '{found.__struct_config__.tag}', but it arrives at {arrived.isoformat()}"
