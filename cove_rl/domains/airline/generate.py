"""Generate the tables of an airline world from a seed and a size."""

from collections.abc import Mapping

from msgspec.structs import replace

from cove_rl.domains.airline.bookings import bookings
from cove_rl.domains.airline.customers import enrol
from cove_rl.domains.airline.network import draw_up, most_flights
from cove_rl.domains.airline.records import Flight, Reservation, User
from cove_rl.domains.airline.reservations import book
from cove_rl.domains.customers import most_customers
from cove_rl.domains.generating import MOST_USERS, check_size, stream
from cove_rl.world.world import Tables

DEFAULT_SIZE: Mapping[str, int] = {"flights": 300, "users": 500, "reservations": 2000}
"""Rows of a world of the usual size: the benchmark's."""


def generate(seed: int, size: Mapping[str, int]) -> Tables:
    """Return the rows of a new world.

    Equal arguments give equal rows on any machine and any supported Python: every choice comes from `random.Random`
    seeded with a text, and nothing depends on the order of a set. Each table has its own stream, so worlds of one seed
    have the same flights whatever their number of users.

    Args:
        seed: any whole number.
        size: table name -> number of rows; what is missing has its usual size.

    Raises:
        InputError: if the size names no table, or there can be no such world.
    """
    full = {**DEFAULT_SIZE, **size}
    _check(full)
    flights = draw_up(stream("airline", seed, "flights"), full["flights"])
    users = enrol(stream("airline", seed, "users"), full["users"])
    reservations = book(stream("airline", seed, "reservations"), full["reservations"], flights, users)
    booked: dict[str, list[str]] = {user.user_id: [] for user in users}
    for reservation in reservations.values():
        booked[reservation.user_id].append(reservation.reservation_id)
    customers = {user.user_id: replace(user, reservations=tuple(booked[user.user_id])) for user in users}
    return {Flight: flights, User: customers, Reservation: reservations}


def _check(size: Mapping[str, int]) -> None:
    """Refuse sizes that no world can have."""
    each = bookings().reservations_per_user
    limits = {
        "flights": (most_flights(), "there are no more flight numbers"),
        "users": (min(MOST_USERS, most_customers()), "more would need more names, and a file too large to load"),
        "reservations": (size["users"] * each, f"one user has at most {each}, so ask for more users"),
    }
    check_size(size, "an airline world", limits)
