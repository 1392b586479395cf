"""A retail world, customers found in it, and tasks made by hand from exact constraints."""

from collections.abc import Callable, Iterator
from typing import Any

from cove_rl.domains.retail.records import Address, GiftCard, Order, OrderStatus, User
from cove_rl.tasks.task import Persona, Task
from cove_rl.verify.score import Scoring
from cove_rl.verify.verdict import Verdict
from cove_rl.verify.verifier import verify
from cove_rl.world.call import ToolCall
from cove_rl.world.constraint import Constraint
from cove_rl.world.domain import get_domain
from cove_rl.world.hint import Request

WORLD = get_domain("retail").world(4)
ELSEWHERE = Address(address1="9 Quay Road", address2="", city="Salem", country="USA", state="OR", zip="97301")
NOWHERE = Address(address1="1 Wrong Turn", address2="Apt 2", city="Boise", country="USA", state="ID", zip="83702")


def orders(status: OrderStatus) -> Iterator[Order]:
    return (order for order in WORLD.rows(Order).values() if order.status == status)


def order(status: OrderStatus, fits: Callable[[Order], bool] = lambda order: True) -> Order:
    """The world's first order of that status that fits."""
    return next(one for one in orders(status) if fits(one))


def owner(one: Order) -> User:
    return WORLD.rows(User)[one.user_id]


def another_method(one: Order) -> str | None:
    """A method of the order's owner that did not pay it and needs no balance."""
    paid = one.payment_history[0].payment_method_id
    methods = owner(one).payment_methods.values()
    return next((method.id for method in methods if method.id != paid and not isinstance(method, GiftCard)), None)


def task_of(*constraints: Constraint) -> Task:
    requests = tuple(Request(constraint, "by_hand", ()) for constraint in constraints)
    return Task("retail-by-hand", "retail", WORLD.ref, "0", Persona(), (), requests)


def call(name: str, **arguments: Any) -> ToolCall:
    return ToolCall("c", name, arguments)


def judge(task: Task, *calls: ToolCall, scoring: Scoring | None = None) -> Verdict:
    return verify(task, WORLD, calls, scoring or Scoring())


def read(one: Order) -> ToolCall:
    return call("get_order_details", order_id=one.order_id)


def send(one: Order, address: Address) -> ToolCall:
    """The call that changes an order's address."""
    parts = {name: getattr(address, name) for name in Address.__struct_fields__}
    return call("modify_pending_order_address", order_id=one.order_id, **parts)


def move(one: User, address: Address) -> ToolCall:
    """The call that changes a customer's address."""
    parts = {name: getattr(address, name) for name in Address.__struct_fields__}
    return call("modify_user_address", user_id=one.user_id, **parts)


def cancel(one: Order, reason: str = "no longer needed") -> ToolCall:
    return call("cancel_pending_order", order_id=one.order_id, reason=reason)


def transfer() -> ToolCall:
    return call("transfer_to_human_agents", summary="They ask for a person.")
