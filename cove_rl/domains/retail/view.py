"""A customer's own corner of a retail world, and what a description in it resolves to.

The sampler looks at it from the database, the oracle from what the tools returned; both resolve descriptions with the
functions below, so "unique" means the same to both. Every function returns all elements that fit.
"""

import msgspec

from cove_rl.domains.retail.records import (
    Address,
    CreditCard,
    GiftCard,
    Order,
    OrderItem,
    PaymentMethod,
    PayPal,
    Product,
    User,
    Variant,
)
from cove_rl.speech.grammar import Grammar
from cove_rl.world.hint import Hint


class View(msgspec.Struct):
    """A customer, their orders by id, and the product lines looked at so far by product id."""

    user: User
    orders: dict[str, Order]
    products: dict[str, Product]


def orders_for(hint: Hint, view: View, grammar: Grammar) -> list[str]:
    """Return the ids of the customer's orders an "order" hint fits."""
    if hint.form == "exact":
        return [order_id for order_id in view.orders if order_id == hint.values["id"]]
    wanted = _hints(hint, "items")
    return [
        order.order_id
        for order in view.orders.values()
        if all(any(_fits(item, one, grammar) for item in order.items) for one in wanted)
    ]


def items_for(hint: Hint, order: Order, grammar: Grammar) -> list[str]:
    """Return the ids of the items of an order an "item" hint fits."""
    return [item.item_id for item in order.items if _fits(item, hint, grammar)]


def variants_for(hint: Hint, item: OrderItem, product: Product, grammar: Grammar) -> list[str]:
    """Return the ids of the variants a "new" hint fits: what it names is so, and all else as in the old item."""
    if hint.form == "exact":
        return [item_id for item_id in product.variants if item_id == hint.values["id"]]
    said = hint.values["options"]
    count = grammar.count_pairs(said)
    fitting = []
    for variant in product.variants.values():
        changed = {name: value for name, value in variant.options.items() if item.options.get(name) != value}
        if len(changed) == count and grammar.describes(said, changed):
            fitting.append(variant.item_id)
    return fitting


def payments_for(hint: Hint, view: View, order: Order | None) -> list[str]:
    """Return the ids of the customer's payment methods a "payment" hint fits."""
    methods = view.user.payment_methods.values()
    if hint.form == "exact":
        return [method.id for method in methods if method.id == hint.values["id"]]
    if hint.form == "original":
        paid = order.payment_history[0].payment_method_id if order else None
        return [method.id for method in methods if method.id == paid]
    return [method.id for method in methods if _is_payment(method, hint)]


def addresses_for(hint: Hint, view: View, grammar: Grammar) -> list[Address]:
    """Return the different addresses an "address" hint fits."""
    if hint.form == "default":
        return [view.user.address]
    if hint.form == "other_order":
        (order_hint,) = _hints(hint, "order")
        places = [view.orders[order_id].address for order_id in orders_for(order_hint, view, grammar)]
        return [address for address in dict.fromkeys(places) if address.city.lower() == _text(hint, "city").lower()]
    parts = {part: _text(hint, part) for part in ("address1", "address2", "city", "state", "zip")}
    return [Address(country="USA", **parts)]


def change_of(hint: Hint) -> tuple[Hint, Hint]:
    """Return the "item" and the "new" hint of a "change" hint."""
    return _hints(hint, "item")[0], _hints(hint, "new")[0]


def variant_of(product: Product, item_id: str) -> Variant | None:
    """Return a product's variant, or None."""
    return product.variants.get(item_id)


def _fits(item: OrderItem, hint: Hint, grammar: Grammar) -> bool:
    if hint.form == "exact":
        return item.item_id == hint.values["id"]
    if item.name.lower() != _text(hint, "product").lower():
        return False
    return hint.form == "name" or grammar.describes(hint.values["options"], item.options)


def _is_payment(method: PaymentMethod, hint: Hint) -> bool:
    if hint.form == "paypal":
        return isinstance(method, PayPal)
    if hint.form == "gift_card":
        return isinstance(method, GiftCard)
    if not isinstance(method, CreditCard):
        return False
    said = {name: str(value).lower() for name, value in hint.values.items()}
    known = {"brand": method.brand.lower(), "last_four": method.last_four}
    return all(known[name] == value for name, value in said.items())


def _hints(hint: Hint, place: str) -> tuple[Hint, ...]:
    value = hint.values[place]
    return value if isinstance(value, tuple) else ()


def _text(hint: Hint, place: str) -> str:
    return str(hint.values[place])
