"""Say what is wrong with a retail database: ids that lead nowhere, money that cannot be, records that disagree."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, cast

from cove_rl.domains.check import amount, twice
from cove_rl.domains.retail.records import GiftCard, Order, Product, User, Variant
from cove_rl.world.world import Tables


class _Shop(NamedTuple):
    """The three tables, and every variant by item id."""

    products: Mapping[str, Product]
    users: Mapping[str, User]
    orders: Mapping[str, Order]
    variants: Mapping[str, Variant]


def problems(tables: Tables) -> list[str]:
    """Return what is wrong with a retail database, one line each; [] if it is sound.

    A line starts with the place: ``orders/#W0123456: user_id 'x' is not in users``. What an order was placed at may
    differ from today's price and options, but every item must still be a variant of its product.

    Args:
        tables: the rows by `Product`, `User` and `Order`; a missing table counts as empty.
    """
    products = cast("Mapping[str, Product]", tables.get(Product, {}))
    variants = {item_id: variant for product in products.values() for item_id, variant in product.variants.items()}
    shop = _Shop(
        products,
        cast("Mapping[str, User]", tables.get(User, {})),
        cast("Mapping[str, Order]", tables.get(Order, {})),
        variants,
    )
    return [
        *_product_problems(shop),
        *(f"users/{key}: {what}" for key, user in shop.users.items() for what in _user(shop, key, user)),
        *_lookup_problems(shop),
        *(f"orders/{key}: {what}" for key, order in shop.orders.items() for what in _order(shop, key, order)),
    ]


def _product_problems(shop: _Shop) -> Iterator[str]:
    owner: dict[str, str] = {}
    for key, product in shop.products.items():
        if product.product_id != key:
            yield f"products/{key}: product_id is '{product.product_id}'"
        for item_id, variant in product.variants.items():
            where = f"products/{key}/{item_id}"
            if variant.item_id != item_id:
                yield f"{where}: item_id is '{variant.item_id}'"
            if owner.setdefault(item_id, key) != key:
                yield f"{where}: product '{owner[item_id]}' has a variant of that id, too"
            if not amount(variant.price):
                yield f"{where}: price {variant.price} is not a finite number of dollars from 0 up"
        for options in twice(tuple(sorted(variant.options.items())) for variant in product.variants.values()):
            yield f"products/{key}: two variants have the options {dict(options)}"
    for name in twice(product.name for product in shop.products.values()):
        yield f"products: two are named '{name}'"


def _user(shop: _Shop, key: str, user: User) -> Iterator[str]:
    if user.user_id != key:
        yield f"user_id is '{user.user_id}'"
    if not user.payment_methods:
        yield "there is no payment method"
    for method_id, method in user.payment_methods.items():
        if method.id != method_id:
            yield f"payment method '{method_id}' has the id '{method.id}'"
        if isinstance(method, GiftCard) and not amount(method.balance):
            yield f"payment method '{method_id}' has the balance {method.balance}"
    for order_id in user.orders:
        order = shop.orders.get(order_id)
        if order is None:
            yield f"order '{order_id}' is not in orders"
        elif order.user_id != key:
            yield f"order '{order_id}' belongs to '{order.user_id}'"
    for order_id in twice(user.orders):
        yield f"order '{order_id}' is listed twice"


def _lookup_problems(shop: _Shop) -> Iterator[str]:
    """Yield why looking a user up by what they say of themselves would find two."""
    users = shop.users.values()
    for email in twice(user.email.lower() for user in users):
        yield f"users: two have the e-mail address '{email}'"
    for identity in twice(
        (user.name.first_name.lower(), user.name.last_name.lower(), user.address.zip) for user in users
    ):
        yield f"users: two have the first name, last name and zip code {identity}"
    owners: dict[str, str] = {}
    for user in users:
        for method_id in user.payment_methods:
            if owners.setdefault(method_id, user.user_id) != user.user_id:
                yield f"users/{user.user_id}: payment method '{method_id}' is also one of '{owners[method_id]}'"


def _order(shop: _Shop, key: str, order: Order) -> Iterator[str]:
    if order.order_id != key:
        yield f"order_id is '{order.order_id}'"
    user = shop.users.get(order.user_id)
    if user is None:
        yield f"user_id '{order.user_id}' is not in users"
    elif key not in user.orders:
        yield f"user '{order.user_id}' does not list it"
    yield from _items(shop, order)
    yield from _parcels(order)
    methods = () if user is None else tuple(user.payment_methods)
    yield from _payments(order, methods)
    yield from _requests(shop, order, methods)


def _items(shop: _Shop, order: Order) -> Iterator[str]:
    if not order.items:
        yield "there are no items"
    for item in order.items:
        product = shop.products.get(item.product_id)
        if product is None:
            yield f"item '{item.item_id}': product_id '{item.product_id}' is not in products"
        elif item.item_id not in product.variants:
            yield f"item '{item.item_id}' is no variant of product '{item.product_id}'"
        elif item.name != product.name:
            yield f"item '{item.item_id}' is named '{item.name}', but its product '{product.name}'"
        if not amount(item.price):
            yield f"item '{item.item_id}' has the price {item.price}"


def _parcels(order: Order) -> Iterator[str]:
    sent = Counter(item_id for parcel in order.fulfillments for item_id in parcel.item_ids)
    for item_id in sent - Counter(item.item_id for item in order.items):
        yield f"item '{item_id}' is in a parcel more often than in the order"
    if order.fulfillments and order.status.startswith("pending"):
        yield f"there is a parcel, but the status is '{order.status}'"


def _payments(order: Order, methods: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with the money; `methods` is empty if the user is unknown, which is reported once."""
    if not order.payment_history:
        yield "there is no payment"
    elif order.payment_history[0].transaction_type != "payment":
        yield "the first transaction is not a payment"
    for payment in order.payment_history:
        if methods and payment.payment_method_id not in methods:
            yield f"payment method '{payment.payment_method_id}' is not one of user '{order.user_id}'"
        if not amount(payment.amount):
            yield f"a {payment.transaction_type} has the amount {payment.amount}"


