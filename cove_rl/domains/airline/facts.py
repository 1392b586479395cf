"""Facts about reservations that goals compare, as text a verdict can show."""

from collections.abc import Iterable

from cove_rl.domains.airline.records import Passenger, Payment, Reservation
from cove_rl.world.record import Record


class FlightRef(Record, frozen=True):
    """A flight of one date (YYYY-MM-DD), as bookings and changes name it."""

    flight_number: str
    date: str

    def __str__(self) -> str:
        """Return "KIR123 on 2024-05-20"."""
        return f"{self.flight_number} on {self.date}"


def flown(reservation: Reservation) -> tuple[str, ...]:
    """Return a reservation's flights in their order, as text."""
    return tuple(f"{one.flight_number} on {one.date}" for one in reservation.flights)


def people(passengers: Iterable[Passenger]) -> tuple[str, ...]:
    """Return passengers as text, sorted: who is named first does not matter."""
    return tuple(sorted(f"{one.first_name} {one.last_name} born {one.dob}" for one in passengers))


def settled_with(reservation: Reservation, entries: int) -> tuple[str, ...]:
    """Return the methods that have paid or got money, on balance, since the payment history had so many entries."""
    balance: dict[str, int] = {}
    for one in reservation.payment_history[entries:]:
        balance[one.payment_id] = balance.get(one.payment_id, 0) + one.amount
    return tuple(sorted(payment_id for payment_id, amount in balance.items() if amount))


def amounts(payments: Iterable[Payment]) -> tuple[str, ...]:
    """Return what each method pays in all, sorted by method."""
    totals: dict[str, int] = {}
    for one in payments:
        totals[one.payment_id] = totals.get(one.payment_id, 0) + one.amount
    return tuple(f"{payment_id}: ${amount}" for payment_id, amount in sorted(totals.items()))
