"""Cancelling gives back money and seats; a certificate goes onto the profile."""

import re

import pytest

from cove_rl.domains.airline.records import Certificate

from .office import Office

CANCEL, SEND = "cancel_reservation", "send_certificate"


def _history(office: Office, reservation_id: str) -> list[tuple[str, int]]:
    return [(one.payment_id, one.amount) for one in office.reservation(reservation_id).payment_history]


def test_a_card_is_refunded_and_the_seats_are_for_sale_again(office: Office) -> None:
    cancelled = office.json(CANCEL, reservation_id="SINGLE")
    assert cancelled["status"] == "cancelled"
    assert _history(office, "SINGLE") == [("card", 240), ("card", -240)]
    assert office.seats("KIR004", "05-16") == (2, 4, 2)
    assert "SINGLE" in office.user("ann_1").reservations


def test_a_gift_card_has_its_money_back_at_once(office: Office) -> None:
    office.ok(CANCEL, reservation_id="RETURN")
    assert office.balance("ann_1", "gift") == 1050.0
    assert office.seats("KIR004", "05-16") == (2, 2, 3)
    assert office.seats("KIR008", "05-20") == (9, 9, 10)


def test_a_certificate_stays_used_up(office: Office) -> None:
    office.ok(CANCEL, reservation_id="PAPERS")
    assert _history(office, "PAPERS") == [("used", 80), ("gift", 30), ("gift", -30)]
    assert office.balance("ann_1", "gift") == 530.0
    assert "used" not in office.user("ann_1").payment_methods


def test_no_more_is_given_back_than_was_paid_in_all(office: Office) -> None:
    office.ok(CANCEL, reservation_id="MIXEDP")
    assert _history(office, "MIXEDP") == [("gift", 150), ("card", -100), ("gift", -50)]
    assert office.balance("ann_1", "gift") == 550.0


def test_flights_that_are_not_for_sale_have_no_seats_to_give_back(office: Office) -> None:
    """That a trip which has begun is not cancelled is the agent's to know."""
    office.ok(CANCEL, reservation_id="FLOWNY")
    assert office.seats("KIR008", "05-20") == (9, 10, 9)
    office.ok(CANCEL, reservation_id="CALLED")
    assert office.ok("get_flight_status", flight_number="KIR003", date="2024-05-17") == "cancelled"


def test_an_unknown_reservation_cannot_be_cancelled(office: Office) -> None:
    assert "no reservation 'single'" in office.refused(CANCEL, reservation_id="single")


def test_a_certificate_is_sent_in_whole_dollars(office: Office) -> None:
    text = office.ok(SEND, user_id="cid_3", amount=150)
    found = re.fullmatch(r"Certificate (certificate_\d{7}) added to user cid_3 with amount 150\.", text)
    assert found
    assert office.user("cid_3").payment_methods == {found[1]: Certificate(found[1], 150.0)}
    assert '"amount": 150.0' in office.ok("get_user_details", user_id="cid_3")


def test_equal_certificates_have_different_ids_and_the_first_is_always_the_same(office: Office) -> None:
    first, second = (office.ok(SEND, user_id="cid_3", amount=50) for _ in range(2))
    assert first != second
    again = Office()
    again.ok(SEND, user_id="cid_3", amount=100)
    assert again.ok(SEND, user_id="cid_3", amount=50) == first
    assert len(again.user("cid_3").payment_methods) == 2


@pytest.mark.parametrize(("user_id", "amount", "reason"), [("nobody", 50, "no user"), ("cid_3", 10**400, "giant")])
def test_what_cannot_be_sent_is_refused(
    office: Office, benchmark_office: Office, user_id: str, amount: int, reason: str
) -> None:
    assert reason in office.refused(SEND, user_id=user_id, amount=amount)
    assert reason in benchmark_office.refused(SEND, user_id=user_id, amount=amount)
