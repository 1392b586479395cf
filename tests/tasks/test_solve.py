"""Every task is solved by a program that sees only messages; were it misled, it would fail, so solving proves much."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from cove_rl.agents.oracle import Oracle
from cove_rl.domains.retail.records import Order, User
from cove_rl.episode.episode import STOP, Episode, run_episode
from cove_rl.episode.trajectory import Message
from cove_rl.errors import CoveError
from cove_rl.synth.tasks import solve
from cove_rl.tasks.task import Task, encode_task
from cove_rl.users.scripted import ScriptedUser
from cove_rl.verify.verdict import Verdict
from cove_rl.verify.verifier import verify
from cove_rl.world.call import CallResult, ToolCall
from cove_rl.world.domain import GREETING
from cove_rl.world.hint import Hint
from cove_rl.world.state import State
from cove_rl.world.tool import Toolbox

from .shelf import DOMAIN, sampled, tasks, world


def test_every_task_is_solved_with_a_full_score_and_nobody_to_blame() -> None:
    for one in sampled():
        solved = one.solved
        assert solved.verdict.score == 1.0
        assert solved.verdict.success
        assert solved.trajectory.outcome.culprit is None
        assert solved.trajectory.outcome.ending == ("transfer" if solved.task.constraints[-1].transfer else "user_stop")


def test_hardly_a_candidate_is_drawn_in_vain() -> None:
    assert sum(one.rejected for one in sampled()) <= 3


async def test_a_task_from_a_file_is_solved_in_the_same_words() -> None:
    for one in sampled()[:40]:
        assert (await solve(one.solved.task, world())).trajectory == one.solved.trajectory


async def by_hand(task: Task, agent: Oracle) -> tuple[list[Message], Verdict]:
    """Let an agent work with a toolbox and the conversation alone: no episode, no task, no world."""
    state, user = State(world()), ScriptedUser(task)
    messages = [Message("assistant", GREETING)]
    messages.append(await user.reply(messages))
    while STOP not in messages[-1].content and not transferred(messages):
        messages.append(await agent.act(messages))
        for call in messages[-1].calls:
            result = DOMAIN.toolbox.call(state, call)
            messages.append(Message("tool", result.content, call_id=call.id, error=result.error))
        if messages[-1].role == "assistant":
            messages.append(await user.reply(messages))
    return messages, verify(task, world(), [call for message in messages for call in message.calls])


def transferred(messages: Sequence[Message]) -> bool:
    return any(call.name == DOMAIN.transfer_tool for message in messages for call in message.calls)


async def test_the_oracle_needs_nothing_but_tools_and_the_conversation() -> None:
    for one in sampled()[:60]:
        messages, verdict = await by_hand(one.solved.task, Oracle("retail", one.solved.task.seed))
        assert verdict.score == 1.0
        assert tuple(messages) == one.solved.trajectory.messages


TOKENS = re.compile(r"#?W\d{7}\b|\b\d{10}\b|\b[a-z]+(?:_[a-z]+)*_\d{4,}\b|\b\d{5}\b|[\w.]+@[\w.]+\w")


def test_every_id_the_oracle_uses_was_said_or_returned_before() -> None:
    for one in sampled():
        known = ""
        for message in one.solved.trajectory.messages:
            for call in message.calls:
                used = TOKENS.findall(msgspec.json.encode(call.arguments).decode())
                assert all(token in known for token in used), (call, one.solved.task.id)
            known += message.content


def test_the_oracle_writes_only_after_a_yes() -> None:
    """The policy wants consent for every write, and training data must show it."""
    kinds = {name: tool.kind for name, tool in DOMAIN.toolbox.tools.items()}
    for one in sampled():
        messages = one.solved.trajectory.messages
        for number, message in enumerate(messages):
            if any(kinds[call.name] == "write" for call in message.calls):
                spoken = [m for m in messages[:number] if m.role != "tool" and not m.calls]
                assert any(
                    word in spoken[-1].content.lower() for word in ("yes", "yep", "go ahead", "please", "exactly")
                )
                assert spoken[-2].content.rstrip().endswith("?")


async def test_who_ends_the_script_is_told() -> None:
    agent = Oracle("retail", "s")
    agent._domain = _Mute()  # type: ignore[assignment]
    with pytest.raises(CoveError, match="only the customer may end"):
        await agent.act([Message("user", "Hi.")])


class _Mute:
    """A domain whose oracle has nothing to say."""

    name = "mute"

    def serve(self, desk: object) -> Any:
        return iter_nothing()


def iter_nothing() -> Any:
    return
    yield


# -- misleading the oracle: a test that cannot fail would prove nothing


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


async def test_inaction_is_worth_nothing() -> None:
    """An agent that agrees with everything and does nothing gets no point on any task."""
    for task in tasks()[:100]:
        episode = Episode(task, world(), ScriptedUser(task))
        await episode.start()
        while episode.outcome is None:
            await episode.step(Message("assistant", "That has been done. Is there anything else?"))
        assert verify(task, world(), episode.trajectory("idle").calls()).score == 0.0
