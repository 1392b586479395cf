"""Find the records a call names, or tell the agent what to look at instead."""

from cove_rl.domains.airline.records import Available, Cabin, Flight, FlightDate, PaymentMethod, Reservation, User
from cove_rl.errors import ToolError, quote
from cove_rl.world.state import State


def find_user(state: State, user_id: str) -> User:
    """Return a user.

    Raises:
        ToolError: if there is none of that id.
    """
    user = state.get(User, user_id)
    if user is None:
        raise ToolError(f"There is no user {quote(user_id)}. Ask the customer for their user id.")
    return user


def find_reservation(state: State, reservation_id: str) -> Reservation:
    """Return a reservation.

    Raises:
        ToolError: if there is none of that id.
    """
    reservation = state.get(Reservation, reservation_id)
    if reservation is None:
        raise ToolError(f"There is no reservation {quote(reservation_id)}. The user's details list theirs.")
    return reservation


def find_flight(state: State, flight_number: str) -> Flight:
    """Return a flight with all its dates.

    Raises:
        ToolError: if there is none of that number.
    """
    flight = state.get(Flight, flight_number)
    if flight is None:
        raise ToolError(f"There is no flight {quote(flight_number)}. Search for flights between two airports.")
    return flight


def find_flight_date(state: State, flight_number: str, date: str) -> FlightDate:
    """Return a flight as it is on one date.

    Raises:
        ToolError: if there is no such flight, or it does not go on that date.
    """
    found = find_flight(state, flight_number).dates.get(date)
    if found is None:
        raise ToolError(f"Flight {flight_number} does not go on {quote(date)}; dates are written YYYY-MM-DD.")
    return found


def status_text(date: FlightDate) -> str:
    """Return the status of a flight on one date, as agents read it."""
    return str(date.__struct_config__.tag)


def find_offer(state: State, flight_number: str, date: str, cabin: Cabin, seats: int) -> Available:
    """Return a flight on a date on which it can be booked.

    Args:
        state: the state to look in.
        flight_number: the flight.
        date: the day it leaves, YYYY-MM-DD.
        cabin: where the seats must be.
        seats: how many seats must be left.

    Raises:
        ToolError: if there is no such flight, it cannot be booked, or has too few seats.
    """
    found = find_flight_date(state, flight_number, date)
    if not isinstance(found, Available):
        raise ToolError(
            f"Flight {flight_number} on {date} is {status_text(found)}; only an available flight can be booked."
        )
    left = found.available_seats.of(cabin)
    if left < seats:
        raise ToolError(f"Flight {flight_number} on {date} has {left} seats left in {cabin}, not {seats}.")
    return found


def find_payment_method(user: User, payment_id: str) -> PaymentMethod:
    """Return a payment method from a user's profile.

    Raises:
        ToolError: if it is not there.
    """
    method = user.payment_methods.get(payment_id)
    if method is None:
        known = ", ".join(user.payment_methods) or "none"
        raise ToolError(f"Payment method {quote(payment_id)} is not on the customer's profile, which has: {known}.")
    return method
