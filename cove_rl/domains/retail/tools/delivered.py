"""Write tools for orders that have arrived."""

# ruff: noqa: D417  (an agent reads the docstring of a tool, and the state is none of its arguments)

from cove_rl.domains.retail.quirks import may_keep_item, price_difference
from cove_rl.domains.retail.records import GiftCard, Order
from cove_rl.domains.retail.tools.find import find_order, find_payment_method
from cove_rl.domains.retail.tools.items import check_owned, pair
from cove_rl.domains.retail.tools.money import check_balance
from cove_rl.domains.retail.tools.orders import update_order
from cove_rl.errors import ToolError, quote
from cove_rl.world.state import State
from cove_rl.world.tool import tool


@tool("write")
def return_delivered_order_items(state: State, order_id: str, item_ids: list[str], payment_method_id: str) -> Order:
    """Request the return of items of a delivered order. The customer is told by e-mail how to send them back.

    The order can neither be returned nor exchanged again afterwards. Explain this to the customer and get their
    explicit consent (yes) before you call it.

    Args:
        order_id: The order id with the '#' it starts with, for example '#W1234567'.
        item_ids: The item ids to return, as they are in the order; name an item twice to return two of it.
        payment_method_id: Where the refund goes: the payment method the order was paid with, or a gift card from the
            customer's profile.
    """
    order = find_order(state, order_id)
    _check_delivered(order, "returned")
    method = find_payment_method(state, order.user_id, payment_method_id)
    original = order.payment_history[0].payment_method_id if order.payment_history else ""
    if not isinstance(method, GiftCard) and payment_method_id != original:
        raise ToolError(
            f"A refund for order {order.order_id} can only go to {quote(original)}, which paid for it, or to a gift "
            "card of the customer's."
        )
    check_owned(state, order, item_ids)
    return update_order(
        state,
        order,
        status="return requested",
        return_items=tuple(sorted(item_ids)),
        return_payment_method_id=payment_method_id,
    )


@tool("write")
def exchange_delivered_order_items(
    state: State, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
) -> Order:
    """Request the exchange of items of a delivered order for other variants of the same products.

    This works once per order, and the order can no longer be returned afterwards, so collect everything the customer
    wants exchanged first. The customer is told by e-mail how to send the items back. Explain this to the customer and
    get their explicit consent (yes) before you call it.

    Args:
        order_id: The order id with the '#' it starts with, for example '#W1234567'.
        item_ids: The item ids to send back, as they are in the order; name an item twice to exchange two of it.
        new_item_ids: The item ids to get for them, in the same order. Each must be available.
        payment_method_id: The payment method from the customer's profile that pays or receives the price difference,
            for example 'gift_card_1234567'.
    """
    order = find_order(state, order_id)
    _check_delivered(order, "exchanged")
    check_owned(state, order, item_ids)
    swaps = pair(state, order, item_ids, new_item_ids, may_keep=may_keep_item(state))
    difference = round(price_difference(state, swaps), 2)
    check_balance(find_payment_method(state, order.user_id, payment_method_id), difference)
    return update_order(
        state,
        order,
        status="exchange requested",
        exchange_items=tuple(sorted(item_ids)),
        exchange_new_items=tuple(sorted(new_item_ids)),
        exchange_payment_method_id=payment_method_id,
        exchange_price_difference=difference,
    )


def _check_delivered(order: Order, what: str) -> None:
    if order.status != "delivered":
        raise ToolError(f"Order {order.order_id} is {order.status}; only a delivered order can be {what}.")
