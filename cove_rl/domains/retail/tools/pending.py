"""Write tools for orders that have not been shipped."""

# ruff: noqa: D417  (an agent reads the docstring of a tool, and the state is none of its arguments)

from typing import get_args

from cove_rl.domains.retail.quirks import price_difference, refunds, settlement, substituted
from cove_rl.domains.retail.records import Address, CancelReason, Order, Payment
from cove_rl.domains.retail.tools.find import find_order, find_payment_method
from cove_rl.domains.retail.tools.items import check_owned, pair
from cove_rl.domains.retail.tools.money import charge, check_balance
from cove_rl.domains.retail.tools.orders import update_order
from cove_rl.errors import ToolError, quote
from cove_rl.world.state import State
from cove_rl.world.tool import tool

REASONS: tuple[CancelReason, ...] = get_args(CancelReason)


@tool("write")
def cancel_pending_order(state: State, order_id: str, reason: str) -> Order:
    """Cancel a pending order and refund what was paid for it: to gift cards at once, to other methods in a few days.

    Explain this to the customer and get their explicit consent (yes) before you call it.

    Args:
        order_id: The order id with the '#' it starts with, for example '#W1234567'.
        reason: Why the customer cancels: 'no longer needed' or 'ordered by mistake'.
    """
    order = find_order(state, order_id)
    if order.status != "pending":
        raise ToolError(_unsuitable(order, "cancelled, and only while its items have not been modified"))
    if reason not in REASONS:
        raise ToolError(f"{quote(reason)} is no reason to cancel; the reasons are: {', '.join(map(repr, REASONS))}.")
    given_back = refunds(state, order.payment_history)
    for refund in given_back:
        charge(state, order.user_id, refund.payment_method_id, -refund.amount)
    return update_order(
        state,
        order,
        status="cancelled",
        cancel_reason=next(known for known in REASONS if known == reason),
        payment_history=(*order.payment_history, *given_back),
    )


@tool("write")
def modify_pending_order_address(
    view: State,
    order_id: str,
    address1: str,
    address2: str,
    city: str,
    state: str,
    country: str,
    zip: str,  # noqa: A002
) -> Order:
    """Change where a pending order is delivered. The customer's own address stays as it is.

    Explain this to the customer and get their explicit consent (yes) before you call it.

    Args:
        order_id: The order id with the '#' it starts with, for example '#W1234567'.
        address1: Street and house number, for example '18 Garden Street'.
        address2: Suite or apartment, for example 'Apt 4'; an empty text if there is none.
        city: The city, for example 'Portland'.
        state: The state's abbreviation, for example 'OR'.
        country: The country, for example 'USA'.
        zip: The zip code, for example '97205'.
    """
    order = find_order(view, order_id)
    _check_open(order)
    address = Address(address1=address1, address2=address2, city=city, country=country, state=state, zip=zip)
    return update_order(view, order, address=address)


@tool("write")
def modify_pending_order_payment(state: State, order_id: str, payment_method_id: str) -> Order:
    """Have a pending order paid with another payment method; the first one gets its money back.

    This works once per order. Explain it to the customer and get their explicit consent (yes) before you call it.

    Args:
        order_id: The order id with the '#' it starts with, for example '#W1234567'.
        payment_method_id: The new payment method from the customer's profile, for example 'credit_card_1234567'. A
            gift card must hold the whole amount.
    """
    order = find_order(state, order_id)
    _check_open(order)
    method = find_payment_method(state, order.user_id, payment_method_id)
    history = order.payment_history
    if len(history) != 1 or history[0].transaction_type != "payment":
        raise ToolError(
            f"Order {order.order_id} has {len(history)} entries in its payment history. The payment method can only "
            "be changed while there is exactly one payment and nothing else."
        )
    amount, former = history[0].amount, history[0].payment_method_id
    if former == payment_method_id:
        raise ToolError(f"Order {order.order_id} is already paid with {quote(former)}. Choose another payment method.")
    check_balance(method, amount)
    charge(state, order.user_id, payment_method_id, amount)
    charge(state, order.user_id, former, -amount)
    moved = (Payment("payment", amount, payment_method_id), Payment("refund", amount, former))
    return update_order(state, order, payment_history=(*history, *moved))


@tool("write")
def modify_pending_order_items(
    state: State, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
) -> Order:
    """Replace items of a pending order by other variants of the same products.

    This works once per order and the order can no longer be cancelled afterwards, so collect everything the customer
    wants replaced first. Explain it to the customer and get their explicit consent (yes) before you call it.

    Args:
        order_id: The order id with the '#' it starts with, for example '#W1234567'.
        item_ids: The item ids to replace, as they are in the order; name an item twice to replace two of it.
        new_item_ids: The item ids to put in their place, in the same order. Each must be available.
        payment_method_id: The payment method from the customer's profile that pays or receives the price difference,
            for example 'gift_card_1234567'.
    """
    order = find_order(state, order_id)
    if order.status != "pending":
        raise ToolError(_unsuitable(order, "modified, and its items only once"))
    check_owned(state, order, item_ids)
    swaps = pair(state, order, item_ids, new_item_ids, may_keep=False)
    difference = price_difference(state, swaps)
    check_balance(find_payment_method(state, order.user_id, payment_method_id), difference)
    charge(state, order.user_id, payment_method_id, difference)
    return update_order(
        state,
        order,
        status="pending (item modified)",
        items=substituted(state, order.items, swaps),
        payment_history=(*order.payment_history, *settlement(state, difference, payment_method_id)),
    )


def _check_open(order: Order) -> None:
    if "pending" not in order.status:
        raise ToolError(_unsuitable(order, "modified"))


def _unsuitable(order: Order, what: str) -> str:
    return f"Order {order.order_id} is {order.status}; only a pending order can be {what}."
