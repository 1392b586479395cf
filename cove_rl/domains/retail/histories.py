"""Bring a generated order to a status, leaving the fields and payments that the retail tools would have left."""

import math
from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from cove_rl.domains.retail.mix import mix
from cove_rl.domains.retail.records import (
    Fulfillment,
    GiftCard,
    Order,
    OrderItem,
    OrderStatus,
    Payment,
    Product,
    User,
    Variant,
)
from cove_rl.domains.weights import choose


def advance(
    rng: Random, order: Order, status: OrderStatus, user: User, products: Mapping[str, Product], tracking_id: str
) -> Order:
    """Return a freshly placed order as it looks when it has reached `status`.

    Where the order does not allow it (nothing to change an item to, nothing to pay the difference with), it stays
    "pending" instead of "pending (item modified)" and "delivered" instead of "exchange requested".

    Args:
        rng: where every choice comes from.
        order: pending and paid once.
        status: what it should become.
        user: who placed it.
        products: every product, by id.
        tracking_id: of the parcel, if the order is sent.
    """
    if status == "pending":
        return order
    if status == "cancelled":
        return _cancelled(rng, order)
    if status == "pending (item modified)":
        return _modified(rng, order, user, products)
    sent = replace(
        order,
        status="processed" if status == "processed" else "delivered",
        fulfillments=(Fulfillment((tracking_id,), tuple(item.item_id for item in order.items)),),
    )
    if status == "return requested":
        return _returned(rng, sent, user)
    return _exchanged(rng, sent, user, products) if status == "exchange requested" else sent


def _cancelled(rng: Random, order: Order) -> Order:
    refunds = tuple(replace(payment, transaction_type="refund") for payment in order.payment_history)
    reason = choose(rng, mix().cancel_reasons)
    return replace(order, status="cancelled", payment_history=(*order.payment_history, *refunds), cancel_reason=reason)


def _returned(rng: Random, order: Order, user: User) -> Order:
    items = rng.sample(order.items, rng.randint(1, len(order.items)))
    original = order.payment_history[0].payment_method_id
    cards = [method.id for method in user.payment_methods.values() if isinstance(method, GiftCard)]
    return replace(
        order,
        status="return requested",
        return_items=tuple(sorted(item.item_id for item in items)),
        return_payment_method_id=rng.choice([original, *(card for card in cards if card != original)]),
    )


def _modified(rng: Random, order: Order, user: User, products: Mapping[str, Product]) -> Order:
    deal = _deal(rng, order, user, products)
    if deal is None:
        return order
    settled = Payment("payment" if deal.difference > 0 else "refund", abs(deal.difference), deal.method_id)
    return replace(
        order,
        status="pending (item modified)",
        items=tuple(_swapped(item, deal.new.get(item.item_id)) for item in order.items),
        payment_history=(*order.payment_history, settled) if deal.difference else order.payment_history,
    )


def _swapped(item: OrderItem, new: Variant | None) -> OrderItem:
    return item if new is None else replace(item, item_id=new.item_id, price=new.price, options=new.options)


def _exchanged(rng: Random, order: Order, user: User, products: Mapping[str, Product]) -> Order:
    deal = _deal(rng, order, user, products)
    if deal is None:
        return order
    return replace(
        order,
        status="exchange requested",
        exchange_items=tuple(sorted(deal.new)),
        exchange_new_items=tuple(sorted(variant.item_id for variant in deal.new.values())),
        exchange_payment_method_id=deal.method_id,
        exchange_price_difference=deal.difference,
    )


class _Deal(NamedTuple):
    """Which variant takes the place of which item, what that costs in dollars, and who pays or receives it."""

    new: Mapping[str, Variant]
    difference: float
    method_id: str


def _deal(rng: Random, order: Order, user: User, products: Mapping[str, Product]) -> _Deal | None:
    """Return a change of some items that the tools would have accepted, or None if this order has none."""
    new: dict[str, Variant] = {}
    for item in rng.sample(order.items, rng.randint(1, len(order.items))):
        taken = {held.item_id for held in order.items} | {variant.item_id for variant in new.values()}
        variants = products[item.product_id].variants.values()
        free = [variant for variant in variants if variant.available and variant.item_id not in taken]
        if free:
            new[item.item_id] = rng.choice(free)
    before = [item.price for item in order.items if item.item_id in new]
    difference = round(math.fsum([*(variant.price for variant in new.values()), *(-price for price in before)]), 2)
    method_id = _payer(rng, user, order.payment_history, difference)
    return _Deal(new, difference, method_id) if new and method_id else None


def _payer(rng: Random, user: User, history: Sequence[Payment], difference: float) -> str | None:
    """Return a method that can settle the difference, preferably the one that paid for the order."""
    able = [
        method.id
        for method in user.payment_methods.values()
        if not isinstance(method, GiftCard) or method.balance >= difference
    ]
    original = history[0].payment_method_id
    if original in able and rng.random() < mix().original_method_share:
        return original
    return rng.choice(able) if able else None
