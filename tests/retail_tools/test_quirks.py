"""Where the benchmark has a defect: our worlds behave sensibly, and the switch repeats the defect."""

from typing import Any

from cove_rl.domains.retail.quirks import net_paid, refunds
from cove_rl.domains.retail.records import Payment

from .shop import Shop

MODIFY, EXCHANGE = "modify_pending_order_items", "exchange_delivered_order_items"


def _swap(order_id: str, old: str, new: str, method: str = "card") -> dict[str, Any]:
    return {"order_id": order_id, "item_ids": old.split(), "new_item_ids": new.split(), "payment_method_id": method}


def _bought(order: Any) -> list[tuple[str, float]]:
    return [(item["item_id"], item["price"]) for item in order["items"]]


def test_every_modified_item_gets_its_own_price_or_the_last_one(shop: Shop, benchmark_shop: Shop) -> None:
    call = _swap("#PEND", "mug-red lamp-low", "mug-green lamp-high")
    order = shop.json(MODIFY, **call)
    assert _bought(order) == [("mug-green", 9.05), ("mug-red", 10.1), ("lamp-high", 345.55)]
    order = benchmark_shop.json(MODIFY, **call)
    assert _bought(order) == [("mug-green", 345.55), ("mug-red", 10.1), ("lamp-high", 345.55)]
    assert order["items"][0]["options"] == {"height": "high"}


def test_two_items_can_change_places_or_meet_each_other(shop: Shop, benchmark_shop: Shop) -> None:
    call = _swap("#PAIR", "mug-red mug-blue", "mug-blue mug-red")
    assert _bought(shop.json(MODIFY, **call)) == [("mug-blue", 12.35), ("mug-red", 10.1)]
    assert _bought(benchmark_shop.json(MODIFY, **call)) == [("mug-red", 10.1), ("mug-blue", 12.35)]


def test_a_price_difference_is_rounded_or_keeps_its_noise(shop: Shop, benchmark_shop: Shop) -> None:
    call = _swap("#PEND", "mug-red", "mug-green")
    assert 10.1 - 9.05 != 1.05
    assert shop.json(MODIFY, **call)["payment_history"][1]["amount"] == 1.05
    assert benchmark_shop.json(MODIFY, **call)["payment_history"][1]["amount"] == 10.1 - 9.05


def test_a_difference_of_nothing_leaves_no_trace_or_a_refund_of_nothing(shop: Shop, benchmark_shop: Shop) -> None:
    call = _swap("#PEND", "mug-red", "mug-red-too")
    assert len(shop.json(MODIFY, **call)["payment_history"]) == 1
    assert benchmark_shop.json(MODIFY, **call)["payment_history"][1] == {
        "transaction_type": "refund",
        "amount": 0.0,
        "payment_method_id": "card",
    }


def test_empty_lists_are_refused_or_move_the_order_on(shop: Shop, benchmark_shop: Shop) -> None:
    returned = {"order_id": "#DONE", "item_ids": [], "payment_method_id": "card"}
    for call in (("return_delivered_order_items", returned), (EXCHANGE, _swap("#DONE", "", ""))):
        assert "empty" in shop.refused(call[0], **call[1])
    assert "empty" in shop.refused(MODIFY, **_swap("#PEND", "", ""))
    assert benchmark_shop.json("return_delivered_order_items", **returned)["return_items"] == []
    modified = benchmark_shop.ok(MODIFY, **_swap("#PEND", "", ""))
    assert '"status": "pending (item modified)"' in modified
    assert '"transaction_type": "refund", "amount": 0.0,' in modified


def test_an_empty_exchange_in_the_benchmark_costs_the_whole_number_zero() -> None:
    text = Shop("benchmark").ok(EXCHANGE, **_swap("#DONE", "", ""))
    assert '"exchange_price_difference": 0,' in text


def test_an_exchange_for_the_same_item_is_refused_or_requested(shop: Shop, benchmark_shop: Shop) -> None:
    call = _swap("#DONE", "mug-red", "mug-red")
    assert "by itself" in shop.refused(EXCHANGE, **call)
    assert benchmark_shop.json(EXCHANGE, **call)["exchange_price_difference"] == 0.0


def test_both_refuse_to_modify_an_item_into_itself(shop: Shop, benchmark_shop: Shop) -> None:
    for one in (shop, benchmark_shop):
        assert "by itself" in one.refused(MODIFY, **_swap("#PEND", "mug-red", "mug-red"))


def test_cancelling_after_a_change_of_payment_refunds_once_or_three_times(shop: Shop, benchmark_shop: Shop) -> None:
    for one in (shop, benchmark_shop):
        one.ok("modify_pending_order_payment", order_id="#PEND", payment_method_id="gift")
    cancel = {"order_id": "#PEND", "reason": "no longer needed"}
    history = shop.json("cancel_pending_order", **cancel)["payment_history"]
    assert [(entry["amount"], entry["payment_method_id"]) for entry in history[3:]] == [(40.2, "gift")]
    assert shop.balance("ann_1", "gift") == 50.0
    history = benchmark_shop.json("cancel_pending_order", **cancel)["payment_history"]
    assert [entry["payment_method_id"] for entry in history[3:]] == ["card", "gift", "card"]


def test_the_benchmark_credits_a_gift_card_for_its_own_refund(shop: Shop, benchmark_shop: Shop) -> None:
    for one in (shop, benchmark_shop):
        one.ok("modify_pending_order_payment", order_id="#GIFT", payment_method_id="card")
        one.ok("cancel_pending_order", order_id="#GIFT", reason="no longer needed")
    assert shop.balance("ann_1", "gift") == 82.35
    assert benchmark_shop.balance("ann_1", "gift") == 147.05


def test_cancelling_never_gives_back_more_than_was_paid(shop: Shop) -> None:
    history = [Payment("payment", 5.0, "a"), Payment("refund", 2.0, "b"), Payment("payment", 1.1, "c")]
    assert refunds(shop.state, history) == (Payment("refund", 4.1, "a"),)
    assert refunds(shop.state, history[:1]) == (Payment("refund", 5.0, "a"),)
    assert refunds(shop.state, history[1:2]) == ()


def test_net_paid_is_in_cents_and_in_order_of_first_use() -> None:
    history = [Payment("payment", 0.1, "b"), Payment("payment", 0.2, "b"), Payment("refund", 5.0, "a")]
    assert list(net_paid(history).items()) == [("b", 0.3), ("a", -5.0)]
