"""Changing a reservation: prices that stay, differences that are settled, seats that move, bags, passengers."""

from typing import Any

import pytest
from msgspec.structs import replace

from .office import WHO, Office, flights

CHANGE, BAGS, PASSENGERS = "update_reservation_flights", "update_reservation_baggages", "update_reservation_passengers"


def _change(reservation_id: str, cabin: str, wanted: str, payment_id: str) -> dict[str, Any]:
    return {
        "reservation_id": reservation_id,
        "cabin": cabin,
        "flights": flights(wanted),
        "payment_id": payment_id,
    }


def _bags(reservation_id: str, total: int, nonfree: int, payment_id: str) -> dict[str, Any]:
    return {
        "reservation_id": reservation_id,
        "total_baggages": total,
        "nonfree_baggages": nonfree,
        "payment_id": payment_id,
    }


def _paid(reservation: Any) -> list[tuple[str, int]]:
    return [(one["payment_id"], one["amount"]) for one in reservation["payment_history"]]


def test_a_flight_that_stays_keeps_its_price_and_another_costs_what_it_costs_today(office: Office) -> None:
    before = office.reservation("STOPSY")
    assert [one.price for one in before.flights] == [110, 95]
    after = office.json(CHANGE, **_change("STOPSY", "economy", "KIR001@05-17 KIR002@05-16", "gift"))
    assert [one["price"] for one in after["flights"]] == [70, 95]
    assert _paid(after) == [("gift", 205), ("gift", -40)]
    assert office.balance("ann_1", "gift") == 540.0
    assert office.seats("KIR001", "05-16") == (9, 10, 9)
    assert office.seats("KIR001", "05-17") == (9, 8, 9)
    assert office.seats("KIR002", "05-16") == (9, 9, 9)


def test_the_difference_is_for_every_passenger(office: Office) -> None:
    change = _change("SINGLE", "economy", "KIR005@05-16", "gift")
    assert "500.00 dollars, less than the 580" in office.refused(CHANGE, **change)
    after = office.json(CHANGE, **{**change, "payment_id": "card"})
    assert _paid(after) == [("card", 240), ("card", 580)]


def test_the_same_flights_in_another_cabin_are_a_change_of_cabin(office: Office) -> None:
    after = office.json(CHANGE, **_change("BASICS", "business", "KIR001@05-17", "plastic"))
    assert (after["cabin"], after["flights"][0]["price"]) == ("business", 260)
    assert _paid(after) == [("purse", 110), ("plastic", 200)]
    assert office.seats("KIR001", "05-17") == (10, 9, 8)


def test_seats_move_even_between_cabins_of_one_price(office: Office) -> None:
    basic = office.reservation("BASICS")
    office.state.put("BASICS", replace(basic, flights=(replace(basic.flights[0], price=70),)))
    after = office.json(CHANGE, **_change("BASICS", "economy", "KIR001@05-17", "plastic"))
    assert (after["flights"][0]["price"], _paid(after)) == (70, [("purse", 110)])
    assert office.seats("KIR001", "05-17") == (10, 8, 9)


def test_nothing_changes_hands_when_the_price_stays(office: Office) -> None:
    after = office.json(CHANGE, **_change("STOPSY", "economy", "KIR001@05-16 KIR002@05-16", "gift"))
    assert _paid(after) == [("gift", 205)]
    assert office.state.diff() == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_change("NOSUCH", "economy", "KIR004@05-17", "card"), "no reservation 'NOSUCH'"),
        (_change("SINGLE", "economy", "KIR999@05-17", "card"), "no flight 'KIR999'"),
        (_change("SINGLE", "economy", "KIR004@05-18", "card"), "does not go on"),
        (_change("SINGLE", "economy", "KIR005@05-15", "card"), "is delayed"),
        (_change("SINGLE", "basic_economy", "KIR004@05-17", "card"), "1 seats left in basic_economy, not 2"),
        (_change("SINGLE", "economy", "KIR004@05-17", "plastic"), "'plastic' is not on the customer's profile"),
        (_change("SINGLE", "economy", "KIR004@05-16", "plastic"), "'plastic' is not on the customer's profile"),
        (_change("SINGLE", "economy", "KIR004@05-16", "paper"), "is a certificate"),
        (_change("FLOWNY", "business", "KIR001@05-14 KIR008@05-20", "plastic"), "is landed"),
        (_change("BASICS", "business", "KIR001@05-17", "purse"), "20.00 dollars, less than the 200"),
    ],
)
def test_flights_that_cannot_be_had_or_paid_are_refused_with_the_reason(
    office: Office, benchmark_office: Office, change: dict[str, Any], reason: str
) -> None:
    assert reason in office.refused(CHANGE, **change)
    assert reason in benchmark_office.refused(CHANGE, **change)


