"""Booking: what it costs, who pays, and what it changes."""

import re
from typing import Any

import pytest

from cove_rl.domains.airline.records import Flight, Reservation, User

from .office import WHO, Office, booking, flights, paying

BOOK = "book_reservation"


def _id(text: str) -> str:
    found = re.search(r'"reservation_id": "([A-Z0-9]{6})"', text)
    assert found, text
    return found[1]


def test_a_booking_is_recorded_whole(office: Office) -> None:
    made = office.json(
        BOOK, **booking(total_baggages=2, nonfree_baggages=1, insurance="yes", payment_methods=paying(card=190))
    )
    assert made == {
        "reservation_id": made["reservation_id"],
        "user_id": "ann_1",
        "origin": "SFO",
        "destination": "JFK",
        "flight_type": "one_way",
        "cabin": "economy",
        "flights": [
            {"flight_number": "KIR004", "origin": "SFO", "destination": "JFK", "date": "2024-05-16", "price": 110}
        ],
        "passengers": WHO,
        "payment_history": [{"payment_id": "card", "amount": 190}],
        "created_at": "2024-05-15T15:00:00",
        "total_baggages": 2,
        "nonfree_baggages": 1,
        "insurance": "yes",
        "status": None,
    }
    assert office.json("get_reservation_details", reservation_id=made["reservation_id"]) == made
    assert office.user("ann_1").reservations[-1] == made["reservation_id"]


def test_it_changes_the_flights_the_user_and_nothing_else(office: Office) -> None:
    office.ok(BOOK, **booking(flights=flights("KIR001@05-16 KIR002@05-16"), payment_methods=paying(gift=220)))
    kinds = [change.kind for change in office.state.diff()]
    assert sorted(kind.__name__ for kind in kinds) == ["Flight", "Flight", "Reservation", "User"]
    assert {Flight, Reservation, User} == set(kinds)
    assert office.seats("KIR001", "05-16") == office.seats("KIR002", "05-16") == (9, 8, 9)
    assert office.seats("KIR001", "05-17") == (9, 9, 9)


def test_every_passenger_has_a_seat(office: Office) -> None:
    office.ok(BOOK, **booking(passengers=WHO * 2, payment_methods=paying(card=220)))
    assert office.seats("KIR004", "05-16") == (2, 0, 2)
    assert "0 seats left" in office.refused(BOOK, **booking())


@pytest.mark.parametrize(
    ("changes", "price"),
    [
        ({}, 110),
        ({"cabin": "basic_economy"}, 100),
        ({"cabin": "business"}, 300),
        ({"passengers": WHO * 2}, 220),
        ({"insurance": "yes"}, 140),
        ({"insurance": "yes", "passengers": WHO * 2}, 280),
        ({"total_baggages": 3, "nonfree_baggages": 2}, 210),
        ({"total_baggages": 3}, 110),
        ({"flights": flights("KIR004@05-16 KIR008@05-21"), "flight_type": "round_trip"}, 210),
        ({"flights": flights("KIR004@05-16 KIR008@05-21"), "passengers": WHO * 2, "insurance": "yes"}, 480),
    ],
)
def test_the_price_is_seats_insurance_and_bags(office: Office, changes: dict[str, Any], price: int) -> None:
    for wrong in (price - 1, price + 1):
        assert f"costs {price} dollars" in office.refused(
            BOOK, **booking(**changes, payment_methods=paying(card=wrong))
        )
    office.ok(BOOK, **booking(**changes, payment_methods=paying(card=price)))


def test_several_methods_share_a_price(office: Office) -> None:
    both = booking(cabin="business", passengers=WHO * 2, payment_methods=paying(paper=250, gift=300, card=50))
    made = office.json(BOOK, **both)
    assert [(one["payment_id"], one["amount"]) for one in made["payment_history"]] == [
        ("paper", 250),
        ("gift", 300),
        ("card", 50),
    ]
    assert office.balance("ann_1", "gift") == 200.0
    assert list(office.user("ann_1").payment_methods) == ["card", "gift"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"user_id": "nobody"}, "no user 'nobody'"),
        ({"flights": flights("KIR999@05-16")}, "no flight 'KIR999'"),
        ({"flights": flights("KIR004@06-16")}, "does not go on '2024-06-16'"),
        ({"flights": flights("KIR004@05-15")}, "is on time"),
        ({"flights": flights("KIR005@05-15")}, "is delayed"),
        ({"flights": flights("KIR003@05-17")}, "is cancelled"),
        ({"flights": flights("KIR001@05-14")}, "is landed"),
        ({"flights": flights("KIR004@05-16 KIR008@05-16")}, "0 seats left"),
        ({"passengers": WHO * 3}, "2 seats left in economy, not 3"),
        (
            {"payment_methods": paying(plastic=110)},
            "'plastic' is not on the customer's profile, which has: card, gift, paper",
        ),
        ({"payment_methods": paying(gift=501)}, "500.00 dollars, less than the 501"),
        ({"payment_methods": paying(paper=301)}, "300.00 dollars, less than the 301"),
        ({"payment_methods": paying(gift=50, paper=59)}, "add up to 109"),
        ({"payment_methods": []}, "add up to 0"),
        ({"user_id": "cid_3"}, "which has: none"),
    ],
)
def test_what_cannot_be_booked_is_refused_with_the_reason(
    office: Office, benchmark_office: Office, changes: dict[str, Any], reason: str
) -> None:
    assert reason in office.refused(BOOK, **booking(**changes))
    assert reason in benchmark_office.refused(BOOK, **booking(**changes))


def test_the_policy_is_not_the_tools_business(office: Office) -> None:
    """More than five passengers, bags nobody counts, a trip that leads elsewhere: the agent has to know better."""
    office.ok(BOOK, **booking(flights=flights("KIR001@05-16"), passengers=WHO * 6, payment_methods=paying(card=660)))
    office.ok(
        BOOK,
        **booking(origin="LAX", destination="LAX", flights=flights("KIR005@05-16"), payment_methods=paying(card=410)),
    )
    office.ok(BOOK, **booking(user_id="bob_2", total_baggages=9, payment_methods=paying(plastic=110)))


def test_fields_a_call_adds_to_flights_and_passengers_are_dropped(office: Office) -> None:
    flight = {**flights("KIR004@05-16")[0], "origin": "SFO", "price": 1, "date2": None}
    made = office.json(BOOK, **booking(flights=[flight], passengers=[{**WHO[0], "seat": "window"}]))
    assert made["flights"][0]["price"] == 110
    assert made["passengers"] == WHO


def test_ids_do_not_depend_on_what_was_booked_before(office: Office) -> None:
    one = booking()
    other = booking(flights=flights("KIR005@05-17"))
    forwards = [_id(office.ok(BOOK, **call)) for call in (one, other)]
    again = Office()
    backwards = [_id(again.ok(BOOK, **call)) for call in (other, one)]
    assert forwards == backwards[::-1]
    assert len({*forwards, _id(office.ok(BOOK, **one))}) == 3
