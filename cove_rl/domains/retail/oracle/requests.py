"""How the oracle deals with each kind of request: gather, check against the policy, propose, write, report."""

from collections.abc import Generator
from typing import Any

from cove_rl.domains.retail.oracle.counter import Counter, Swap
from cove_rl.domains.retail.oracle.wording import address_words, items_words, money, payment_words, swaps_words
from cove_rl.domains.retail.records import GiftCard, Order, PaymentMethod
from cove_rl.speech.desk import Asked, Step

Work = Generator[Step, Any, None]


def cancel(counter: Counter, asked: Asked) -> Work:
    """Cancel a pending order."""
    order = yield from _order(counter, asked, "pending")
    if order is None:
        return
    reason = yield from counter.desk.need(asked, "reason", "ask.reason")
    if reason is None:
        return counter.desk.tell("give_up")
    payment = (yield from counter.user()).payment_methods[order.payment_history[0].payment_method_id]
    said = {
        "order": order.order_id,
        "items": items_words(order.items),
        "reason": reason.form,
        "total": money(order.payment_history[0].amount),
        "payment": payment_words(payment),
    }
    arguments = {"order_id": order.order_id, "reason": reason.form}
    yield from _finish(counter, asked, "cancel_order", said, "cancel_pending_order", arguments)


def return_items(counter: Counter, asked: Asked) -> Work:
    """Return items of a delivered order."""
    order = yield from _order(counter, asked, "delivered")
    if order is None:
        return
    items = yield from counter.items(asked, order)
    payment = None if items is None else (yield from counter.payment(asked, order, "ask.refund"))
    if items is None or payment is None:
        return counter.desk.tell("give_up")
    if not isinstance(payment, GiftCard) and payment.id != order.payment_history[0].payment_method_id:
        return counter.desk.tell("refuse.refund")
    said = {
        "order": order.order_id,
        "items": items_words(items),
        "total": money(sum(item.price for item in items)),
        "payment": payment_words(payment),
    }
    arguments = {
        "order_id": order.order_id,
        "item_ids": [item.item_id for item in items],
        "payment_method_id": payment.id,
    }
    yield from _finish(counter, asked, "return_items", said, "return_delivered_order_items", arguments)


def swap_items(counter: Counter, asked: Asked) -> Work:
    """Change items of a pending order, or exchange items of a delivered one."""
    order = yield from _order(counter, asked, "pending", "delivered")
    if order is None:
        return
    swaps = yield from counter.swaps(asked, order)
    if swaps is None:
        return counter.desk.tell("give_up")
    if not all(swap.new.available for swap in swaps):
        return counter.desk.tell("refuse.unavailable")
    payment = yield from counter.payment(asked, order, "ask.difference")
    if payment is None:
        return counter.desk.tell("give_up")
    difference = round(sum(swap.new.price - swap.item.price for swap in swaps), 2)
    if _too_little(payment, difference):
        return _refuse_gift_card(counter, payment, difference)
    yield from _swap(counter, asked, order, swaps, payment, difference)


def _swap(
    counter: Counter, asked: Asked, order: Order, swaps: list[Swap], payment: PaymentMethod, difference: float
) -> Work:
    kind = "modify_items" if order.status == "pending" else "exchange_items"
    tools = {"modify_items": "modify_pending_order_items", "exchange_items": "exchange_delivered_order_items"}
    total = f"{money(abs(difference))} {'to pay' if difference > 0 else 'back'}"
    said = {
        "order": order.order_id,
        "changes": swaps_words(swaps),
        "total": total,
        "payment": payment_words(payment),
    }
    arguments = {
        "order_id": order.order_id,
        "item_ids": [swap.item.item_id for swap in swaps],
        "new_item_ids": [swap.new.item_id for swap in swaps],
        "payment_method_id": payment.id,
    }
    yield from _finish(counter, asked, kind, said, tools[kind], arguments)


def change_payment(counter: Counter, asked: Asked) -> Work:
    """Pay a pending order with another method."""
    order = yield from _order(counter, asked, "pending")
    if order is None:
        return
    payment = yield from counter.payment(asked, order, "ask.payment")
    if payment is None:
        return counter.desk.tell("give_up")
    total = order.payment_history[0].amount
    if _too_little(payment, total):
        return _refuse_gift_card(counter, payment, total)
    said = {"order": order.order_id, "total": money(total), "payment": payment_words(payment)}
    arguments = {"order_id": order.order_id, "payment_method_id": payment.id}
    yield from _finish(counter, asked, "change_payment", said, "modify_pending_order_payment", arguments)


def change_order_address(counter: Counter, asked: Asked) -> Work:
    """Send a pending order somewhere else."""
    order = yield from _order(counter, asked, "pending")
    if order is None:
        return
    address = yield from counter.address(asked)
    if address is None:
        return counter.desk.tell("give_up")
    said = {"order": order.order_id, "address": address_words(address)}
    arguments = {"order_id": order.order_id, **_fields(address)}
    yield from _finish(counter, asked, "change_order_address", said, "modify_pending_order_address", arguments)


def change_user_address(counter: Counter, asked: Asked) -> Work:
    """Change the default address in the customer's profile."""
    address = yield from counter.address(asked)
    if address is None:
        return counter.desk.tell("give_up")
    arguments = {"user_id": counter.view.user.user_id, **_fields(address)}
    said = {"address": address_words(address)}
    yield from _finish(counter, asked, "change_user_address", said, "modify_user_address", arguments)


def hand_over(counter: Counter, asked: Asked) -> Work:
    """Call in a human for what no tool can do."""
    order = yield from counter.order(asked)
    if order is None:
        return counter.desk.tell("give_up")
    names = {"user": counter.view.user.user_id, "order": order.order_id}
    summary = counter.desk.word(f"transfer.{asked.act}", **names)
    yield from counter.desk.use("transfer_to_human_agents", summary=summary)


def _order(counter: Counter, asked: Asked, *statuses: str) -> Generator[Step, Any, Order | None]:
    """Return the request's order if its status allows the request; say why not otherwise."""
    order = yield from counter.order(asked)
    if order is None:
        stranger = counter.stranger(asked)
        if stranger is not None:
            yield from counter.desk.use("get_order_details", order_id=stranger)
        counter.desk.tell("give_up" if stranger is None else "refuse.stranger")
        return None
    if order.status not in statuses:
        counter.desk.tell("refuse.status", order=order.order_id, status=order.status)
        return None
    return order


def _finish(
    counter: Counter, asked: Asked, kind: str, said: dict[str, str], tool: str, arguments: dict[str, Any]
) -> Work:
    """Propose, and on consent write and report."""
    desk = counter.desk
    agreed = yield from desk.confirm(asked, f"propose.{kind}", **said)
    if not agreed:
        return None if asked in desk.requests else desk.tell("cancelled_by_user")
    answer = yield from counter.write(tool, **arguments)
    if answer.error:
        return desk.tell("give_up")
    desk.tell("done", what=desk.word(f"done.{kind}"))


def _too_little(payment: PaymentMethod, amount: float) -> bool:
    return isinstance(payment, GiftCard) and payment.balance < amount


def _refuse_gift_card(counter: Counter, payment: PaymentMethod, amount: float) -> None:
    balance = payment.balance if isinstance(payment, GiftCard) else 0.0
    counter.desk.tell("refuse.gift_card", balance=money(balance), total=money(amount))


def _fields(address: object) -> dict[str, str]:
    return {name: getattr(address, name) for name in ("address1", "address2", "city", "state", "country", "zip")}
