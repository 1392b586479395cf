"""Draw who pays: one method that covers an amount, or two that share it."""

from collections.abc import Sequence

from cove_rl.domains.airline.preferences import preferences
from cove_rl.domains.airline.records import Certificate, CreditCard, GiftCard, Reservation
from cove_rl.domains.airline.rules import BAG_FEE
from cove_rl.domains.airline.sampling.basket import Basket
from cove_rl.domains.airline.view import shares


def booking_methods(basket: Basket, price: int) -> tuple[str, ...]:
    """Return the method, or the two in turn, that pay a booking of so many US dollars; none if nothing covers it."""
    methods = list(basket.view.user.payment_methods.values())
    singles = [(one.id,) for one in methods if basket.covers(one, price)]
    splits = [
        (first.id, rest.id)
        for first in methods
        if not isinstance(first, CreditCard) and basket.can_empty(first) and first.amount < price
        for rest in methods
        if rest is not first and not isinstance(rest, Certificate) and basket.covers(rest, price - int(first.amount))
    ]
    pool: Sequence[tuple[str, ...]] = singles or splits
    if splits and basket.rng.random() < preferences().split_share:
        pool = splits
    return basket.choose(pool) or ()


def emptied(basket: Basket, ids: Sequence[str], price: int) -> str:
    """Return the gift card that a payment uses up to its limit, or ""."""
    method = basket.view.user.payment_methods[ids[0]]
    is_shared = len(shares(ids, price, basket.view.user)) > 1
    return method.id if is_shared and isinstance(method, GiftCard) else ""


def change_method(basket: Basket, difference: int) -> str | None:
    """Return a card that settles a difference in US dollars, which goes back if it is below 0; None if none can."""
    methods = [one for one in basket.view.user.payment_methods.values() if not isinstance(one, Certificate)]
    return basket.choose(one.id for one in methods if basket.covers(one, difference))


def bag_charge(reservation: Reservation, charged: int) -> int:
    """Return what it costs to have so many charged bags in a reservation, in US dollars."""
    return BAG_FEE * max(0, charged - reservation.nonfree_baggages)
