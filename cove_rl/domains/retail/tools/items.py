"""Check and pair the items that a call wants returned, exchanged or modified."""

from collections import Counter, deque
from collections.abc import Sequence

from cove_rl.domains.retail.quirks import Swap, check_some
from cove_rl.domains.retail.records import Order
from cove_rl.domains.retail.tools.find import find_variant
from cove_rl.errors import ToolError, quote
from cove_rl.world.state import State


def check_owned(state: State, order: Order, item_ids: Sequence[str]) -> None:
    """Refuse items the order does not have, or not as often as they are named.

    Raises:
        ToolError: if an item is missing; in our own worlds also if no item is named at all.
    """
    check_some(state, item_ids)
    owned = Counter(item.item_id for item in order.items)
    for item_id, missing in (Counter(item_ids) - owned).items():
        has = owned[item_id]
        raise ToolError(
            f"Order {order.order_id} has item {quote(item_id)} {has} times, but it is named {has + missing} times. "
            "Name items by the item ids in the order."
        )


def pair(
    state: State, order: Order, item_ids: Sequence[str], new_item_ids: Sequence[str], *, may_keep: bool
) -> list[Swap]:
    """Pair each item of an order with the variant that is to take its place, in the order of the call.

    Args:
        state: the state to look in.
        order: the order, which has the items (see `check_owned`).
        item_ids: what is to go.
        new_item_ids: what is to come, in the same order.
        may_keep: whether an item may be paired with itself.

    Raises:
        ToolError: if the lists differ in length, or a new item is the old one, of another product, or out of stock.
    """
    if len(item_ids) != len(new_item_ids):
        raise ToolError(
            f"{len(item_ids)} items are named but {len(new_item_ids)} new items. Give one new item for each, in order."
        )
    places: dict[str, deque[int]] = {}
    for position, item in enumerate(order.items):
        places.setdefault(item.item_id, deque()).append(position)
    swaps = []
    for item_id, new_item_id in zip(item_ids, new_item_ids, strict=True):
        if item_id == new_item_id and not may_keep:
            raise ToolError(f"Item {quote(item_id)} is to be replaced by itself. Choose a different variant.")
        position = places[item_id].popleft()
        item = order.items[position]
        swaps.append(Swap(position, item, find_variant(state, item.product_id, new_item_id)))
    return swaps
