"""Replace an order in the state by a changed one."""

from typing import Any

from msgspec.structs import replace

from cove_rl.domains.retail.records import Order
from cove_rl.world.state import State


def update_order(state: State, order: Order, **fields: Any) -> Order:
    """Put the order into the state with other values in some of its fields, and return it."""
    changed = replace(order, **fields)
    state.put(order.order_id, changed)
    return changed
