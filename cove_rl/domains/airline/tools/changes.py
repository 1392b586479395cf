"""Write tools for reservations that exist: other flights or cabin, more bags, other passengers."""

# ruff: noqa: D417  (an agent reads the docstring of a tool, and the state is none of its arguments)

from collections.abc import Container, Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from cove_rl.domains.airline.quirks import check_bags, check_flights, check_open, gives_back
from cove_rl.domains.airline.records import Cabin, Reservation, Segment
from cove_rl.domains.airline.rules import BAG_FEE
from cove_rl.domains.airline.tools.arguments import FlightChoice, Traveller, check_size, chosen, people
from cove_rl.domains.airline.tools.find import find_reservation, find_user
from cove_rl.domains.airline.tools.money import settle
from cove_rl.domains.airline.tools.seats import priced, take_seats
from cove_rl.errors import ToolError
from cove_rl.world.state import State
from cove_rl.world.tool import tool


@tool("write")
def update_reservation_flights(
    state: State, reservation_id: str, cabin: Cabin, flights: list[FlightChoice], payment_id: str
) -> Reservation:
    """Change the flights of a reservation, its cabin, or both; the price difference is charged or refunded.

    A flight that stays, in the same cabin, keeps its price; every other one costs its price of today. Explain it to the
    customer and get their explicit consent (yes) before you call it.

    Args:
        reservation_id: The reservation id, six letters and digits, for example 'AB12CD'.
        cabin: The cabin of all flights from now on; repeat the present one if it stays.
        flights: Every flight of the whole trip from now on in the order of travel, those that stay included.
        payment_id: The credit card or gift card on the profile that pays or receives the difference, for example
            'credit_card_1234567'.
    """
    reservation = find_reservation(state, reservation_id)
    wanted = chosen(flights)
    check_open(state, reservation)
    check_flights(state, wanted)
    old = {(one.flight_number, one.date): one for one in reservation.flights}
    stay = {flight: old[flight] for flight in wanted if flight in old and cabin == reservation.cabin}
    seats = len(reservation.passengers)
    segments = tuple(stay.get(flight) or priced(state, *flight, cabin, seats) for flight in wanted)
    more = sum(one.price for one in segments) - sum(one.price for one in reservation.flights)
    paid = settle(state, find_user(state, reservation.user_id), payment_id, more * seats)
    if gives_back(state):
        take_seats(state, _without(reservation.flights, stay), reservation.cabin, -seats)
        take_seats(state, _without(segments, stay), cabin, seats)
    history = (*reservation.payment_history, *paid)
    return _update(state, reservation, flights=segments, cabin=cabin, payment_history=history)


@tool("write")
def update_reservation_baggages(
    state: State, reservation_id: str, total_baggages: int, nonfree_baggages: int, payment_id: str
) -> Reservation:
    """Change how many bags a reservation has; 50 dollars are charged for each further bag that is not free.

    Explain it to the customer and get their explicit consent (yes) before you call it.

    Args:
        reservation_id: The reservation id, six letters and digits, for example 'AB12CD'.
        total_baggages: All checked bags of all passengers from now on, those there were included.
        nonfree_baggages: How many of these bags are not free.
        payment_id: The credit card or gift card on the profile that pays, for example 'credit_card_1234567'.
    """
    reservation = find_reservation(state, reservation_id)
    check_open(state, reservation)
    check_size(total_baggages=total_baggages, nonfree_baggages=nonfree_baggages)
    check_bags(state, total_baggages, nonfree_baggages)
    fee = BAG_FEE * max(0, nonfree_baggages - reservation.nonfree_baggages)
    paid = settle(state, find_user(state, reservation.user_id), payment_id, fee)
    return _update(
        state,
        reservation,
        total_baggages=total_baggages,
        nonfree_baggages=nonfree_baggages,
        payment_history=(*reservation.payment_history, *paid),
    )


@tool("write")
def update_reservation_passengers(state: State, reservation_id: str, passengers: list[Traveller]) -> Reservation:
    """Change who flies on a reservation, or how their names and dates of birth are written; their number stays.

    Explain it to the customer and get their explicit consent (yes) before you call it.

    Args:
        reservation_id: The reservation id, six letters and digits, for example 'AB12CD'.
        passengers: Everybody who flies from now on, those who stay included.
    """
    reservation = find_reservation(state, reservation_id)
    check_open(state, reservation)
    if len(passengers) != len(reservation.passengers):
        raise ToolError(
            f"Reservation {reservation_id} is for {len(reservation.passengers)} passengers, but {len(passengers)} are "
            "named. Their number cannot change."
        )
    return _update(state, reservation, passengers=people(passengers))


def _without(segments: Iterable[Segment], flights: Container[tuple[str, str]]) -> Iterator[Segment]:
    """Yield the segments that are none of the flights (number and date)."""
    return (one for one in segments if (one.flight_number, one.date) not in flights)


def _update(state: State, reservation: Reservation, **fields: Any) -> Reservation:
    """Put the reservation into the state with other values in some of its fields, and return it."""
    changed = replace(reservation, **fields)
    state.put(reservation.reservation_id, changed)
    return changed