def _requests(shop: _Shop, order: Order, methods: Iterable[str]) -> Iterator[str]:
    """Yield where the fields of a cancellation, a return or an exchange disagree with the status or the items."""
    if order.cancel_reason is not None and order.status != "cancelled":
        yield f"cancel_reason is set, but the status is '{order.status}'"
    fields = {
        "return requested": ("return_items", "return_payment_method_id"),
        "exchange requested": (
            "exchange_items",
            "exchange_new_items",
            "exchange_payment_method_id",
            "exchange_price_difference",
        ),
    }
    for status, names in fields.items():
        for name in names:
            if (getattr(order, name) is not None) != (order.status == status):
                yield f"{name} is {getattr(order, name)!r}, but the status is '{order.status}'"
    held = Counter(item.item_id for item in order.items)
    for item_id in Counter([*(order.return_items or ()), *(order.exchange_items or ())]) - held:
        yield f"item '{item_id}' is to be sent back more often than it is in the order"
    for item_id in order.exchange_new_items or ():
        if item_id not in shop.variants:
            yield f"exchange_new_items: '{item_id}' is no variant of any product"
    if len(order.exchange_items or ()) != len(order.exchange_new_items or ()):
        yield "exchange_items and exchange_new_items differ in length"
    for method_id in (order.return_payment_method_id, order.exchange_payment_method_id):
        if methods and method_id is not None and method_id not in methods:
            yield f"payment method '{method_id}' is not one of user '{order.user_id}'"
    if not math.isfinite(order.exchange_price_difference or 0.0):
        yield f"exchange_price_difference is {order.exchange_price_difference}"
