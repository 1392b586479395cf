"""What the oracle knows of its customer: records read through tools, and elements found by what the customer says."""

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

import msgspec

from cove_rl.domains.retail.records import Address, Order, OrderItem, PaymentMethod, Product, User, Variant
from cove_rl.domains.retail.view import (
    View,
    addresses_for,
    change_of,
    items_for,
    orders_for,
    payments_for,
    variants_for,
)
from cove_rl.speech.desk import Answer, Asked, Desk, Step
from cove_rl.speech.grammar import Grammar
from cove_rl.world.hint import Hint

T = TypeVar("T")

LOOKUPS = {"email": "find_user_id_by_email", "name_zip": "find_user_id_by_name_zip"}
"""Form of an identity hint -> the tool that looks it up."""


class Swap(msgspec.Struct, frozen=True):
    """One item of an order and the variant that is to replace it."""

    item: OrderItem
    new: Variant


class Counter:
    """One authenticated customer at the desk. Every record in `view` came from a tool result.

    Attributes:
        desk: where the conversation takes place.
        view: what has been read so far.
    """

    def __init__(self, desk: Desk, user: User) -> None:
        self.desk = desk
        self.view = View(user, {}, {})
        self._stale = False

    def write(self, name: str, **arguments: Any) -> Generator[Step, Any, Answer]:
        """Make a call that writes, and keep what it returns; balances have to be read again afterwards."""
        answer = yield from self.desk.use(name, **arguments)
        if not answer.error and "order_id" in arguments:
            self._keep(answer)
        self._stale = True
        return answer

    def user(self) -> Generator[Step, Any, User]:
        """Return the customer's profile, read again if something was written since."""
        if self._stale:
            answer = yield from self.desk.use("get_user_details", user_id=self.view.user.user_id)
            self.view.user = msgspec.json.decode(answer.content, type=User)
            self._stale = False
        return self.view.user

    def order(self, asked: Asked) -> Generator[Step, Any, Order | None]:
        """Return the order a request is about; None if it cannot be told, or is not the customer's."""
        yield from self._read_orders()
        found = yield from self._find(asked, "order", lambda hint: orders_for(hint, self.view, self._grammar))
        return None if found is None else self.view.orders[found]

    def stranger(self, asked: Asked) -> str | None:
        """Return the id of an order the customer named but does not own, or None."""
        hint = asked.hints.get("order")
        if hint is None or hint.form != "exact" or hint.values["id"] in self.view.user.orders:
            return None
        return str(hint.values["id"])

    def items(self, asked: Asked, order: Order) -> Generator[Step, Any, list[OrderItem] | None]:
        """Return the items of an order the customer wants to return."""

        def resolve(hint: Hint) -> list[list[OrderItem]]:
            found = [items_for(one, order, self._grammar) for one in _parts(hint, "items")]
            return [_items(order, [ids[0] for ids in found])] if all(len(ids) == 1 for ids in found) else []

        return (yield from self._find(asked, "items", resolve))

    def swaps(self, asked: Asked, order: Order) -> Generator[Step, Any, list[Swap] | None]:
        """Return what the customer wants to swap; products are read on the way."""
        for _ in range(2):
            hint = yield from self.desk.need(asked, "changes", "ask.changes")
            if hint is None:
                return None
            swaps = []
            for one in _parts(hint, "changes"):
                swaps.append((yield from self._swap(one, order)))  # noqa: PERF401  (no yield in a comprehension)
            if None not in swaps:
                return [swap for swap in swaps if swap is not None]
            del asked.hints["changes"]
            self.desk.tell("unknown.changes")
            yield from self.desk.listen()
        return None

    def payment(self, asked: Asked, order: Order, question: str) -> Generator[Step, Any, PaymentMethod | None]:
        """Return the payment method the customer wants."""
        user = yield from self.user()
        found = yield from self._find(asked, "payment", lambda hint: payments_for(hint, self.view, order), question)
        return None if found is None else user.payment_methods[found]

    def address(self, asked: Asked) -> Generator[Step, Any, Address | None]:
        """Return the address the customer wants."""
        yield from self.user()
        yield from self._read_orders()
        return (yield from self._find(asked, "address", lambda hint: addresses_for(hint, self.view, self._grammar)))

    @property
    def _grammar(self) -> Grammar:
        return self.desk.speech.grammar

    def _swap(self, change: Hint, order: Order) -> Generator[Step, Any, Swap | None]:
        item_hint, new_hint = change_of(change)
        ids = items_for(item_hint, order, self._grammar)
        if len(ids) != 1:
            return None
        (item,) = _items(order, ids)
        product = yield from self._product(item.product_id)
        variants = variants_for(new_hint, item, product, self._grammar)
        return Swap(item, product.variants[variants[0]]) if len(variants) == 1 else None

    def _product(self, product_id: str) -> Generator[Step, Any, Product]:
        if product_id not in self.view.products:
            answer = yield from self.desk.use("get_product_details", product_id=product_id)
            self.view.products[product_id] = msgspec.json.decode(answer.content, type=Product)
        return self.view.products[product_id]

    def _read_orders(self) -> Generator[Step, Any, None]:
        missing = [order_id for order_id in self.view.user.orders if order_id not in self.view.orders]
        if missing:
            calls = [("get_order_details", {"order_id": order_id}) for order_id in missing]
            for answer in (yield from self.desk.use_all(calls)):
                self._keep(answer)

    def _keep(self, answer: Answer) -> None:
        order = msgspec.json.decode(answer.content, type=Order)
        self.view.orders[order.order_id] = order

    def _find(
        self, asked: Asked, slot: str, resolve: Callable[[Hint], Sequence[T]], question: str = ""
    ) -> Generator[Step, Any, T | None]:
        """Return the one element a slot's hint resolves to, asking again once when it is none or several."""
        for _ in range(2):
            hint = yield from self.desk.need(asked, slot, question or f"ask.{slot}")
            found = [] if hint is None else list(resolve(hint))
            if len(found) == 1:
                return found[0]
            if hint is None or (slot == "order" and self.stranger(asked)):
                return None
            del asked.hints[slot]
            self.desk.tell(f"unknown.{slot}")
            yield from self.desk.listen()
        return None


def identify(desk: Desk) -> Generator[Step, Any, Counter]:
    """Find the customer's account by e-mail, or by name and zip code, asking until it is found."""
    question = "ask.identity"
    while True:
        hint = desk.loose.pop("identity", None)
        if hint is not None:
            answer = yield from desk.use(LOOKUPS[hint.form], **hint.values)
            if not answer.error:
                profile = yield from desk.use("get_user_details", user_id=answer.content)
                return Counter(desk, msgspec.json.decode(profile.content, type=User))
            question = "unknown.identity"
        desk.tell(question)
        yield from desk.listen()


def _parts(hint: Hint, place: str) -> tuple[Hint, ...]:
    value = hint.values[place]
    return value if isinstance(value, tuple) else ()


def _items(order: Order, item_ids: Sequence[str]) -> list[OrderItem]:
    by_id = {item.item_id: item for item in order.items}
    return [by_id[item_id] for item_id in item_ids]
