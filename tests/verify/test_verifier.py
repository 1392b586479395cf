"""The verifier on requests the policy allows: outcome, not path."""

from itertools import permutations

import msgspec
import pytest

from cove_rl.domains.retail.constraints import (
    CancelOrder,
    ChangeOrderAddress,
    ChangePayment,
    ChangeUserAddress,
    ModifyItems,
    ReturnItems,
)
from cove_rl.errors import InputError
from cove_rl.synth.tasks import Solved
from cove_rl.verify.score import Scoring
from cove_rl.verify.verdict import Verdict
from cove_rl.verify.verifier import verify
from cove_rl.world.call import ToolCall
from cove_rl.world.world import World, fingerprint

from .cases import (
    ELSEWHERE,
    NOWHERE,
    another_method,
    call,
    cancel,
    judge,
    move,
    order,
    orders,
    owner,
    read,
    send,
    task_of,
    transfer,
)

FIRST, SECOND, *_ = orders("pending")
CANCEL = task_of(CancelOrder(FIRST.order_id, "no longer needed"))
SEND = task_of(ChangeOrderAddress(FIRST.order_id, ELSEWHERE))


def found(verdict: Verdict) -> tuple[float, int, int]:
    """Score, satisfied, redundant."""
    assert verdict.success == (verdict.score == 1.0)
    return verdict.score, verdict.satisfied, verdict.redundant


def test_what_was_asked_for_and_nothing_else_is_worth_1() -> None:
    verdict = judge(CANCEL, read(FIRST), cancel(FIRST))
    assert found(verdict) == (1.0, 1, 0)
    assert verdict.constraints[0].calls == (1,)
    assert verdict.constraints[0].reason == f"Done: cancel order {FIRST.order_id} (no longer needed)."


def test_doing_nothing_is_worth_0() -> None:
    assert found(judge(CANCEL)) == (0.0, 0, 0)
    assert found(judge(CANCEL, read(FIRST), transfer())) == (0.0, 0, 0)


def test_another_reason_is_wrong_and_its_write_redundant() -> None:
    verdict = judge(CANCEL, cancel(FIRST, "ordered by mistake"))
    assert found(verdict) == (0.0, 0, 1)
    assert "should be 'no longer needed' but is 'ordered by mistake'" in verdict.constraints[0].reason
    assert f"the reason in order {FIRST.order_id}" in verdict.redundant_writes[0].reason


def test_another_order_is_wrong_and_its_write_redundant() -> None:
    verdict = judge(CANCEL, cancel(SECOND))
    assert found(verdict) == (0.0, 0, 1)
    assert verdict.redundant_writes[0].reason == "No constraint asked for what it changed."


def test_every_constraint_counts_the_same() -> None:
    task = task_of(*CANCEL.constraints, ChangeOrderAddress(SECOND.order_id, ELSEWHERE))
    assert found(judge(task, cancel(FIRST))) == (0.5, 1, 0)
    assert found(judge(task, cancel(FIRST), send(SECOND, NOWHERE))) == (0.25, 1, 1)
    assert found(judge(task, cancel(FIRST), send(SECOND, ELSEWHERE))) == (1.0, 2, 0)


def test_a_write_nobody_asked_for_is_redundant() -> None:
    verdict = judge(CANCEL, cancel(FIRST), send(SECOND, ELSEWHERE))
    assert found(verdict) == (0.5, 1, 1)
    assert [write.call for write in verdict.redundant_writes] == [1]


def test_a_write_nobody_asked_for_is_redundant_on_the_right_record_too() -> None:
    method = another_method(order("pending", lambda one: another_method(one) is not None))
    one = order("pending", lambda one: another_method(one) == method)
    payment = call("modify_pending_order_payment", order_id=one.order_id, payment_method_id=method)
    task = task_of(ChangeOrderAddress(one.order_id, ELSEWHERE))
    assert found(judge(task, payment, send(one, ELSEWHERE))) == (0.5, 1, 1)
    both = task_of(*task.constraints, ChangePayment(one.order_id, str(method)))
    assert found(judge(both, payment, send(one, ELSEWHERE))) == (1.0, 2, 0)


def test_a_write_that_is_undone_leaves_nothing_but_two_redundant_writes() -> None:
    assert found(judge(SEND, send(FIRST, ELSEWHERE), send(FIRST, FIRST.address))) == (0.0, 0, 2)


def test_a_write_that_nobody_asked_for_is_redundant_even_if_it_is_undone() -> None:
    away_and_back = (send(SECOND, NOWHERE), send(SECOND, SECOND.address))
    assert found(judge(CANCEL, cancel(FIRST), *away_and_back)) == (1 / 3, 1, 2)


def test_only_the_last_write_counts() -> None:
    detour = judge(SEND, send(FIRST, NOWHERE), send(FIRST, ELSEWHERE))
    assert found(detour) == (0.5, 1, 1)
    assert detour.redundant_writes[0].reason == "Its effect was undone or overwritten by call 1."
    assert found(judge(SEND, send(FIRST, ELSEWHERE), send(FIRST, NOWHERE))) == (0.0, 0, 2)
    again = judge(SEND, send(FIRST, ELSEWHERE), send(FIRST, FIRST.address), send(FIRST, ELSEWHERE))
    assert found(again) == (1 / 3, 1, 2)
    assert again.constraints[0].calls == (2,)


