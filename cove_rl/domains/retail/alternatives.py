"""Other values an argument of a retail call could have had, all of which would mean something else to the customer."""

# ruff: noqa: ARG001  (every offer takes the same arguments)

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from cove_rl.domains.retail.records import Address, CancelReason, Order, Product, User
from cove_rl.domains.retail.tools.find import products_by_item
from cove_rl.domains.retail.tools.pending import REASONS
from cove_rl.world.call import ToolCall
from cove_rl.world.world import World

T = TypeVar("T")
NEIGHBOURS = 8
"""How many of all the other users and orders of a world are offered."""


def alternatives(world: World, call: ToolCall, argument: str) -> list[Any]:
    """Return other values for one argument of a call, the more tempting ones first; none if it has no such argument.

    A list of items comes back as a list with one item replaced by another. Where the call's lists do not belong to its
    order at all, as when only the order was changed, lists that do are returned instead.
    """
    arguments = call.arguments if isinstance(call.arguments, dict) else {}
    offer = _OFFERS.get(argument, _address_parts if argument in Address.__struct_fields__ else None)
    if offer is None or argument not in arguments:
        return []
    current = arguments[argument]
    return [value for value in offer(world, arguments, argument) if value != current]


def _orders(world: World, arguments: Mapping[str, Any], argument: str) -> list[str]:
    user = _user(world, arguments)
    own = user.orders if user else ()
    return [*own, *_after(world.rows(Order), arguments[argument])]


def _users(world: World, arguments: Mapping[str, Any], argument: str) -> list[str]:
    return _after(world.rows(User), arguments[argument])


def _products(world: World, arguments: Mapping[str, Any], argument: str) -> list[str]:
    return _after(world.rows(Product), arguments[argument])


def _variants(world: World, arguments: Mapping[str, Any], argument: str) -> list[str]:
    product_id = world.derived(products_by_item).get(arguments[argument], "")
    return _variants_of(world, product_id)


def _methods(world: World, arguments: Mapping[str, Any], argument: str) -> list[str]:
    """The customer's other methods, and one that is somebody else's."""
    user = _user(world, arguments)
    if user is None:
        return []
    others = (world.rows(User)[key] for key in _after(world.rows(User), user.user_id))
    foreign = (method for other in others for method in other.payment_methods)
    return [*user.payment_methods, *islice(foreign, 1)]


def _reasons(world: World, arguments: Mapping[str, Any], argument: str) -> Sequence[CancelReason]:
    return REASONS


def _items(world: World, arguments: Mapping[str, Any], argument: str) -> list[list[str]]:
    """One item replaced by another of the order; where only items are named, also one more of them."""
    order = world.rows(Order).get(arguments.get("order_id", ""))
    owned = [item.item_id for item in order.items] if order else []
    current = arguments[argument]
    if not set(current) & set(owned):
        return [owned[:count] for count in range(1, len(owned) + 1)]
    spare = [item for item in owned if item not in current]
    more = [] if "new_item_ids" in arguments else [[*current, item] for item in spare]
    return _replaced(current, [spare] * len(current)) + more


def _new_items(world: World, arguments: Mapping[str, Any], argument: str) -> list[list[str]]:
    """One new item replaced by another variant of the same product, available or not."""
    current, old = arguments[argument], arguments.get("item_ids", [])
    products = [world.derived(products_by_item).get(item, "") for item in old]
    choices = [
        [key for key in _variants_of(world, product_id) if key not in (item, *current)]
        for product_id, item in zip(products, old, strict=True)
    ]
    if [world.derived(products_by_item).get(item) for item in current] == products:
        return _replaced(current, choices)
    fewest = min(map(len, choices), default=0)
    return [[some[turn] for some in choices] for turn in range(fewest)]


def _address_parts(world: World, arguments: Mapping[str, Any], argument: str) -> list[str]:
    """That part of the customer's other addresses and of some strangers'; the country has only one other."""
    user = _user(world, arguments)
    if user is None:
        return []
    own = [user.address, *(world.rows(Order)[key].address for key in user.orders)]
    strange = [world.rows(User)[key].address for key in _after(world.rows(User), user.user_id)]
    values = [str(getattr(address, argument)) for address in own + strange]
    return list(dict.fromkeys([*values, "Canada" if argument == "country" else ""]))


_OFFERS: Mapping[str, Callable[[World, Mapping[str, Any], str], Iterable[Any]]] = {
    "order_id": _orders,
    "user_id": _users,
    "product_id": _products,
    "item_id": _variants,
    "payment_method_id": _methods,
    "reason": _reasons,
    "item_ids": _items,
    "new_item_ids": _new_items,
}


def _user(world: World, arguments: Mapping[str, Any]) -> User | None:
    """Return whose record the call is about."""
    order = world.rows(Order).get(arguments.get("order_id", ""))
    return world.rows(User).get(order.user_id if order else arguments.get("user_id", ""))


def _after(rows: Mapping[str, object], key: str) -> list[str]:
    """Return the keys that follow a key, going round at the end."""
    keys = list(rows)
    start = keys.index(key) + 1 if key in rows else 0
    return (keys[start:] + keys[:start])[:NEIGHBOURS]


def _variants_of(world: World, product_id: str) -> list[str]:
    product = world.rows(Product).get(product_id)
    return list(product.variants) if product else []


def _replaced(values: Sequence[T], choices: Sequence[Iterable[T]]) -> list[list[T]]:
    """Return the list with one element replaced by one of the choices at its place, in every way."""
    return [[*values[:at], new, *values[at + 1 :]] for at in range(len(values)) for new in choices[at]]
