"""Generate the tables of a retail world from a seed and a size."""

from collections.abc import Mapping

from msgspec.structs import replace

from cove_rl.domains.customers import most_customers
from cove_rl.domains.generating import MOST_USERS, check_size, stream
from cove_rl.domains.retail.catalogue import catalogue
from cove_rl.domains.retail.customers import enrol
from cove_rl.domains.retail.mix import mix
from cove_rl.domains.retail.purchases import place_orders
from cove_rl.domains.retail.records import Order, Product, User
from cove_rl.domains.retail.stock import stock
from cove_rl.world.world import Tables

DEFAULT_SIZE: Mapping[str, int] = {"products": 50, "users": 500, "orders": 1000}
"""Rows of a world of the usual size: the benchmark's."""


def generate(seed: int, size: Mapping[str, int]) -> Tables:
    """Return the rows of a new world.

    Equal arguments give equal rows on any machine and any supported Python: every choice comes from `random.Random`
    seeded with a text, and nothing depends on the order of a set. Each table has its own stream, so worlds of one seed
    have the same products whatever their number of users.

    Args:
        seed: any whole number.
        size: table name -> number of rows; what is missing has its usual size.

    Raises:
        InputError: if the size names no table, or there can be no such world.
    """
    full = {**DEFAULT_SIZE, **size}
    _check(full)
    products = stock(stream("retail", seed, "products"), full["products"])
    users = enrol(stream("retail", seed, "users"), full["users"])
    orders = place_orders(stream("retail", seed, "orders"), full["orders"], products, users)
    placed: dict[str, list[str]] = {user.user_id: [] for user in users}
    for order in orders.values():
        placed[order.user_id].append(order.order_id)
    customers = {user.user_id: replace(user, orders=tuple(placed[user.user_id])) for user in users}
    return {Product: products, User: customers, Order: orders}


def _check(size: Mapping[str, int]) -> None:
    """Refuse sizes that no world can have."""
    most_orders = size["users"] * mix().orders_per_user
    limits = {
        "products": (len(catalogue().products), "that is what sandbox/retail/catalogue.yaml lists"),
        "users": (min(MOST_USERS, most_customers()), "more would need more names, and a file too large to load"),
        "orders": (most_orders, f"one user places at most {mix().orders_per_user}, so ask for more users"),
    }
    check_size(size, "a retail world", limits)
