"""The read tools return records byte for byte, and change nothing."""

import json

import msgspec
import pytest

from cove_rl.domains.airline.records import Reservation, User

from .office import RESERVATIONS, USERS, Office


@pytest.mark.parametrize("user", USERS, ids=lambda user: user.user_id)
def test_user_details_are_the_record(office: Office, user: User) -> None:
    assert office.ok("get_user_details", user_id=user.user_id) == json.dumps(msgspec.to_builtins(user))


@pytest.mark.parametrize("reservation", RESERVATIONS, ids=lambda one: one.reservation_id)
def test_reservation_details_are_the_record(office: Office, reservation: Reservation) -> None:
    text = office.ok("get_reservation_details", reservation_id=reservation.reservation_id)
    assert text == json.dumps(msgspec.to_builtins(reservation))
    assert ('"status": null' in text) == (reservation.reservation_id != "KILLED")


def test_a_flight_of_a_reservation_begins_with_its_number(office: Office) -> None:
    flight = office.json("get_reservation_details", reservation_id="SINGLE")["flights"][0]
    assert list(flight) == ["flight_number", "origin", "destination", "date", "price"]


@pytest.mark.parametrize(
    ("flight_number", "day", "status"),
    [
        ("KIR001", "14", "landed"),
        ("KIR003", "15", "flying"),
        ("KIR004", "15", "on time"),
        ("KIR005", "15", "delayed"),
        ("KIR003", "17", "cancelled"),
        ("KIR004", "16", "available"),
        ("KIR008", "16", "available"),
    ],
)
def test_a_status_is_bare_text(office: Office, flight_number: str, day: str, status: str) -> None:
    assert office.ok("get_flight_status", flight_number=flight_number, date=f"2024-05-{day}") == status


def test_twenty_airports_are_listed_with_code_and_city(office: Office, benchmark_office: Office) -> None:
    listed = office.json("list_all_airports")
    assert len(listed) == 20
    assert listed[0] == {"iata": "SFO", "city": "San Francisco"}
    assert all(list(one) == ["iata", "city"] for one in listed)
    assert len({one["iata"] for one in listed}) == len({one["city"] for one in listed}) == 20
    assert benchmark_office.json("list_all_airports") == listed


@pytest.mark.parametrize(
    ("tool", "arguments", "reason"),
    [
        ("get_user_details", {"user_id": "ann"}, "no user 'ann'"),
        ("get_user_details", {"user_id": ""}, "no user ''"),
        ("get_reservation_details", {"reservation_id": "single"}, "no reservation 'single'"),
        ("get_reservation_details", {"reservation_id": "ann_1"}, "no reservation 'ann_1'"),
        ("get_flight_status", {"flight_number": "KIR999", "date": "2024-05-16"}, "no flight 'KIR999'"),
        ("get_flight_status", {"flight_number": "KIR001", "date": "2024-05-18"}, "'2024-05-18'"),
        ("get_flight_status", {"flight_number": "KIR001", "date": "May 16"}, "YYYY-MM-DD"),
    ],
)
def test_what_is_not_there_is_named(office: Office, tool: str, arguments: dict[str, str], reason: str) -> None:
    assert reason in office.refused(tool, **arguments)
