"""Where the benchmark has a defect: our worlds behave sensibly, and the switch repeats the defect."""

from typing import Any

import pytest
from msgspec.structs import replace

from cove_rl.domains.airline.quirks import connection, refunds
from cove_rl.domains.airline.records import GiftCard, Payment

from .office import WHO, Office, booking, flights, paying

BOOK, CANCEL, SEND = "book_reservation", "cancel_reservation", "send_certificate"
CHANGE, BAGS = "update_reservation_flights", "update_reservation_baggages"


def _pairs(office: Office, date: str) -> list[tuple[str, str]]:
    found = office.json("search_onestop_flight", origin="SFO", destination="JFK", date=date)
    return [(second["flight_number"], second["date"]) for _, second in found]


def test_a_flight_that_leaves_at_the_very_minute_is_in_time_overnight_or_too_early(
    office: Office, benchmark_office: Office
) -> None:
    assert ("KIR007", "2024-05-17") in _pairs(office, "2024-05-16")
    assert _pairs(benchmark_office, "2024-05-16") == [("KIR002", "2024-05-16"), ("KIR002", "2024-05-17")]


@pytest.mark.parametrize(("date", "next_day"), [("2024-05-08", "2024-05-09"), ("2024-05-31", "2024-06-01")])
def test_the_next_day_is_the_next_day_or_has_no_zero_and_no_month(
    office: Office, benchmark_office: Office, date: str, next_day: str
) -> None:
    assert _pairs(office, date) == [("KIR007", next_day)]
    assert _pairs(benchmark_office, date) == []


def test_when_a_trip_goes_on(office: Office, benchmark_office: Office) -> None:
    for one in (office, benchmark_office):
        assert connection(one.state, "2024-05-08", "23:59:00") == ("2024-05-08", "23:59:00")
    assert connection(office.state, "2024-02-28", "00:10:00+1") == ("2024-02-29", "00:10:00")
    assert connection(benchmark_office.state, "2024-05-08", "00:10:00+1") == ("2024-05-9", "00:10:00+1")


def test_bookings_are_without_end_or_three(office: Office, benchmark_office: Office) -> None:
    once = booking(flights=flights("KIR001@05-17"), payment_methods=paying(card=70))
    made = [office.json(BOOK, **once)["reservation_id"] for _ in range(5)]
    assert len(set(made)) == 5
    made = [benchmark_office.json(BOOK, **once)["reservation_id"] for _ in range(3)]
    assert made == ["HATHAT", "HATHAU", "HATHAV"]
    assert "No more than 3" in benchmark_office.refused(BOOK, **once)


def test_certificates_are_without_end_or_three_for_each_customer(office: Office, benchmark_office: Office) -> None:
    for _ in range(5):
        office.ok(SEND, user_id="cid_3", amount=50)
    assert len(office.user("cid_3").payment_methods) == 5
    for last in "234":
        text = f"Certificate certificate_322132{last} added to user cid_3 with amount 50."
        assert benchmark_office.ok(SEND, user_id="cid_3", amount=50) == text
    assert "No more than 3" in benchmark_office.refused(SEND, user_id="cid_3", amount=50)
    benchmark_office.ok(SEND, user_id="bob_2", amount=50)


def test_cancelling_gives_back_seats_and_gift_card_money_or_neither(office: Office, benchmark_office: Office) -> None:
    for one in (office, benchmark_office):
        one.ok(CANCEL, reservation_id="STOPSY")
        assert one.reservation("STOPSY").payment_history[-1] == Payment("gift", -205)
    assert (office.balance("ann_1", "gift"), benchmark_office.balance("ann_1", "gift")) == (705.0, 500.0)
    assert (office.seats("KIR002", "05-16"), benchmark_office.seats("KIR002", "05-16")) == ((9, 10, 9), (9, 9, 9))


def test_earlier_refunds_and_certificates_are_left_out_or_negated(office: Office, benchmark_office: Office) -> None:
    mixed = office.reservation("MIXEDP").payment_history
    papers = office.reservation("PAPERS").payment_history
    ann = office.user("ann_1")
    assert refunds(office.state, ann, mixed) == (Payment("gift", -50),)
    assert refunds(benchmark_office.state, ann, mixed) == (Payment("gift", -150), Payment("card", 100))
    assert refunds(office.state, ann, papers) == (Payment("gift", -30),)
    assert refunds(benchmark_office.state, ann, papers) == (Payment("used", -80), Payment("gift", -30))
    assert refunds(office.state, ann, [Payment("used", 80), Payment("card", -20)]) == ()
    assert refunds(office.state, ann, [Payment("gift", 9), Payment("card", 8), Payment("gift", -5)]) == (
        Payment("gift", -4),
        Payment("card", -8),
    )


def test_a_refund_to_a_third_card_is_taken_off_whoever_paid_last(office: Office) -> None:
    ann = office.user("ann_1")
    ann = replace(ann, payment_methods={**ann.payment_methods, "third": GiftCard("third", 0.0)})
    history = [Payment("gift", 9), Payment("card", 8), Payment("third", -5)]
    assert refunds(office.state, ann, history) == (Payment("gift", -9), Payment("card", -3))


