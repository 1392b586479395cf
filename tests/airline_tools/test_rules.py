"""The rules as the policy states them: what is free, what is charged, what is allowed."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cove_rl.domains.airline import DOMAIN
from cove_rl.domains.airline.records import CABINS, Cabin, Membership, Reservation
from cove_rl.domains.airline.rules import (
    COVERED,
    MOST_PASSENGERS,
    REASONS,
    Incident,
    Reason,
    booked_within_a_day,
    charged_bags,
    compensation,
    fare,
    free_bags,
    may_cancel,
    may_change_cabin,
    may_change_flights,
    started,
)

from .office import ANN, RESERVATIONS, USERS

SINGLE = RESERVATIONS[0]
MEMBERSHIPS: tuple[Membership, ...] = get_args(Membership)
STATUSES = ["available", "on time", "delayed", "flying", "landed", "cancelled"]


def _single(**fields: Any) -> Reservation:
    return replace(SINGLE, **fields)


@pytest.mark.parametrize(("membership", "free"), [("regular", [0, 1, 2]), ("silver", [1, 2, 3]), ("gold", [2, 3, 4])])
def test_free_bags_are_those_of_the_policy(membership: Membership, free: list[int]) -> None:
    assert [free_bags(membership, cabin) for cabin in CABINS] == free
    assert f"| {membership} | {' | '.join(map(str, free))} |" in DOMAIN.policy


@given(st.integers(0, 30), st.sampled_from(MEMBERSHIPS), st.sampled_from(CABINS), st.integers(1, MOST_PASSENGERS))
def test_only_bags_above_the_allowance_are_charged(
    total: int, membership: Membership, cabin: Cabin, passengers: int
) -> None:
    charged = charged_bags(total, membership, cabin, passengers)
    assert 0 <= charged <= total
    assert charged == 0 or total - charged == passengers * free_bags(membership, cabin)


@pytest.mark.parametrize(
    ("prices", "passengers", "insurance", "charged", "price"),
    [([100], 1, "no", 0, 100), ([100, 50], 2, "no", 0, 300), ([100], 3, "yes", 0, 390), ([], 1, "no", 2, 100)],
)
def test_fares(prices: list[int], passengers: int, insurance: Any, charged: int, price: int) -> None:
    assert fare(prices, passengers, insurance, charged) == price


@pytest.mark.parametrize("status", STATUSES)
def test_a_trip_has_started_once_a_flight_has_left(status: str) -> None:
    assert started(["available", status]) == (status in ("flying", "landed"))
    assert not started([])


@pytest.mark.parametrize(
    ("created_at", "recent"),
    [
        ("2024-05-15T14:59:59", True),
        ("2024-05-14T15:00:00", True),
        ("2024-05-14T14:59:59", False),
        ("2024-05-03T23:00:00", False),
    ],
)
def test_a_day_is_24_hours(created_at: str, recent: bool) -> None:
    assert booked_within_a_day(_single(created_at=created_at)) is recent


@pytest.mark.parametrize(
    ("fields", "statuses", "reason", "allowed"),
    [
        ({}, ["available"], "change of plan", False),
        ({}, ["available"], "health", False),
        ({}, ["delayed"], "weather", False),
        ({"created_at": "2024-05-15T09:00:00"}, ["available"], "other", True),
        ({"cabin": "business"}, ["available", "on time"], "change of plan", True),
        ({}, ["cancelled", "available"], "airline cancelled flight", True),
        ({}, ["available"], "airline cancelled flight", False),
        ({"insurance": "yes"}, ["available"], "health", True),
        ({"insurance": "yes"}, ["available"], "weather", True),
        ({"insurance": "yes"}, ["available"], "change of plan", False),
        ({"cabin": "business", "status": "cancelled"}, ["available"], "other", False),
        ({"cabin": "business"}, ["landed", "available"], "health", False),
        ({"insurance": "yes"}, ["flying"], "health", False),
        ({}, ["landed", "cancelled"], "airline cancelled flight", False),
    ],
)
def test_when_a_reservation_may_be_cancelled(
    fields: dict[str, Any], statuses: list[str], reason: Reason, allowed: bool
) -> None:
    assert may_cancel(_single(**fields), iter(statuses), reason) is allowed


@given(st.lists(st.sampled_from(STATUSES)), st.sampled_from(CABINS), st.sampled_from(["cancelled", None]))
def test_flights_may_change_where_the_cabin_may_unless_it_is_the_cheapest(
    statuses: list[str], cabin: Cabin, status: Any
) -> None:
    one = _single(cabin=cabin, status=status)
    assert may_change_cabin(one, statuses) is (status is None and not started(statuses))
    assert may_change_flights(one, statuses) is (may_change_cabin(one, statuses) and cabin != "basic_economy")


@pytest.mark.parametrize("reason", REASONS)
def test_insurance_covers_health_and_weather(reason: Reason) -> None:
    assert (reason in COVERED) == (reason in ("health", "weather"))


@pytest.mark.parametrize(
    ("membership", "fields", "entitled"),
    [
        ("regular", {}, False),
        ("regular", {"cabin": "basic_economy"}, False),
        ("regular", {"cabin": "business"}, True),
        ("regular", {"insurance": "yes"}, True),
        ("silver", {}, True),
        ("gold", {"cabin": "basic_economy"}, True),
    ],
)
@pytest.mark.parametrize(
    ("incident", "changed", "each"),
    [("cancelled", False, 100), ("cancelled", True, 100), ("delayed", True, 50), ("delayed", False, 0)],
)
def test_compensation_is_for_each_passenger_of_an_entitled_customer(
    membership: Membership, fields: dict[str, Any], entitled: bool, incident: Incident, changed: bool, each: int
) -> None:
    user = replace(USERS[0], membership=membership)
    for count in (1, 3):
        one = _single(passengers=(ANN,) * count, **fields)
        assert compensation(user, one, incident, changed) == (each * count if entitled else 0)