def test_a_repeat_that_changes_nothing_more_is_redundant() -> None:
    verdict = judge(SEND, send(FIRST, ELSEWHERE), send(FIRST, ELSEWHERE))
    assert found(verdict) == (0.5, 1, 1)
    assert (verdict.redundant_writes[0].call, verdict.redundant_writes[0].reason) == (1, "It changed nothing.")


def test_a_write_that_changes_nothing_is_redundant() -> None:
    assert found(judge(SEND, send(FIRST, FIRST.address), send(FIRST, ELSEWHERE))) == (0.5, 1, 1)


def test_failed_calls_are_reported_and_cost_nothing() -> None:
    user = owner(FIRST)
    calls = (
        call("cancel_pending_order", order_id="#W0", reason="no longer needed"),
        call("cancel_order", order_id=FIRST.order_id),
        ToolCall("c", "cancel_pending_order", "{'order_id'"),
        ToolCall("c", "cancel_pending_order", cancel(FIRST).arguments, "user"),
        call("modify_user_address", user_id=user.user_id),
        cancel(FIRST),
        cancel(FIRST),  # a second time it fails
    )
    verdict = judge(CANCEL, *calls)
    assert found(verdict) == (1.0, 1, 0)
    assert (verdict.failed, verdict.calls) == (6, 7)


def test_a_failed_write_meets_nothing() -> None:
    assert found(judge(CANCEL, ToolCall("c", "cancel_pending_order", str(cancel(FIRST).arguments)))) == (0.0, 0, 0)


def test_part_of_the_items_is_not_enough() -> None:
    one = order("delivered", lambda one: len({item.item_id for item in one.items}) >= 3)
    items = [item.item_id for item in one.items][:3]
    paid = one.payment_history[0].payment_method_id
    task = task_of(ReturnItems(one.order_id, tuple(items[:2]), paid))

    def give_back(chosen: list[str]) -> Verdict:
        name = "return_delivered_order_items"
        return judge(task, call(name, order_id=one.order_id, item_ids=chosen, payment_method_id=paid))

    assert found(give_back(items[:1])) == (0.0, 0, 1)
    assert found(give_back(items)) == (0.0, 0, 1)
    assert found(give_back(items[:2])) == (1.0, 1, 0)
    assert found(give_back(items[1::-1])) == (1.0, 1, 0)


def test_the_order_of_independent_writes_does_not_matter() -> None:
    user = owner(FIRST)
    task = task_of(
        ChangeOrderAddress(FIRST.order_id, ELSEWHERE),
        ChangeUserAddress(user.user_id, NOWHERE),
        CancelOrder(SECOND.order_id, "no longer needed"),
    )
    writes = (send(FIRST, ELSEWHERE), move(user, NOWHERE), cancel(SECOND))
    assert {found(judge(task, *calls)) for calls in permutations(writes)} == {(1.0, 3, 0)}


def test_calls_after_a_transfer_are_not_run() -> None:
    assert found(judge(CANCEL, transfer(), cancel(FIRST))) == (0.0, 0, 0)
    verdict = judge(CANCEL, cancel(FIRST), transfer(), cancel(SECOND))
    assert (found(verdict), verdict.calls) == ((1.0, 1, 0), 2)


def test_a_transfer_that_fails_ends_nothing() -> None:
    assert found(judge(CANCEL, call("transfer_to_human_agents"), cancel(FIRST))) == (1.0, 1, 0)


def test_the_scoring_is_the_callers() -> None:
    calls = (cancel(FIRST), send(SECOND, ELSEWHERE))
    assert judge(CANCEL, *calls, scoring=Scoring(redundancy_weight=3)).score == 0.25
    lenient = judge(CANCEL, *calls, scoring=Scoring(redundancy_weight=0))
    assert (lenient.score, lenient.success) == (1.0, False)


def test_a_goal_that_does_not_fit_the_world_is_an_input_error() -> None:
    task = task_of(ModifyItems("#W0", ("1",), ("2",), "paypal_1"))
    with pytest.raises(InputError, match=f"does not fit world {task.world.fingerprint}"):
        judge(task)
    missing = task_of(CancelOrder("#W0", "no longer needed"))
    assert found(judge(missing, cancel(FIRST))) == (0.0, 0, 1)


def test_verdicts_are_pure(solved: list[Solved], world: World) -> None:
    before = fingerprint(world.tables)
    for one in solved:
        calls = one.trajectory.calls()
        assert verify(one.task, world, calls) == verify(one.task, world, iter(calls)) == one.verdict
    assert fingerprint(world.tables) == before == world.ref.fingerprint


def test_verdicts_survive_json(solved: list[Solved]) -> None:
    broken = judge(CANCEL, cancel(SECOND), cancel(FIRST, "ordered by mistake"))
    for verdict in (broken, *(one.verdict for one in solved)):
        assert msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict) == verdict


def test_solved_tasks_lose_by_every_prefix_that_lacks_a_write(solved: list[Solved], world: World) -> None:
    for one in solved:
        calls = one.trajectory.calls()
        last = max(at for verdict in one.verdict.constraints for at in (*verdict.calls, -1))
        scores = [verify(one.task, world, calls[:cut]).score for cut in range(len(calls) + 1)]
        assert max(scores[: last + 1], default=0.0) < 1.0
        assert scores[-1] == 1.0
