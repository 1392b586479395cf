"""Find the records a call names, or tell the agent what to look at instead."""

from collections.abc import Mapping
from typing import TypeVar

from cove_rl.domains.retail.records import Order, PaymentMethod, Product, User, Variant
from cove_rl.errors import ToolError, quote
from cove_rl.world.record import Record
from cove_rl.world.state import State
from cove_rl.world.world import World

R = TypeVar("R", bound=Record)


def find_user(state: State, user_id: str) -> User:
    """Return a user.

    Raises:
        ToolError: if there is none of that id.
    """
    user = state.get(User, user_id)
    if user is None:
        raise ToolError(f"There is no user {quote(user_id)}. Find the id by e-mail, or by name and zip code.")
    return user


def find_order(state: State, order_id: str) -> Order:
    """Return an order.

    Raises:
        ToolError: if there is none of that id.
    """
    order = state.get(Order, order_id)
    if order is None:
        hint = "The user's details list their orders." if order_id.startswith("#") else "Order ids start with '#'."
        raise ToolError(f"There is no order {quote(order_id)}. {hint}")
    return order


def find_product(state: State, product_id: str) -> Product:
    """Return a product.

    Raises:
        ToolError: if there is none of that id.
    """
    product = state.get(Product, product_id)
    if product is None:
        raise ToolError(
            f"There is no product {quote(product_id)}. A product id is not an item id: "
            "take it from an order or from the list of product types."
        )
    return product


def find_variant(state: State, product_id: str, item_id: str) -> Variant:
    """Return the variant of a product that can be delivered.

    Raises:
        ToolError: if the product has no such variant, or it is out of stock.
    """
    product = find_product(state, product_id)
    variant = product.variants.get(item_id)
    if variant is None:
        raise ToolError(
            f"Item {quote(item_id)} is not a variant of {product.name}. "
            "An item can only be replaced by another variant of the same product."
        )
    if not variant.available:
        raise ToolError(f"Item {quote(item_id)} is out of stock. Choose a variant that is available.")
    return variant


def find_payment_method(state: State, user_id: str, method_id: str) -> PaymentMethod:
    """Return a payment method from a user's profile.

    Raises:
        ToolError: if there is no such user, or the method is not on their profile.
    """
    methods = find_user(state, user_id).payment_methods
    if method_id not in methods:
        known = ", ".join(methods) or "none"
        raise ToolError(f"Payment method {quote(method_id)} is not on the customer's profile, which has: {known}.")
    return methods[method_id]


def users_by_email(world: World) -> Mapping[str, str]:
    """Return lower-case e-mail -> id of the first user who has it."""
    index: dict[str, str] = {}
    for user_id, user in world.rows(User).items():
        index.setdefault(user.email.lower(), user_id)
    return index


def users_by_name(world: World) -> Mapping[tuple[str, str], list[str]]:
    """Return lower-case first and last name -> ids, in the world's order.

    No tool changes a name or an e-mail address, so the index holds for every state; a zip code can change.
    """
    index: dict[tuple[str, str], list[str]] = {}
    for user_id, user in world.rows(User).items():
        index.setdefault((user.name.first_name.lower(), user.name.last_name.lower()), []).append(user_id)
    return index


def products_by_item(world: World) -> Mapping[str, str]:
    """Return item id -> id of the first product that has such a variant."""
    index: dict[str, str] = {}
    for product_id, product in world.rows(Product).items():
        for item_id in product.variants:
            index.setdefault(item_id, product_id)
    return index
