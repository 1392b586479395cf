"""New ids look like the old ones, are new, and depend on nothing but what is made."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.domains.airline.ids import is_our_reservation
from cove_rl.domains.airline.records import Certificate, Reservation
from cove_rl.domains.airline.tools.ids import booking_id, certificate_id
from cove_rl.errors import ToolError

from .office import Office

SEGMENTS = [("KIR004", "2024-05-16"), ("KIR008", "2024-05-20")]


def test_known_ids() -> None:
    """Tasks name bookings that are yet to be made: another release must give them the same ids."""
    office = Office()
    assert booking_id(office.state, "ann_1", SEGMENTS) == "VDUTR5"
    assert certificate_id(office.state, "ann_1", 100) == "certificate_0458149"


@given(st.text(max_size=12), st.lists(st.tuples(st.text(max_size=8), st.text(max_size=10)), max_size=4))
def test_a_booking_id_is_six_letters_and_digits_that_keep_our_rule(
    user_id: str, segments: list[tuple[str, str]]
) -> None:
    state = Office().state
    found = booking_id(state, user_id, segments)
    assert re.fullmatch(r"[A-Z0-9]{6}", found)
    assert is_our_reservation(found)
    assert found == booking_id(state, user_id, segments)


@given(st.integers(min_value=1))
def test_a_certificate_id_is_seven_digits_of_which_the_first_is_0(amount: int) -> None:
    assert re.fullmatch(r"certificate_0\d{6}", certificate_id(Office().state, "ann_1", amount))


def test_whoever_books_whatever_in_whichever_order_counts() -> None:
    state = Office().state
    found = [
        booking_id(state, "ann_1", SEGMENTS),
        booking_id(state, "bob_2", SEGMENTS),
        booking_id(state, "ann_1", SEGMENTS[::-1]),
        booking_id(state, "ann_1", SEGMENTS[:1]),
    ]
    assert len(set(found)) == 4
    assert certificate_id(state, "ann_1", 100) != certificate_id(state, "bob_2", 100)


def test_a_taken_id_gives_way_to_the_next() -> None:
    office = Office()
    seen = []
    for _ in range(5):
        found = booking_id(office.state, "ann_1", SEGMENTS)
        assert office.state.get(Reservation, found) is None
        office.state.put(found, office.reservation("SINGLE"))
        seen.append(found)
    assert len(set(seen)) == 5


def test_a_taken_certificate_id_gives_way_to_the_next() -> None:
    office = Office()
    for count in range(4, 9):
        office.ok("send_certificate", user_id="ann_1", amount=100)
        methods = office.user("ann_1").payment_methods
        assert len(methods) == count
        assert sum(isinstance(one, Certificate) for one in methods.values()) == count - 2


def test_nobody_gets_no_certificate() -> None:
    with pytest.raises(ToolError, match="no user 'nobody'"):
        certificate_id(Office().state, "nobody", 100)
