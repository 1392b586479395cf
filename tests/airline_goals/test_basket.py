"""The rules that keep the requests of one customer jointly feasible."""

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cove_rl.domains.airline.constraints import BookTrip, CancelReservation, ChangePassengers, SendCertificate
from cove_rl.domains.airline.records import Certificate, CreditCard, Flight, GiftCard, Reservation, User
from cove_rl.domains.airline.sampling.basket import Basket
from cove_rl.domains.airline.sampling.booking import book_trip
from cove_rl.domains.airline.sampling.flights import Leg, wish
from cove_rl.domains.airline.sampling.money import booking_methods, emptied
from cove_rl.domains.airline.sampling.occasions import OCCASIONS, customers, statuses
from cove_rl.domains.airline.view import shares
from cove_rl.world.hint import Request

from .shelf import DOMAIN, drawn, solution, world


def basket_of(user: User, seed: int = 0) -> Basket:
    return Basket(world(), user, DOMAIN.toolbox, Random(seed))


def users() -> Iterator[User]:
    return iter(world().rows(User).values())


def booked(seed: int = 0) -> tuple[Basket, BookTrip]:
    """A basket with a booking in it."""
    for user in users():
        basket = basket_of(user, seed)
        if book_trip(basket):
            constraint = basket.requests[0].constraint
            assert isinstance(constraint, BookTrip)
            return basket, constraint
    raise AssertionError("nobody books")


@given(st.integers(0, 200))
@settings(max_examples=25)
def test_flights_whose_seats_have_changed_are_not_searched_again(seed: int) -> None:
    basket, booking = booked(seed)
    first = booking.flights[0]
    flight = world().rows(Flight)[first.flight_number]
    leg = Leg("outbound", flight.origin, flight.destination, booking.cabin, 1)
    assert wish(basket, leg, first.date) is None
    fresh = basket_of(world().rows(User)[booking.user_id])
    assert wish(fresh, leg, first.date) is not None


@given(st.integers(0, 499), st.integers(1, 3000), st.integers(0, 99))
@settings(max_examples=200)
def test_methods_that_share_a_price_pay_all_of_it(index: int, price: int, seed: int) -> None:
    user = list(users())[index]
    basket = basket_of(user, seed)
    ids = booking_methods(basket, price)
    if not ids:
        assert not any(isinstance(one, CreditCard) for one in user.payment_methods.values())
        return
    paid = shares(ids, price, user)
    methods = [user.payment_methods[one.payment_id] for one in paid]
    assert sum(one.amount for one in paid) == price
    assert [one.payment_id for one in paid] == list(ids)
    assert all(
        isinstance(method, CreditCard) or method.amount >= one.amount for method, one in zip(methods, paid, strict=True)
    )
    first = emptied(basket, ids, price)
    assert (first != "") == (len(paid) > 1 and isinstance(methods[0], GiftCard))


def test_a_certificate_pays_once_and_not_after_a_new_one() -> None:
    user = next(user for user in users() if any(isinstance(m, Certificate) for m in user.payment_methods.values()))
    certificate = next(one for one in user.payment_methods.values() if isinstance(one, Certificate))
    basket = basket_of(user)
    assert basket.covers(certificate, 1)
    assert basket.can_empty(certificate)
    assert basket.add(Request(SendCertificate(user.user_id, 100), "claim_compensation", ()))
    assert not basket.covers(certificate, 1)
    assert not basket.can_empty(certificate)
    assert not basket.may_compensate


def test_a_refund_does_not_count_as_cover_and_ends_that_a_card_is_used_up() -> None:
    """Whether a gift card suffices, and what is on it, must not hang on the order in which an agent works."""
    for one in world().rows(Reservation).values():
        user = world().rows(User)[one.user_id]
        paid = user.payment_methods.get(one.payment_history[0].payment_id)
        if one.status is None and isinstance(paid, GiftCard) and len(one.payment_history) == 1:
            basket = basket_of(user)
            more = int(paid.amount) + 1
            assert basket.can_empty(paid)
            assert basket.add(Request(CancelReservation(one.reservation_id), "cancel_reservation", ()))
            now = basket.view.user.payment_methods[paid.id]
            assert isinstance(now, GiftCard)
            assert now.amount > paid.amount
            assert basket.covers(now, more - 1)
            assert not basket.covers(now, more)
            assert not basket.can_empty(now)
            return
    raise AssertionError("no reservation was paid with a gift card")


def test_what_cannot_be_carried_out_is_not_taken_in() -> None:
    user = next(users())
    basket, before = basket_of(user), basket_of(user).view
    one = next(one for one in world().rows(Reservation).values() if len(one.passengers) == 2)
    impossible = ChangePassengers(one.reservation_id, one.passengers[:1])
    assert not basket.add(Request(impossible, "change_passenger", ()), closes=one.reservation_id)
    same = ChangePassengers(one.reservation_id, one.passengers)
    assert not basket.add(Request(same, "change_passenger", ()))
    assert basket.requests == []
    assert basket.view == before


@pytest.mark.parametrize("kind", OCCASIONS)
def test_an_occasion_is_one_of_the_customers_and_is_free(kind: str) -> None:
    found = world().derived(customers)[kind]
    assert found
    for user in found[:20]:
        basket = basket_of(user)
        one = basket.occasion(kind)
        assert one is not None
        assert one.user_id == user.user_id
        assert OCCASIONS[kind](user, one, world().derived(statuses)[one.reservation_id])
        closed = basket_of(user)
        closed._closed.update(user.reservations)
        closed._renamed.update(user.reservations)
        assert closed.occasion(kind) is None


@given(st.integers(0, 3000))
@settings(max_examples=40)
def test_a_gift_card_covers_what_is_charged_to_it_without_refunds(index: int) -> None:
    """Whatever the order, all requests of a customer can be met."""
    task = drawn(index)
    charged: dict[str, int] = {}
    basket = basket_of(world().rows(User)[str(task.identity[0].values["id"])])
    first = basket.view.user.payment_methods
    for request in task.requests:
        before = basket.view.user.payment_methods
        assert basket.add(request)
        for key, method in before.items():
            now = basket.view.user.payment_methods.get(key)
            if isinstance(method, GiftCard) and isinstance(now, GiftCard):
                charged[key] = charged.get(key, 0) + max(0, int(method.amount - now.amount))
    assert all(getattr(first[key], "amount", 0) >= amount for key, amount in charged.items())
    assert len(solution(task)) >= 1
