"""Place the orders of a generated shop: who orders what, where it goes, how it is paid, and how far it has come."""

import math
from collections.abc import Mapping, Sequence
from random import Random

from cove_rl.domains.customers import buyers
from cove_rl.domains.retail.customers import new_address
from cove_rl.domains.retail.histories import advance
from cove_rl.domains.retail.ids import ShopMint
from cove_rl.domains.retail.mix import mix
from cove_rl.domains.retail.records import Address, Order, OrderItem, Payment, Product, User, Variant
from cove_rl.domains.weights import choose


def place_orders(rng: Random, count: int, products: Mapping[str, Product], users: Sequence[User]) -> dict[str, Order]:
    """Return orders by id, in no particular order.

    Args:
        rng: where every choice comes from.
        count: how many; every user can place `Mix.orders_per_user`.
        products: what can be ordered.
        users: who can order.
    """
    mint = ShopMint(rng)
    lines = list(products.values())
    elsewhere: dict[str, list[Address]] = {}
    orders = {}
    for user in buyers(rng, users, count, most=mix().orders_per_user, idle=mix().users_without_orders):
        address = _destination(rng, user, elsewhere.setdefault(user.user_id, []))
        order = _order(rng, mint.order(), user, address, _basket(rng, lines))
        status = choose(rng, mix().statuses)
        orders[order.order_id] = advance(rng, order, status, user, products, mint.tracking())
    return orders


def _destination(rng: Random, user: User, earlier: list[Address]) -> Address:
    """Return where an order goes; another address than the user's own is added to `earlier`."""
    if rng.random() >= mix().other_address_share:
        return user.address
    if earlier and rng.random() < mix().same_other_address_share:
        return rng.choice(earlier)
    address = new_address(rng)
    while address == user.address or address in earlier:
        address = new_address(rng)
    earlier.append(address)
    return address


def _basket(rng: Random, lines: Sequence[Product]) -> list[OrderItem]:
    """Return one to five distinct items, now and then two variants of one product."""
    count = choose(rng, mix().items_per_order)
    twin = count > 1 and rng.random() < mix().twin_share
    chosen = rng.sample(lines, min(count - twin, len(lines)))
    items = []
    for place, product in enumerate(chosen):
        variants = rng.sample(list(product.variants.values()), 2 if twin and place == 0 else 1)
        items += [order_item(product, variant) for variant in variants]
    rng.shuffle(items)
    return items


def order_item(product: Product, variant: Variant) -> OrderItem:
    """Return a variant as an order lists it."""
    return OrderItem(product.name, product.product_id, variant.item_id, variant.price, variant.options)


def _order(rng: Random, order_id: str, user: User, address: Address, items: Sequence[OrderItem]) -> Order:
    """Return a pending order that has just been paid."""
    total = round(math.fsum(item.price for item in items), 2)
    paid = Payment("payment", total, rng.choice(list(user.payment_methods)))
    return Order(order_id, user.user_id, address, tuple(items), "pending", (), (paid,))
