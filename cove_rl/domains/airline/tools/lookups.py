"""Read tools: who the customer is, what they booked, which airports there are, how a flight is doing."""

# ruff: noqa: ARG001, D417  (an agent reads the docstring of a tool, and the state is none of its arguments)

from cove_rl.domains.airline.airports import Airport, airports
from cove_rl.domains.airline.records import Reservation, User
from cove_rl.domains.airline.tools.find import find_flight_date, find_reservation, find_user, status_text
from cove_rl.world.state import State
from cove_rl.world.tool import tool


@tool("read")
def get_user_details(state: State, user_id: str) -> User:
    """Show a customer's profile: name, address, membership, payment methods, saved passengers, reservation ids.

    Args:
        user_id: The user id, for example 'kim_sample_1234'.
    """
    return find_user(state, user_id)


@tool("read")
def get_reservation_details(state: State, reservation_id: str) -> Reservation:
    """Show a reservation: its flights, passengers, cabin, bags, insurance, payments and status.

    Args:
        reservation_id: The reservation id, six letters and digits, for example 'AB12CD'.
    """
    return find_reservation(state, reservation_id)


@tool("read")
def list_all_airports(state: State) -> tuple[Airport, ...]:
    """List every airport the airline serves, with its three-letter code and its city."""
    return airports()


@tool("read")
def get_flight_status(state: State, flight_number: str, date: str) -> str:
    """Tell how a flight is doing on one date: available, on time, delayed, flying, landed or cancelled.

    Args:
        flight_number: The flight number, for example 'KIR001'.
        date: The day it leaves, YYYY-MM-DD, for example '2024-05-20'.
    """
    return status_text(find_flight_date(state, flight_number, date))
