"""Read tools: flights between two airports on one date that can be booked, direct or with one stop."""

# ruff: noqa: D417  (an agent reads the docstring of a tool, and the state is none of its arguments)

from collections.abc import Iterator, Mapping

from cove_rl.domains.airline.quirks import connection
from cove_rl.domains.airline.records import Available, Flight, Seats
from cove_rl.world.record import Record
from cove_rl.world.state import State
from cove_rl.world.tool import tool
from cove_rl.world.world import World


class Offer(Record, frozen=True):
    """A flight that can be booked; `date` is None where the caller named it."""

    flight_number: str
    origin: str
    destination: str
    status: str
    scheduled_departure_time_est: str
    scheduled_arrival_time_est: str
    date: str | None
    available_seats: Seats
    prices: Seats


@tool("read")
def search_direct_flight(state: State, origin: str, destination: str, date: str) -> list[Offer]:
    """Search direct flights between two airports on one date, with seats left and prices in every cabin.

    Args:
        origin: Where to start, as a three-letter airport code, for example 'SFO'.
        destination: Where to go, as a three-letter airport code, for example 'JFK'.
        date: The day to leave, YYYY-MM-DD, for example '2024-05-20'.
    """
    numbers = state.world.derived(flights_by_route).get((origin, destination), ())
    return [_offer(flight, found, None) for flight, found in _bookable(state, numbers, date)]


@tool("read")
def search_onestop_flight(state: State, origin: str, destination: str, date: str) -> list[tuple[Offer, Offer]]:
    """Search pairs of flights that connect two airports with one stop; the second leaves after the first has landed.

    Args:
        origin: Where to start, as a three-letter airport code, for example 'SFO'.
        destination: Where to go, as a three-letter airport code, for example 'JFK'.
        date: The day to leave, YYYY-MM-DD, for example '2024-05-20'.
    """
    routes = state.world.derived(flights_by_route)
    pairs = []
    for first, found in _bookable(state, state.world.derived(flights_from).get(origin, ()), date):
        numbers = routes.get((first.destination, destination))
        if not numbers:
            continue
        next_date, earliest = connection(state, date, first.scheduled_arrival_time_est)
        for second, onward in _bookable(state, numbers, next_date):
            if second.scheduled_departure_time_est >= earliest:
                pairs.append((_offer(first, found, date), _offer(second, onward, next_date)))
    return pairs


def flights_by_route(world: World) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return origin and destination -> flight numbers, in the world's order. No tool changes where a flight goes."""
    index: dict[tuple[str, str], tuple[str, ...]] = {}
    for number, flight in world.rows(Flight).items():
        route = (flight.origin, flight.destination)
        index[route] = (*index.get(route, ()), number)
    return index


def flights_from(world: World) -> Mapping[str, tuple[str, ...]]:
    """Return origin -> flight numbers, in the world's order."""
    index: dict[str, tuple[str, ...]] = {}
    for number, flight in world.rows(Flight).items():
        index[flight.origin] = (*index.get(flight.origin, ()), number)
    return index


def _bookable(state: State, numbers: tuple[str, ...], date: str) -> Iterator[tuple[Flight, Available]]:
    """Yield those of the flights that can be booked on a date, as they are in this state."""
    for number in numbers:
        flight = state.get(Flight, number)
        found = flight.dates.get(date) if flight else None
        if flight and isinstance(found, Available):
            yield flight, found


def _offer(flight: Flight, found: Available, date: str | None) -> Offer:
    return Offer(
        flight_number=flight.flight_number,
        origin=flight.origin,
        destination=flight.destination,
        status="available",
        scheduled_departure_time_est=flight.scheduled_departure_time_est,
        scheduled_arrival_time_est=flight.scheduled_arrival_time_est,
        date=date,
        available_seats=found.available_seats,
        prices=found.prices,
    )
