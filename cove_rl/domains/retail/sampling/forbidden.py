"""Draw requests the policy forbids, or leaves to a human; each function takes one in if there is an occasion."""

from cove_rl.domains.retail.records import GiftCard, Order
from cove_rl.domains.retail.refusals import (
    HandOver,
    RefuseGiftCard,
    RefuseRefund,
    RefuseStatus,
    RefuseStranger,
    RefuseUnavailable,
)
from cove_rl.domains.retail.sampling.allowed import REASONS, refund_methods, some_items, swaps_for
from cove_rl.domains.retail.sampling.basket import Basket
from cove_rl.world.hint import Hint, Request

RULED_OUT = {
    "cancel_order": ("processed", "delivered", "pending (item modified)", "exchange requested", "return requested"),
    "return_items": ("pending", "processed", "cancelled", "exchange requested", "return requested"),
    "swap_items": ("processed", "cancelled", "pending (item modified)", "exchange requested", "return requested"),
    "change_order_address": ("processed", "delivered", "cancelled", "pending (item modified)"),
    "change_payment": ("processed", "delivered", "cancelled", "pending (item modified)"),
}
"""What a customer asks for -> the statuses in which the policy does not allow it."""


def refuse_status(basket: Basket) -> bool:
    """Ask for something an order's status rules out."""
    asked = basket.rng.choice(list(RULED_OUT))
    order = basket.choose(basket.orders(*RULED_OUT[asked]))
    if order is None:
        return False
    told = basket.describe.order(order)
    details = _details(basket, asked, order, told)
    if details is None:
        return False
    request = Request(RefuseStatus(order.order_id, asked), asked, (told, *details))
    return basket.add(request, closes=order.order_id)


def _details(basket: Basket, asked: str, order: Order, told: Hint) -> tuple[Hint, ...] | None:
    """Return the other hints such a request would come with, were it allowed."""
    describe = basket.describe
    method = basket.choose(basket.view.user.payment_methods.values())
    if method is None:
        return None
    if asked == "cancel_order":
        return (describe.reason(basket.rng.choice(REASONS)),)
    if asked == "return_items":
        items = [item.item_id for item in some_items(basket, order.items)]
        return (describe.items(order, items, told), describe.payment(method))
    if asked == "swap_items":
        swaps = swaps_for(basket, some_items(basket, order.items), available=True)
        return (describe.changes(order, swaps, told), describe.payment(method)) if swaps else None
    if asked == "change_payment":
        return (describe.payment(method),)
    sources = basket.sources(order.order_id)
    return (describe.address(basket.view.user.address, sources, default=not basket.default_moves),)


def refuse_gift_card(basket: Basket) -> bool:
    """Ask to pay an order with a gift card that does not cover it."""
    occasions = [
        (order, method)
        for order in basket.orders("pending")
        for method in basket.view.user.payment_methods.values()
        if isinstance(method, GiftCard)
        and method.id != order.payment_history[0].payment_method_id
        and basket.balance(method) < order.payment_history[0].amount
    ]
    chosen = basket.choose(occasions)
    if chosen is None:
        return False
    order, method = chosen
    hints = (basket.describe.order(order), basket.describe.payment(method))
    request = Request(RefuseGiftCard(order.order_id, method.id), "change_payment", hints)
    return basket.add(request, closes=order.order_id, scant=method.id)


def refuse_refund(basket: Basket) -> bool:
    """Ask for a refund to a method that neither paid nor is a gift card."""
    order = basket.choose(basket.orders("delivered"))
    if order is None:
        return False
    fair = refund_methods(basket, order)
    method = basket.choose(one for one in basket.view.user.payment_methods.values() if one not in fair)
    if method is None:
        return False
    items = tuple(item.item_id for item in some_items(basket, order.items))
    told = basket.describe.order(order)
    hints = (told, basket.describe.items(order, items, told), basket.describe.payment(method))
    request = Request(RefuseRefund(order.order_id, items, method.id), "return_items", hints)
    return basket.add(request, closes=order.order_id)


def refuse_unavailable(basket: Basket) -> bool:
    """Ask to swap an item for a variant that is out of stock."""
    order = basket.choose(basket.orders("pending", "delivered"))
    method = basket.choose(basket.view.user.payment_methods.values())
    if order is None or method is None:
        return False
    swaps = swaps_for(basket, [basket.rng.choice(order.items)], available=False)
    if not swaps:
        return False
    ((item_id, new_item_id),) = swaps.items()
    product_id = next(item.product_id for item in order.items if item.item_id == item_id)
    told = basket.describe.order(order)
    hints = (told, basket.describe.changes(order, swaps, told), basket.describe.payment(method))
    constraint = RefuseUnavailable(order.order_id, "swap_items", item_id, product_id, new_item_id, method.id)
    return basket.add(Request(constraint, "swap_items", hints), closes=order.order_id)


def refuse_stranger(basket: Basket) -> bool:
    """Ask to cancel an order of somebody else, whose number the customer has got hold of."""
    others = list(basket.world.rows(Order).values())
    order = basket.rng.choice(others)
    if order.user_id == basket.view.user.user_id:
        return False
    hints = (
        Hint("order", "exact", {"id": order.order_id}, exact=True),
        basket.describe.reason(basket.rng.choice(REASONS)),
    )
    constraint = RefuseStranger(order.order_id, "cancel_order", basket.view.user.user_id)
    return basket.add(Request(constraint, "cancel_order", hints))


def hand_over(basket: Basket) -> bool:
    """Report something only a human can solve. It ends the conversation, so it must come last."""
    order = basket.choose(basket.orders("cancelled", "delivered", "processed"))
    if order is None:
        return False
    problem = "restore_order" if order.status == "cancelled" else "missing_parcel"
    constraint = HandOver(order.order_id, "restore_order" if order.status == "cancelled" else "missing_parcel")
    return basket.add(Request(constraint, problem, (basket.describe.order(order),)), closes=order.order_id)
