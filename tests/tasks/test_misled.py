"""The oracle of retail goes by what it hears and reads: misled, it fails, so that it solves a task proves much."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from cove_rl.agents.oracle import Oracle
from cove_rl.domains.retail.records import Order, User
from cove_rl.episode.episode import run_episode
from cove_rl.tasks.task import Task, encode_task
from cove_rl.users.scripted import ScriptedUser
from cove_rl.verify.verifier import verify
from cove_rl.world.call import CallResult, ToolCall
from cove_rl.world.hint import Hint
from cove_rl.world.state import State
from cove_rl.world.tool import Toolbox

from .shelf import tasks, world

Lie = Callable[[Any], Any]


def other_owner(value: Any) -> Any:
    """Return somebody else's profile."""
    users = list(world().rows(User))
    other = users[(users.index(value["user_id"]) + 1) % len(users)] if "payment_methods" in value else None
    return value if other is None else msgspec.to_builtins(world().rows(User)[other])


def other_status(value: Any) -> Any:
    """Return orders as delivered that are not, and the other way round."""
    if "status" not in value:
        return value
    return {**value, "status": "pending" if value["status"] == "delivered" else "delivered"}


def shifted_items(value: Any) -> Any:
    """Return an order's items with each other's ids."""
    if "items" not in value:
        return value
    ids = [item["item_id"] for item in value["items"]]
    turned = [*ids[1:], "0000000000"]
    return {**value, "items": [{**item, "item_id": one} for item, one in zip(value["items"], turned, strict=True)]}


def wrong_methods(value: Any) -> Any:
    """Return a profile whose payment methods have made-up ids."""
    if "payment_methods" not in value:
        return value
    methods = {f"{key}0": {**method, "id": f"{key}0"} for key, method in value["payment_methods"].items()}
    return {**value, "payment_methods": methods}


LIES: list[tuple[Lie, tuple[str, ...]]] = [
    (other_owner, ("cancel_order", "return_items", "change_payment", "modify_items")),
    (other_status, ("cancel_order", "return_items", "modify_items", "change_payment")),
    (shifted_items, ("return_items", "exchange_items", "modify_items")),
    (wrong_methods, ("return_items", "exchange_items", "change_payment")),
]


@pytest.mark.parametrize(("lie", "kinds"), LIES, ids=[lie.__name__ for lie, _ in LIES])
async def test_an_oracle_that_is_lied_to_does_not_succeed(
    lie: Lie, kinds: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tool that lies leads it astray: so it really goes by what tools return."""
    honest = Toolbox.call

    def lying(self: Toolbox, state: State, call: ToolCall) -> CallResult:
        result = honest(self, state, call)
        if result.error or not result.content.startswith("{"):
            return result
        told = lie(msgspec.json.decode(result.content))
        return CallResult(msgspec.json.encode(told).decode(), changes=result.changes)

    chosen = [task for task in tasks() if task.constraints[0].kind in kinds][:15]
    assert len(chosen) == 15
    for task in chosen:
        with monkeypatch.context() as patch:
            patch.setattr(Toolbox, "call", lying)
            trajectory = await run_episode(task, world(), Oracle("retail", task.seed), ScriptedUser(task))
        assert verify(task, world(), trajectory.calls()).score < 1.0


def with_hint(task: Task, hint: Hint) -> Task:
    """Return the task with another hint of that slot in its first request; the customer takes it for true."""
    first, *rest = task.requests
    hints = tuple(hint if one.slot == hint.slot else replace(one, check=None) for one in first.hints)
    return replace(task, requests=(replace(first, hints=hints), *rest))


def another_reason(task: Task) -> Task | None:
    (hint,) = (one for one in task.requests[0].hints if one.slot == "reason")
    form = "no longer needed" if hint.form == "ordered by mistake" else "ordered by mistake"
    return with_hint(task, Hint("reason", form))


def another_order(task: Task) -> Task | None:
    mine = task.requests[0].constraint
    order = world().rows(Order)[getattr(mine, "order_id", "")]
    same = [key for key in world().rows(User)[order.user_id].orders if world().rows(Order)[key].status == order.status]
    others = [key for key in same if key != order.order_id]
    return with_hint(task, Hint("order", "exact", {"id": others[0]}, exact=True)) if others else None


def another_payment(task: Task) -> Task | None:
    mine = task.requests[0].constraint
    order = world().rows(Order)[getattr(mine, "order_id", "")]
    methods = world().rows(User)[order.user_id].payment_methods
    others = [key for key in methods if key != getattr(mine, "payment_method_id", "")]
    return with_hint(task, Hint("payment", "exact", {"id": others[0]}, exact=True)) if others else None


def another_address(task: Task) -> Task | None:
    parts = {"address1": "1 Kiln Road", "address2": "Suite 1", "city": "Boise", "state": "ID", "zip": "83702"}
    return with_hint(task, Hint("address", "full", dict(parts)))


CHANGES: list[tuple[Callable[[Task], Task | None], tuple[str, ...]]] = [
    (another_reason, ("cancel_order",)),
    (another_order, ("cancel_order", "change_payment", "change_order_address")),
    (another_payment, ("return_items", "exchange_items", "modify_items", "change_payment")),
    (another_address, ("change_order_address", "change_user_address")),
]


@pytest.mark.parametrize(("change", "kinds"), CHANGES, ids=[change.__name__ for change, _ in CHANGES])
async def test_an_oracle_whose_customer_says_something_else_does_not_succeed(
    change: Callable[[Task], Task | None], kinds: tuple[str, ...]
) -> None:
    """It does what it hears, not what the task holds."""
    changed = [(task, change(task)) for task in tasks() if task.constraints[0].kind in kinds]
    pairs = [(task, other) for task, other in changed if other is not None][:25]
    assert len(pairs) >= 10
    for task, other in pairs:
        trajectory = await run_episode(task, world(), Oracle("retail", task.seed), ScriptedUser(other))
        assert verify(task, world(), trajectory.calls()).score < 1.0, encode_task(other)
