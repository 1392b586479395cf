"""Searching finds what can be booked, in the world's order, as it is in this very state."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.domains.airline.records import Available, Flight
from cove_rl.world.world import World

from .office import FLIGHTS, Office, booking, flights, paying, tables

PLACES = ["SFO", "DEN", "JFK", "LGA", "nowhere"]
DATES = ["2024-05-08", "2024-05-14", "2024-05-15", "2024-05-16", "2024-05-17", "2024-05-31", "soon", ""]


def _direct(office: Office, origin: str, destination: str, date: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.json("search_direct_flight", origin=origin, destination=destination, date=date)
    return found


def _onestop(office: Office, date: str) -> list[tuple[str, str, str]]:
    pairs = office.json("search_onestop_flight", origin="SFO", destination="JFK", date=date)
    assert all(first["date"] == date for first, _ in pairs)
    return [(first["flight_number"], second["flight_number"], second["date"][5:]) for first, second in pairs]


def test_a_direct_flight_shows_seats_and_prices_and_no_date(office: Office) -> None:
    text = office.ok("search_direct_flight", origin="SFO", destination="JFK", date="2024-05-17")
    assert text.startswith(
        '[{"flight_number": "KIR004", "origin": "SFO", "destination": "JFK", "status": "available", '
        '"scheduled_departure_time_est": "09:00:00", "scheduled_arrival_time_est": "17:30:00", "date": null, '
        '"available_seats": {"basic_economy": 1, "economy": 2, "business": 3}, '
        '"prices": {"basic_economy": 100, "economy": 110, "business": 300}}, {"flight_number": "KIR005"'
    )


@pytest.mark.parametrize("day", ["14", "15", "18"])
def test_only_what_can_be_booked_is_found(office: Office, day: str) -> None:
    assert _direct(office, "SFO", "DEN", f"2024-05-{day}") == []
    assert _direct(office, "SFO", "JFK", f"2024-05-{day}") == []


def test_a_full_flight_is_found_with_its_zeros(office: Office) -> None:
    (found,) = _direct(office, "JFK", "SFO", "2024-05-16")
    assert found["available_seats"] == {"basic_economy": 0, "economy": 0, "business": 0}


def test_one_stop_needs_the_second_flight_to_leave_after_the_first_has_landed(office: Office) -> None:
    assert _onestop(office, "2024-05-17") == [("KIR001", "KIR002", "05-17")]
    text = office.ok("search_onestop_flight", origin="SFO", destination="JFK", date="2024-05-17")
    ((first, second),) = json.loads(text)
    assert list(first) == list(second) == list(_direct(office, "SFO", "JFK", "2024-05-17")[0])


def test_a_trip_goes_on_the_day_after_a_flight_that_lands_then(office: Office) -> None:
    assert _onestop(office, "2024-05-16") == [
        ("KIR001", "KIR002", "05-16"),
        ("KIR006", "KIR002", "05-17"),
        ("KIR006", "KIR007", "05-17"),
    ]


def test_taken_seats_are_gone_in_this_state_alone() -> None:
    world = World("airline", tables())
    busy, other = Office(world=world), Office(world=world)
    busy.ok(
        "book_reservation", **booking(flights=flights("KIR001@05-16 KIR002@05-16"), payment_methods=paying(card=220))
    )
    seats = [
        [leg["available_seats"]["economy"] for leg in pair]
        for one in (busy, other)
        for pair in one.json("search_onestop_flight", origin="SFO", destination="JFK", date="2024-05-16")
    ]
    assert seats == [[8, 8], [9, 9], [9, 9], [9, 9], [9, 9], [9, 9]]


@given(st.sampled_from(PLACES), st.sampled_from(PLACES), st.sampled_from(DATES))
def test_a_search_finds_what_a_look_at_every_flight_finds(origin: str, destination: str, date: str) -> None:
    found = [one["flight_number"] for one in _direct(Office(), origin, destination, date)]
    assert found == [one.flight_number for one in _every(origin, destination, date)]


def _every(origin: str, destination: str, date: str) -> list[Flight]:
    route = (origin, destination)
    return [
        one for one in FLIGHTS if (one.origin, one.destination) == route and isinstance(one.dates.get(date), Available)
    ]


@given(st.sampled_from(PLACES), st.sampled_from(PLACES), st.sampled_from(DATES))
def test_every_pair_connects_in_time(origin: str, destination: str, date: str) -> None:
    office = Office()
    for first, second in office.json("search_onestop_flight", origin=origin, destination=destination, date=date):
        assert (first["origin"], first["destination"]) == (origin, second["origin"])
        assert second["destination"] == destination
        landing = first["scheduled_arrival_time_est"]
        assert (second["date"] > first["date"]) == landing.endswith("+1")
        assert second["scheduled_departure_time_est"] >= landing[:8]
