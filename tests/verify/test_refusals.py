"""The verifier on requests the policy forbids, or leaves to a human."""

import pytest

from cove_rl.domains.retail.constraints import CancelOrder
from cove_rl.domains.retail.records import Product
from cove_rl.domains.retail.refusals import HandOver, RefuseStatus, RefuseStranger, RefuseUnavailable
from cove_rl.verify.verdict import Verdict
from cove_rl.world.call import ToolCall

from .cases import ELSEWHERE, WORLD, call, cancel, judge, order, orders, owner, read, send, task_of, transfer

FIRST, SECOND, *_ = orders("pending")
DONE = order("delivered")
LOST = order("processed")
CANCEL = CancelOrder(FIRST.order_id, "no longer needed")
REFUSE = RefuseStatus(DONE.order_id, "cancel_order")
HUMAN = HandOver(LOST.order_id, "missing_parcel")
REFUSAL = task_of(CANCEL, REFUSE)


def refusal(verdict: Verdict) -> tuple[bool, str]:
    """The last constraint's verdict."""
    last = verdict.constraints[-1]
    return last.satisfied, last.reason


def test_a_refusal_takes_a_read_and_something_done_elsewhere() -> None:
    verdict = judge(REFUSAL, read(DONE), cancel(FIRST))
    assert (verdict.score, refusal(verdict)[0]) == (1.0, True)


def test_when_it_is_read_does_not_matter() -> None:
    assert judge(REFUSAL, cancel(FIRST), read(DONE)).score == 1.0


def test_without_the_read_it_is_not_handled() -> None:
    verdict = judge(REFUSAL, read(FIRST), cancel(FIRST))
    assert verdict.score == 0.5
    assert f"never read what decides it (get_order_details(order_id={DONE.order_id}))" in refusal(verdict)[1]


@pytest.mark.parametrize(
    "failing",
    [
        call("get_order_details", order_id=DONE.order_id, verbose=True),
        ToolCall("c", "get_order_details", str(read(DONE).arguments)),
        ToolCall("c", "get_order_details", read(DONE).arguments, "user"),
        call("get_order", order_id=DONE.order_id),
    ],
)
def test_a_read_that_fails_decides_nothing(failing: ToolCall) -> None:
    assert judge(REFUSAL, failing, cancel(FIRST)).score == 0.5


def test_with_nothing_done_elsewhere_it_earns_nothing() -> None:
    verdict = judge(REFUSAL, read(FIRST), read(DONE))
    assert verdict.score == 0.0
    assert "doing nothing earns nothing" in refusal(verdict)[1]


def test_a_write_that_missed_is_not_something_done() -> None:
    assert judge(REFUSAL, read(DONE), cancel(FIRST, "ordered by mistake")).score == 0.0


def test_a_transfer_nobody_is_due_is_not_something_done() -> None:
    assert judge(REFUSAL, read(FIRST), read(DONE), transfer()).score == 0.0


def test_a_write_to_its_record_breaks_it() -> None:
    items = [DONE.items[0].item_id]
    paid = DONE.payment_history[0].payment_method_id
    give_back = call("return_delivered_order_items", order_id=DONE.order_id, item_ids=items, payment_method_id=paid)
    verdict = judge(REFUSAL, read(DONE), cancel(FIRST), give_back)
    assert (verdict.satisfied, verdict.redundant, verdict.score) == (1, 1, 0.25)
    assert "call 2 wrote to a record it is about" in refusal(verdict)[1]


def test_a_write_to_its_record_that_another_request_asked_for_does_not() -> None:
    task = task_of(CANCEL, RefuseStatus(FIRST.order_id, "return_items"))
    assert judge(task, read(FIRST), cancel(FIRST)).score == 1.0


def test_a_write_elsewhere_is_redundant_and_does_not_break_it() -> None:
    verdict = judge(REFUSAL, read(DONE), cancel(FIRST), send(SECOND, ELSEWHERE))
    assert (verdict.satisfied, verdict.redundant) == (2, 1)


def test_an_attempt_that_fails_does_not_break_it() -> None:
    verdict = judge(REFUSAL, read(DONE), cancel(DONE), cancel(FIRST))
    assert (verdict.score, verdict.failed) == (1.0, 1)


def test_any_of_several_reads_decides() -> None:
    item = DONE.items[0]
    new = next(key for key in WORLD.rows(Product)[item.product_id].variants if key != item.item_id)
    paid = DONE.payment_history[0].payment_method_id
    task = task_of(CANCEL, RefuseUnavailable(DONE.order_id, "swap_items", item.item_id, item.product_id, new, paid))
    assert judge(task, cancel(FIRST), call("get_product_details", product_id=item.product_id)).score == 1.0
    assert judge(task, cancel(FIRST), call("get_item_details", item_id=new)).score == 1.0
    assert judge(task, cancel(FIRST), call("get_item_details", item_id=item.item_id), read(DONE)).score == 0.5


def test_a_stranger_is_known_by_the_order_or_by_the_profile() -> None:
    user = owner(FIRST).user_id
    other = order("pending", lambda one: one.user_id != user)
    task = task_of(CANCEL, RefuseStranger(other.order_id, "cancel_order", user))
    assert judge(task, read(other), cancel(FIRST)).score == 1.0
    assert judge(task, call("get_user_details", user_id=user), cancel(FIRST)).score == 1.0
    assert judge(task, read(FIRST), cancel(FIRST)).score == 0.5
    assert judge(task, read(other), cancel(FIRST), cancel(other)).score == 0.25


def test_a_hand_over_takes_a_read_and_the_transfer() -> None:
    task = task_of(HUMAN)
    assert judge(task, read(LOST), transfer()).score == 1.0
    assert judge(task, read(LOST)).score == 0.0
    assert judge(task, transfer()).score == 0.0
    assert judge(task, read(LOST), call("transfer_to_human_agents")).score == 0.0


def test_a_read_after_the_transfer_comes_too_late() -> None:
    assert judge(task_of(HUMAN), transfer(), read(LOST)).score == 0.0


def test_a_hand_over_counts_as_something_done_for_a_refusal() -> None:
    task = task_of(REFUSE, HUMAN)
    assert judge(task, read(DONE), read(LOST), transfer()).score == 1.0
    assert judge(task, read(DONE), read(LOST)).score == 0.0


def test_what_is_left_undone_at_the_transfer_is_missed() -> None:
    task = task_of(CANCEL, HUMAN)
    assert judge(task, read(LOST), transfer(), cancel(FIRST)).score == 0.5
    assert judge(task, read(LOST), cancel(FIRST), transfer()).score == 1.0
