"""Seats: what flights cost, and how many of their seats are left."""

from collections.abc import Iterable

from msgspec.structs import replace

from cove_rl.domains.airline.records import Available, Cabin, Flight, Seats, Segment
from cove_rl.domains.airline.tools.find import find_flight, find_offer
from cove_rl.world.state import State


def priced(state: State, flight_number: str, date: str, cabin: Cabin, seats: int) -> Segment:
    """Return a flight as a part of a reservation, at its price of today.

    Raises:
        ToolError: if there is no such flight, it cannot be booked, or has fewer seats left in the cabin.
    """
    offer = find_offer(state, flight_number, date, cabin, seats)
    flight = find_flight(state, flight_number)
    return Segment(flight_number, flight.origin, flight.destination, date, offer.prices.of(cabin))


def take_seats(state: State, segments: Iterable[Segment], cabin: Cabin, count: int) -> None:
    """Take seats off flights, or give them back if `count` is below 0; a flight not for sale has none to count."""
    for segment in segments:
        flight = state.get(Flight, segment.flight_number)
        found = flight.dates.get(segment.date) if flight else None
        if flight and isinstance(found, Available):
            left = _with(found.available_seats, cabin, found.available_seats.of(cabin) - count)
            dates = {**flight.dates, segment.date: replace(found, available_seats=left)}
            state.put(flight.flight_number, replace(flight, dates=dates))


def _with(seats: Seats, cabin: Cabin, number: int) -> Seats:
    """Return the numbers with another one for a cabin."""
    changes = {cabin: number}
    return replace(seats, **changes)
