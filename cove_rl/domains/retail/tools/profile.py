"""The write tool for a customer's profile."""

# ruff: noqa: D417  (an agent reads the docstring of a tool, and the state is none of its arguments)

from msgspec.structs import replace

from cove_rl.domains.retail.records import Address, User
from cove_rl.domains.retail.tools.find import find_user
from cove_rl.world.state import State
from cove_rl.world.tool import tool


@tool("write")
def modify_user_address(
    view: State,
    user_id: str,
    address1: str,
    address2: str,
    city: str,
    state: str,
    country: str,
    zip: str,  # noqa: A002
) -> User:
    """Change the address in a customer's profile. Orders keep the address they have.

    Explain this to the customer and get their explicit consent (yes) before you call it.

    Args:
        user_id: The user id, for example 'kim_sample_1234'.
        address1: Street and house number, for example '18 Garden Street'.
        address2: Suite or apartment, for example 'Apt 4'; an empty text if there is none.
        city: The city, for example 'Portland'.
        state: The state's abbreviation, for example 'OR'.
        country: The country, for example 'USA'.
        zip: The zip code, for example '97205'.
    """
    user = find_user(view, user_id)
    address = Address(address1=address1, address2=address2, city=city, country=country, state=state, zip=zip)
    moved = replace(user, address=address)
    view.put(user_id, moved)
    return moved
