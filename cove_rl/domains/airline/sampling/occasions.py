"""Who may ask for what: for each kind of request, the reservations and the customers that give occasion to it."""

# ruff: noqa: ARG001  (every test takes the same arguments)

from collections.abc import Callable, Mapping

from cove_rl.domains.airline.records import Flight, Reservation, User
from cove_rl.domains.airline.rules import (
    REASONS,
    charged_bags,
    compensation,
    may_cancel,
    may_change_cabin,
    may_change_flights,
    started,
)
from cove_rl.domains.airline.tools.find import status_text
from cove_rl.world.world import World

Statuses = tuple[str, ...]
Test = Callable[[User, Reservation, Statuses], bool]


def statuses(world: World) -> Mapping[str, Statuses]:
    """Return reservation id -> the statuses of its flights, in order; for `World.derived`."""
    flights = world.rows(Flight)
    return {
        key: tuple(status_text(flights[one.flight_number].dates[one.date]) for one in reservation.flights)
        for key, reservation in world.rows(Reservation).items()
    }


def customers(world: World) -> Mapping[str, tuple[User, ...]]:
    """Return kind of request -> the customers with an occasion for it; for `World.derived`."""
    known, reservations = world.derived(statuses), world.rows(Reservation)
    users = [user for user in world.rows(User).values() if user.payment_methods]
    found: dict[str, tuple[User, ...]] = {
        kind: tuple(
            user for user in users if any(test(user, reservations[key], known[key]) for key in user.reservations)
        )
        for kind, test in OCCASIONS.items()
    }
    return {**found, **dict.fromkeys(ANYBODY, tuple(users))}


def _ahead(reservation: Reservation, known: Statuses) -> bool:
    """Whether a reservation stands and none of its flights has left."""
    return reservation.status is None and not started(known)


def _cancel(user: User, one: Reservation, known: Statuses) -> bool:
    return any(may_cancel(one, known, reason) for reason in REASONS)


def _refuse_cancel(user: User, one: Reservation, known: Statuses) -> bool:
    return _ahead(one, known) and not all(may_cancel(one, known, reason) for reason in REASONS)


def _change_flights(user: User, one: Reservation, known: Statuses) -> bool:
    return may_change_flights(one, known)


def _change_cabin(user: User, one: Reservation, known: Statuses) -> bool:
    return may_change_cabin(one, known) and set(known) == {"available"}


def _any_ahead(user: User, one: Reservation, known: Statuses) -> bool:
    return _ahead(one, known)


def _add_bags(user: User, one: Reservation, known: Statuses) -> bool:
    """The bags so far must be charged as the policy says, or the charge for more of them is open to doubt."""
    fair = charged_bags(one.total_baggages, user.membership, one.cabin, len(one.passengers))
    return _ahead(one, known) and one.nonfree_baggages == fair


def _claim_compensation(user: User, one: Reservation, known: Statuses) -> bool:
    due = compensation(user, one, "cancelled", changed=False)
    return one.status is None and "cancelled" in known and "delayed" not in known and due > 0


def _claim_delay(user: User, one: Reservation, known: Statuses) -> bool:
    due = compensation(user, one, "delayed", changed=True)
    return may_change_flights(one, known) and "delayed" in known and "cancelled" not in known and due > 0


def _cancel_or_change(user: User, one: Reservation, known: Statuses) -> bool:
    return _ahead(one, known) and (one.cabin != "basic_economy" or _cancel(user, one, known))


def _refuse_flight_change(user: User, one: Reservation, known: Statuses) -> bool:
    return _ahead(one, known) and one.cabin == "basic_economy"


def _under_way(user: User, one: Reservation, known: Statuses) -> bool:
    return one.status is None and started(known)


def _refuse_remove_bags(user: User, one: Reservation, known: Statuses) -> bool:
    return _ahead(one, known) and one.total_baggages > 0


def _refuse_insurance(user: User, one: Reservation, known: Statuses) -> bool:
    return _ahead(one, known) and one.insurance == "no"


def _refuse_compensation(user: User, one: Reservation, known: Statuses) -> bool:
    """Nothing is due for a cancelled flight, or none was cancelled; a delay counts only after a change."""
    return one.status is None and not ("cancelled" in known and compensation(user, one, "cancelled", changed=False))


OCCASIONS: Mapping[str, Test] = {
    "cancel_reservation": _cancel,
    "change_flights": _change_flights,
    "change_cabin": _change_cabin,
    "change_passenger": _any_ahead,
    "add_bags": _add_bags,
    "claim_compensation": _claim_compensation,
    "claim_delay": _claim_delay,
    "cancel_or_change": _cancel_or_change,
    "refuse_cancel": _refuse_cancel,
    "refuse_flight_change": _refuse_flight_change,
    "refuse_started": _under_way,
    "refuse_remove_bags": _refuse_remove_bags,
    "refuse_insurance": _refuse_insurance,
    "refuse_passenger_count": _any_ahead,
    "refuse_route": _any_ahead,
    "refuse_compensation": _refuse_compensation,
    "hand_over": _under_way,
}
"""Kind of request -> whether a reservation gives occasion to it."""
ANYBODY = ("book_trip", "refuse_stranger")
"""Kinds of requests that need no reservation of the customer's."""
BESIDE = ("change_flights", "change_cabin", "add_bags", "claim_compensation", "claim_delay")
"""Kinds of requests on a reservation whose passengers another request may change."""
