"""Move money: take what a booking costs, settle what a change costs or gives back, keep gift cards up to date."""

from collections.abc import Sequence
from itertools import starmap

from msgspec.structs import replace

from cove_rl.domains.airline.quirks import check_payments
from cove_rl.domains.airline.records import Certificate, CreditCard, GiftCard, Payment, PaymentMethod, User
from cove_rl.domains.airline.tools.find import find_payment_method, find_user
from cove_rl.errors import ToolError, quote
from cove_rl.world.state import State


def pay(state: State, user: User, amounts: Sequence[tuple[str, int]], price: int) -> tuple[Payment, ...]:
    """Take the price of a booking and return what goes into its history; a certificate is used up by it.

    Args:
        state: whose user pays.
        user: who pays.
        amounts: payment method and US dollars, which must add up to the price.
        price: what is to be paid, in US dollars.

    Raises:
        ToolError: if a method is not on the profile or holds too little, or the amounts do not add up.
    """
    check_payments(state, amounts)
    for method_id, amount in amounts:
        _check_balance(find_payment_method(user, method_id), amount)
    paid = sum(amount for _, amount in amounts)
    if paid != price:
        raise ToolError(f"The booking costs {price} dollars, but the payments add up to {paid}.")
    for method_id, amount in amounts:
        charge(state, user.user_id, method_id, amount)
    return tuple(starmap(Payment, amounts))


def settle(state: State, user: User, method_id: str, amount: int) -> tuple[Payment, ...]:
    """Charge or refund a difference and return what goes into the history: nothing if there is none.

    Args:
        state: whose user pays.
        user: who pays.
        method_id: a credit card or gift card on the profile.
        amount: US dollars to pay; below 0, to give back.

    Raises:
        ToolError: if the method is not on the profile, is a certificate, or holds too little.
    """
    method = find_payment_method(user, method_id)
    if isinstance(method, Certificate):
        raise ToolError(f"{quote(method_id)} is a certificate, which pays for new bookings only. Use a card.")
    _check_balance(method, amount)
    charge(state, user.user_id, method_id, amount)
    return (Payment(method_id, amount),) if amount else ()


def charge(state: State, user_id: str, method_id: str, amount: int) -> None:
    """Take US dollars off a gift card, or put them on it if below 0; use a certificate up; let a credit card be.

    Raises:
        ToolError: if the user or the payment method does not exist.
    """
    user = find_user(state, user_id)
    method = find_payment_method(user, method_id)
    if isinstance(method, CreditCard):
        return
    methods: dict[str, PaymentMethod] = dict(user.payment_methods)
    if isinstance(method, GiftCard):
        methods[method_id] = replace(method, amount=method.amount - amount)
    else:
        del methods[method_id]
    state.put(user_id, replace(user, payment_methods=methods))


def _check_balance(method: PaymentMethod, amount: int) -> None:
    if not isinstance(method, CreditCard) and method.amount < amount:
        raise ToolError(f"'{method.id}' holds {method.amount:.2f} dollars, less than the {amount} it is to pay.")
