"""Read tools: who the customer is, what they ordered, what the shop sells."""

# ruff: noqa: D417  (an agent reads the docstring of a tool, and the state is none of its arguments)

import json

from cove_rl.domains.retail.records import Order, Product, User, Variant
from cove_rl.domains.retail.tools.find import (
    find_order,
    find_product,
    find_user,
    products_by_item,
    users_by_email,
    users_by_name,
)
from cove_rl.errors import ToolError, quote
from cove_rl.world.state import State
from cove_rl.world.tool import tool
from cove_rl.world.world import World


@tool("read")
def find_user_id_by_email(state: State, email: str) -> str:
    """Look up a customer's user id by e-mail address. Upper and lower case are the same.

    Args:
        email: The customer's e-mail address, for example 'kim.sample@example.com'.
    """
    user_id = state.world.derived(users_by_email).get(email.lower())
    if user_id is None:
        raise ToolError(
            f"No user has the e-mail address {quote(email)}. Ask for another one, or for name and zip code."
        )
    return user_id


@tool("read")
def find_user_id_by_name_zip(state: State, first_name: str, last_name: str, zip: str) -> str:  # noqa: A002
    """Look up a customer's user id by full name and zip code, for a customer who cannot be found by e-mail.

    Args:
        first_name: The customer's first name; upper and lower case are the same.
        last_name: The customer's last name; upper and lower case are the same.
        zip: The zip code of the customer's address, exactly as it is written, for example '97205'.
    """
    for user_id in state.world.derived(users_by_name).get((first_name.lower(), last_name.lower()), ()):
        if find_user(state, user_id).address.zip == zip:
            return user_id
    raise ToolError(
        f"No user is named {quote(first_name)} {quote(last_name)} with zip code {quote(zip)}. "
        "Check the spelling with the customer, or ask for their e-mail address."
    )


@tool("read")
def get_user_details(state: State, user_id: str) -> User:
    """Show a customer's profile: name, address, e-mail, payment methods and the ids of their orders.

    Args:
        user_id: The user id, for example 'kim_sample_1234'.
    """
    return find_user(state, user_id)


@tool("read")
def get_order_details(state: State, order_id: str) -> Order:
    """Show an order: its status, items, address, parcels and payments.

    Args:
        order_id: The order id with the '#' it starts with, for example '#W1234567'.
    """
    return find_order(state, order_id)


@tool("read")
def get_product_details(state: State, product_id: str) -> Product:
    """Show a product and all its variants with their options, price and availability.

    Args:
        product_id: The product id, for example '1234567890'. It is not the id of an item.
    """
    return find_product(state, product_id)


@tool("read")
def get_item_details(state: State, item_id: str) -> Variant:
    """Show one variant of a product: its options, price and availability.

    Args:
        item_id: The item id, for example '2345678901'. It is not the id of a product.
    """
    product_id = state.world.derived(products_by_item).get(item_id)
    if product_id is None:
        raise ToolError(
            f"There is no item {quote(item_id)}. An item id is not a product id; see an order or a product."
        )
    return find_product(state, product_id).variants[item_id]


@tool("read")
def list_all_product_types(state: State) -> str:
    """List the name and product id of everything the shop sells. Each product has several variants."""
    return state.world.derived(_product_types)


def _product_types(world: World) -> str:
    names = {product.name: product_id for product_id, product in world.rows(Product).items()}
    return json.dumps(names, sort_keys=True)