def test_a_cancelled_reservation_is_closed_or_refunded_again_and_again(
    office: Office, benchmark_office: Office
) -> None:
    changes: list[tuple[str, dict[str, Any]]] = [
        (CANCEL, {}),
        (CHANGE, {"cabin": "economy", "flights": flights("KIR001@05-17"), "payment_id": "plastic"}),
        (BAGS, {"total_baggages": 1, "nonfree_baggages": 0, "payment_id": "plastic"}),
        ("update_reservation_passengers", {"passengers": WHO}),
    ]
    for name, arguments in changes:
        assert "is cancelled" in office.refused(name, reservation_id="KILLED", **arguments)
        benchmark_office.ok(name, reservation_id="KILLED", **arguments)
    benchmark_office.ok(CANCEL, reservation_id="KILLED")
    assert len(benchmark_office.reservation("KILLED").payment_history) == 6


def test_changed_flights_move_seats_or_leave_them(office: Office, benchmark_office: Office) -> None:
    change = {"reservation_id": "SINGLE", "cabin": "economy", "flights": flights("KIR004@05-17"), "payment_id": "card"}
    for one in (office, benchmark_office):
        one.ok(CHANGE, **change)
    assert (office.seats("KIR004", "05-16"), office.seats("KIR004", "05-17")) == ((2, 4, 2), (1, 0, 3))
    assert benchmark_office.state.diff()[0].key == "SINGLE"
    assert len(benchmark_office.state.diff()) == 1


def test_empty_lists_are_refused_or_taken(office: Office, benchmark_office: Office) -> None:
    change = {"reservation_id": "SINGLE", "cabin": "economy", "flights": [], "payment_id": "card"}
    assert "list of flights is empty" in office.refused(CHANGE, **change)
    assert benchmark_office.json(CHANGE, **change)["flights"] == []
    for name in ("flights", "passengers"):
        empty = booking(**{name: []}, payment_methods=[])
        assert f"list of {name} is empty" in office.refused(BOOK, **empty)
        assert benchmark_office.json(BOOK, **empty)[name] == []


def test_a_flight_named_twice_is_refused_or_taken_twice(office: Office, benchmark_office: Office) -> None:
    twice = booking(flights=flights("KIR004@05-16 KIR004@05-16"), payment_methods=paying(card=220))
    assert "named 2 times" in office.refused(BOOK, **twice)
    benchmark_office.ok(BOOK, **twice)
    assert benchmark_office.seats("KIR004", "05-16") == (2, 0, 2)
    change = {"cabin": "economy", "flights": flights("KIR004@05-16 KIR004@05-16"), "payment_id": "card"}
    assert "named 2 times" in office.refused(CHANGE, reservation_id="SINGLE", **change)
    assert len(benchmark_office.json(CHANGE, reservation_id="SINGLE", **change)["flights"]) == 2


@pytest.mark.parametrize(("total", "nonfree"), [(-1, 0), (0, -1), (1, 2), (-2, -2)])
def test_bags_that_cannot_be_are_refused_or_counted(
    office: Office, benchmark_office: Office, total: int, nonfree: int
) -> None:
    bags = {"total_baggages": total, "nonfree_baggages": nonfree}
    price = 110 + 50 * nonfree
    assert f"nonfree_baggages {nonfree}" in office.refused(BOOK, **booking(**bags, payment_methods=paying(card=price)))
    benchmark_office.ok(BOOK, **booking(**bags, payment_methods=paying(card=price)))
    assert f"total_baggages is {total}" in office.refused(BAGS, reservation_id="SINGLE", payment_id="card", **bags)
    assert benchmark_office.json(BAGS, reservation_id="SINGLE", payment_id="card", **bags)["total_baggages"] == total


def test_a_gift_card_named_twice_is_refused_or_overdrawn(office: Office, benchmark_office: Office) -> None:
    twice = booking(flights=flights("KIR005@05-16"), cabin="business", payment_methods=[*paying(gift=300)] * 2)
    assert "'gift' is named twice" in office.refused(BOOK, **twice)
    benchmark_office.ok(BOOK, **twice)
    assert benchmark_office.balance("ann_1", "gift") == -100.0


def test_both_refuse_a_certificate_named_twice(office: Office, benchmark_office: Office) -> None:
    twice = booking(cabin="business", payment_methods=[*paying(paper=150)] * 2)
    office.refused(BOOK, **twice)
    assert "not on the customer's profile" in benchmark_office.refused(BOOK, **twice)


@pytest.mark.parametrize("amount", [0, -40])
def test_amounts_of_nothing_or_less_are_refused_or_taken(office: Office, benchmark_office: Office, amount: int) -> None:
    split = booking(payment_methods=paying(gift=amount, card=110 - amount))
    assert f"amount is {amount}" in office.refused(BOOK, **split)
    benchmark_office.ok(BOOK, **split)
    assert benchmark_office.balance("ann_1", "gift") == 500.0 - amount
    assert f"amount is {amount}" in office.refused(SEND, user_id="cid_3", amount=amount)
    benchmark_office.ok(SEND, user_id="cid_3", amount=amount)
