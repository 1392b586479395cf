"""Generate the tables of a retail world from a seed and a size."""

from collections.abc import Mapping
from random import Random

from msgspec.structs import replace

from cove_rl.domains.customers import most_customers
from cove_rl.domains.data import short
from cove_rl.domains.retail.catalogue import catalogue
from cove_rl.domains.retail.customers import enrol
from cove_rl.domains.retail.mix import mix
from cove_rl.domains.retail.purchases import place_orders
from cove_rl.domains.retail.records import TABLES, Order, Product, User
from cove_rl.domains.retail.stock import stock
from cove_rl.errors import InputError
from cove_rl.world.world import Tables

DEFAULT_SIZE: Mapping[str, int] = {"products": 50, "users": 500, "orders": 1000}
"""Rows of a world of the usual size: the benchmark's."""

MOST_USERS = 5_000
"""Beyond this, with every user placing orders, a world file gets too large to be read in one piece."""


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
    products = stock(_stream(seed, "products"), full["products"])
    users = enrol(_stream(seed, "users"), full["users"])
    orders = place_orders(_stream(seed, "orders"), full["orders"], products, users)
    placed: dict[str, list[str]] = {user.user_id: [] for user in users}
    for order in orders.values():
        placed[order.user_id].append(order.order_id)
    customers = {user.user_id: replace(user, orders=tuple(placed[user.user_id])) for user in users}
    return {Product: products, User: customers, Order: orders}


def _stream(seed: int, table: str) -> Random:
    return Random(f"retail {table} {seed}")  # noqa: S311  (reproducible on purpose)


def _check(size: Mapping[str, int]) -> None:
    """Refuse sizes that no world can have."""
    unknown = sorted(size.keys() - TABLES.keys())
    if unknown:
        raise InputError(f"a retail world has no table '{short(unknown[0])}'; its tables are {', '.join(TABLES)}")
    most_orders = size["users"] * mix().orders_per_user
    limits = {
        "products": (len(catalogue().products), "that is what sandbox/retail/catalogue.yaml lists"),
        "users": (min(MOST_USERS, most_customers()), "more would need more names, and a file too large to load"),
        "orders": (most_orders, f"one user places at most {mix().orders_per_user}, so ask for more users"),
    }
    for table, (most, why) in limits.items():
        if not 1 <= size[table] <= most:
            reason = why if size[table] > most else "an empty world has nothing to ask about"
            raise InputError(f"a retail world cannot have {size[table]} {table}: give 1 to {most}; {reason}")
