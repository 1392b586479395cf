"""Draw requests the policy allows. Each function takes one in, if the customer's orders have room for it."""

from cove_rl.domains.retail.constraints import (
    CancelOrder,
    ChangeOrderAddress,
    ChangePayment,
    ChangeUserAddress,
    ExchangeItems,
    ModifyItems,
    ReturnItems,
)
from cove_rl.domains.retail.customers import new_address
from cove_rl.domains.retail.records import Address, CancelReason, GiftCard, Order, OrderItem, PaymentMethod
from cove_rl.domains.retail.sampling.basket import Basket
from cove_rl.sandbox import read_yaml
from cove_rl.world.hint import Request

REASONS: tuple[CancelReason, ...] = ("no longer needed", "ordered by mistake")


def cancel_order(basket: Basket) -> bool:
    """Cancel a pending order."""
    order = basket.choose(basket.orders("pending"))
    if order is None:
        return False
    reason = basket.rng.choice(REASONS)
    hints = (basket.describe.order(order), basket.describe.reason(reason))
    return basket.add(Request(CancelOrder(order.order_id, reason), "cancel_order", hints), closes=order.order_id)


def return_items(basket: Basket) -> bool:
    """Return some items of a delivered order, refunded as the policy allows."""
    order = basket.choose(basket.orders("delivered"))
    if order is None:
        return False
    items = some_items(basket, order.items)
    method = basket.choose(refund_methods(basket, order))
    if method is None:
        return False
    constraint = ReturnItems(order.order_id, tuple(item.item_id for item in items), method.id)
    told = basket.describe.order(order)
    hints = (
        told,
        basket.describe.items(order, constraint.item_ids, told),
        basket.describe.payment(method, order),
    )
    return basket.add(Request(constraint, "return_items", hints), closes=order.order_id)


def modify_items(basket: Basket) -> bool:
    """Change items of a pending order; whatever else is wanted of that order has been said before."""
    return _swap(basket, basket.choose(basket.orders("pending", untouched=False)), ModifyItems)


def exchange_items(basket: Basket) -> bool:
    """Exchange items of a delivered order."""
    return _swap(basket, basket.choose(basket.orders("delivered")), ExchangeItems)


def _swap(basket: Basket, order: Order | None, kind: type[ModifyItems] | type[ExchangeItems]) -> bool:
    if order is None:
        return False
    swaps = swaps_for(basket, some_items(basket, order.items), available=True)
    difference = price_difference(basket, order, swaps)
    methods = [method for method in basket.view.user.payment_methods.values() if basket.covers(method, difference)]
    method = basket.choose(methods)
    if not swaps or method is None:
        return False
    told = basket.describe.order(order)
    # "the one I paid with" is open to doubt once another request has changed the payment
    paid_with = order if kind is ExchangeItems else None
    hints = (told, basket.describe.changes(order, swaps, told), basket.describe.payment(method, paid_with))
    constraint = kind(order.order_id, tuple(swaps), tuple(swaps.values()), method.id)
    taken = basket.add(Request(constraint, "swap_items", hints), closes=order.order_id)
    if taken and kind is ExchangeItems:
        basket.charge(method, difference)
    return taken


def change_payment(basket: Basket) -> bool:
    """Pay a pending order with another method that covers it."""
    order = basket.choose(basket.orders("pending", untouched=False, without="change_payment"))
    if order is None or len(order.payment_history) != 1:
        return False
    (paid,) = order.payment_history
    methods = [
        method
        for method in basket.view.user.payment_methods.values()
        if method.id != paid.payment_method_id and basket.covers(method, paid.amount)
    ]
    method = basket.choose(methods)
    if method is None:
        return False
    hints = (basket.describe.order(order), basket.describe.payment(method))
    return basket.add(Request(ChangePayment(order.order_id, method.id), "change_payment", hints))


def change_order_address(basket: Basket) -> bool:
    """Send a pending order to another address: the default, another order's, or a new one."""
    orders = basket.orders("pending", untouched=False, without="change_order_address")
    order = basket.choose(order for order in orders if basket.may_move(order.order_id))
    if order is None:
        return False
    address = _another_address(basket, order.address, order.order_id)
    sources = basket.sources(order.order_id)
    hints = (
        basket.describe.order(order),
        basket.describe.address(address, sources, default=not basket.default_moves),
    )
    constraint = ChangeOrderAddress(order.order_id, address)
    return basket.add(Request(constraint, "change_order_address", hints), moves=order.order_id)


def change_user_address(basket: Basket) -> bool:
    """Change the default address: to one of an order, or to a new one."""
    user = basket.view.user
    if not basket.may_move(""):
        return False
    address = _another_address(basket, user.address, "")
    hints = (basket.describe.address(address, basket.sources(""), default=False),)
    return basket.add(Request(ChangeUserAddress(user.user_id, address), "change_user_address", hints), moves="")


def _another_address(basket: Basket, current: Address, target: str) -> Address:
    """Return an address other than the current one, half of the time one the customer already uses."""
    places = [order.address for order in basket.sources(target)]
    if target and not basket.default_moves:
        places.append(basket.view.user.address)
    known = [place for place in dict.fromkeys(places) if place != current]
    if known and basket.rng.random() < 0.6:
        return basket.rng.choice(known)
    return new_address(basket.rng)


def refund_methods(basket: Basket, order: Order) -> list[PaymentMethod]:
    """Return the methods a refund may go to: the one that paid, or a gift card."""
    paid = order.payment_history[0].payment_method_id
    methods = basket.view.user.payment_methods.values()
    return [method for method in methods if method.id == paid or isinstance(method, GiftCard)]


def some_items(basket: Basket, items: tuple[OrderItem, ...]) -> list[OrderItem]:
    """Return one to three items of an order."""
    most = min(int(read_yaml("retail/requests.yaml")["most_items"]), len(items))
    return basket.rng.sample(items, basket.rng.randint(1, most))


def swaps_for(basket: Basket, items: list[OrderItem], *, available: bool) -> dict[str, str]:
    """Return old item id -> id of another variant of the same product; items without one are left out."""
    swaps: dict[str, str] = {}
    for item in items:
        variants = basket.view.products[item.product_id].variants.values()
        new = basket.choose(
            variant
            for variant in variants
            if variant.available == available
            and variant.item_id not in swaps.values()
            and variant.options != item.options
            and variant.item_id != item.item_id
        )
        if new is not None:
            swaps[item.item_id] = new.item_id
    return swaps


def price_difference(basket: Basket, order: Order, swaps: dict[str, str]) -> float:
    """Return what the new items cost more than the old ones, in US dollars."""
    products = basket.view.products
    old = {item.item_id: item for item in order.items}
    return round(sum(products[old[i].product_id].variants[n].price - old[i].price for i, n in swaps.items()), 2)