def test_a_flown_flight_may_stay_where_the_cabin_does(office: Office) -> None:
    """Whether that is allowed is the agent's to know."""
    after = office.json(CHANGE, **_change("FLOWNY", "economy", "KIR001@05-14 KIR008@05-21", "plastic"))
    assert [one["price"] for one in after["flights"]] == [90, 100]
    assert office.seats("KIR008", "05-20") == (9, 10, 9)


def test_further_bags_that_are_not_free_are_charged(office: Office) -> None:
    after = office.json(BAGS, **_bags("BASICS", 3, 3, "plastic"))
    assert (after["total_baggages"], after["nonfree_baggages"]) == (3, 3)
    assert _paid(after) == [("purse", 110), ("plastic", 100)]


def test_free_bags_cost_nothing_but_need_a_method_that_could_pay(office: Office) -> None:
    assert _paid(office.json(BAGS, **_bags("SINGLE", 2, 0, "card"))) == [("card", 240)]
    assert "is a certificate" in office.refused(BAGS, **_bags("SINGLE", 3, 0, "paper"))
    assert "not on the customer's profile" in office.refused(BAGS, **_bags("SINGLE", 3, 0, "plastic"))


def test_taking_bags_off_gives_nothing_back(office: Office) -> None:
    """That it must not be done is the agent's to know."""
    after = office.json(BAGS, **_bags("BASICS", 0, 0, "purse"))
    assert (after["total_baggages"], _paid(after)) == (0, [("purse", 110)])
    assert office.balance("bob_2", "purse") == 20.0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_bags("NOSUCH", 1, 0, "card"), "no reservation 'NOSUCH'"),
        (_bags("BASICS", 2, 2, "purse"), "20.00 dollars, less than the 50"),
        (_bags("BASICS", 2, 2, "card"), "'card' is not on the customer's profile"),
        (_bags("SINGLE", 10**10, 0, "card"), "total_baggages is a giant number"),
        (_bags("SINGLE", 1, -(10**5000), "card"), "nonfree_baggages is a giant number"),
    ],
)
def test_bags_that_cannot_be_had_or_paid_are_refused_with_the_reason(
    office: Office, benchmark_office: Office, change: dict[str, Any], reason: str
) -> None:
    assert reason in office.refused(BAGS, **change)
    assert reason in benchmark_office.refused(BAGS, **change)


def test_passengers_are_replaced_one_for_one(office: Office) -> None:
    after = office.json(PASSENGERS, reservation_id="STOPSY", passengers=WHO)
    assert after["passengers"] == WHO
    before = office.json("get_reservation_details", reservation_id="STOPSY")
    assert after == before


@pytest.mark.parametrize("count", [0, 1, 3])
def test_their_number_stays(office: Office, benchmark_office: Office, count: int) -> None:
    for one in (office, benchmark_office):
        reason = one.refused(PASSENGERS, reservation_id="SINGLE", passengers=WHO * count)
        assert f"is for 2 passengers, but {count} are named" in reason


def test_a_change_taken_back_is_no_change(office: Office) -> None:
    first = [{"first_name": "Cal", "last_name": "Lee", "dob": "1990-04-05"}]
    office.ok(PASSENGERS, reservation_id="STOPSY", passengers=WHO)
    office.ok(PASSENGERS, reservation_id="STOPSY", passengers=first)
    assert office.state.diff() == ()
