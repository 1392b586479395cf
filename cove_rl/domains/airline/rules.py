"""What the policy allows and charges, as functions of records and flight statuses. Tools do not enforce it."""

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from cove_rl.domains.airline.records import CABINS, Cabin, Membership, Reservation, User, YesNo

NOW = "2024-05-15T15:00:00"
"""The moment every conversation takes place, ISO, Eastern."""
TODAY = NOW[:10]
A_DAY_AGO = "2024-05-14T15:00:00"

BAG_FEE = 50
"""US dollars for each checked bag that is not free."""
INSURANCE_FEE = 30
"""US dollars per passenger."""
MOST_PASSENGERS = 5

Reason = Literal["change of plan", "airline cancelled flight", "health", "weather", "other"]
"""Why a customer cancels."""
Incident = Literal["cancelled", "delayed"]
"""What went wrong with a flight the customer claims compensation for."""
REASONS: tuple[Reason, ...] = get_args(Reason)
COVERED: tuple[Reason, ...] = ("health", "weather")
"""The reasons travel insurance covers."""

FREE_BAGS: Mapping[Membership, Mapping[Cabin, int]] = {
    membership: dict(zip(CABINS, range(least, least + len(CABINS)), strict=True))
    for least, membership in enumerate(get_args(Membership))
}
"""Membership -> cabin -> free checked bags per passenger."""
COMPENSATION: Mapping[Incident, int] = {"cancelled": 100, "delayed": 50}
"""US dollars per passenger."""


def free_bags(membership: Membership, cabin: Cabin) -> int:
    """Return how many checked bags each passenger has free."""
    return FREE_BAGS[membership][cabin]


def charged_bags(total: int, membership: Membership, cabin: Cabin, passengers: int) -> int:
    """Return how many of a reservation's checked bags cost the fee."""
    return max(0, total - passengers * free_bags(membership, cabin))


def fare(prices: Iterable[int], passengers: int, insurance: YesNo, charged: int) -> int:
    """Return what a booking costs in US dollars: seats at `prices` for everybody, insurance, `charged` bags."""
    seat = sum(prices) + (INSURANCE_FEE if insurance == "yes" else 0)
    return seat * passengers + BAG_FEE * charged


def started(statuses: Iterable[str]) -> bool:
    """Return whether a flight has left, given the statuses of a reservation's flights as the tool words them."""
    return any(status in ("landed", "flying") for status in statuses)


def booked_within_a_day(reservation: Reservation) -> bool:
    """Return whether a reservation was made in the last 24 hours."""
    return A_DAY_AGO <= reservation.created_at <= NOW


def may_cancel(reservation: Reservation, statuses: Iterable[str], reason: Reason) -> bool:
    """Return whether the agent may cancel a reservation for a customer who gives that reason."""
    known = tuple(statuses)
    if not _open(reservation, known):
        return False
    insured = reservation.insurance == "yes" and reason in COVERED
    return booked_within_a_day(reservation) or "cancelled" in known or reservation.cabin == "business" or insured


def may_change_flights(reservation: Reservation, statuses: Iterable[str]) -> bool:
    """Return whether flights may be swapped for others; where the trip starts and ends stays as it is."""
    return reservation.cabin != "basic_economy" and _open(reservation, statuses)


def may_change_cabin(reservation: Reservation, statuses: Iterable[str]) -> bool:
    """Return whether the whole reservation may move to another cabin."""
    return _open(reservation, statuses)


def compensation(user: User, reservation: Reservation, incident: Incident, changed: bool) -> int:
    """Return what a customer who claims it gets as a certificate, in US dollars; 0 if nothing is due.

    A delay counts only once the reservation has been `changed` or cancelled.
    """
    entitled = user.membership != "regular" or reservation.insurance == "yes" or reservation.cabin == "business"
    if not entitled or (incident == "delayed" and not changed):
        return 0
    return COMPENSATION[incident] * len(reservation.passengers)


def _open(reservation: Reservation, statuses: Iterable[str]) -> bool:
    return reservation.status is None and not started(statuses)
