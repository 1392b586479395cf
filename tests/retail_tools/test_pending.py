"""The tools for pending orders: what they change, what they refuse, and which reason comes first."""

import re
from typing import Any

import pytest

from .shop import AWAY, Shop

PENDING_ONLY = ["#DONE", "#PROC", "#CANC"]


def test_cancelling_refunds_a_card_and_keeps_the_history(shop: Shop) -> None:
    order = shop.json("cancel_pending_order", order_id="#PEND", reason="no longer needed")
    assert (order["status"], order["cancel_reason"]) == ("cancelled", "no longer needed")
    assert order["payment_history"] == [
        {"transaction_type": "payment", "amount": 40.2, "payment_method_id": "card"},
        {"transaction_type": "refund", "amount": 40.2, "payment_method_id": "card"},
    ]
    assert shop.balance("ann_1", "gift") == 50.0


def test_cancelling_puts_the_money_back_on_a_gift_card(shop: Shop) -> None:
    shop.ok("cancel_pending_order", order_id="#GIFT", reason="ordered by mistake")
    assert shop.balance("ann_1", "gift") == 82.35
    assert shop.json("get_user_details", user_id="ann_1")["payment_methods"]["gift"]["balance"] == 82.35


def test_an_order_is_cancelled_once(shop: Shop) -> None:
    shop.ok("cancel_pending_order", order_id="#GIFT", reason="no longer needed")
    assert "cancelled" in shop.refused("cancel_pending_order", order_id="#GIFT", reason="no longer needed")
    assert shop.balance("ann_1", "gift") == 82.35


@pytest.mark.parametrize("order_id", [*PENDING_ONLY, "#MODI"])
def test_only_an_unmodified_pending_order_is_cancelled_or_has_items_modified(shop: Shop, order_id: str) -> None:
    status = shop.order(order_id).status
    assert status in shop.refused("cancel_pending_order", order_id=order_id, reason="no longer needed")
    swap = {"item_ids": ["mug-red"], "new_item_ids": ["mug-blue"], "payment_method_id": "card"}
    assert status in shop.refused("modify_pending_order_items", order_id=order_id, **swap)


@pytest.mark.parametrize("order_id", PENDING_ONLY)
def test_address_and_payment_want_a_pending_order(shop: Shop, order_id: str) -> None:
    assert "pending" in shop.refused("modify_pending_order_address", order_id=order_id, **AWAY)
    assert "pending" in shop.refused("modify_pending_order_payment", order_id=order_id, payment_method_id="gift")


@pytest.mark.parametrize("order_id", ["#PEND", "#MODI"])
def test_an_address_changes_in_the_order_alone(shop: Shop, order_id: str) -> None:
    before = shop.order(order_id)
    order = shop.json("modify_pending_order_address", order_id=order_id, **AWAY)
    assert list(order["address"]) == ["address1", "address2", "city", "country", "state", "zip"]
    assert order["address"] == AWAY
    assert shop.order(order_id).items == before.items
    assert shop.json("get_user_details", user_id="ann_1")["address"]["city"] == "Leeds"


def test_payment_moves_from_card_to_gift_card(shop: Shop) -> None:
    order = shop.json("modify_pending_order_payment", order_id="#PEND", payment_method_id="gift")
    kinds = [
        (entry["transaction_type"], entry["amount"], entry["payment_method_id"]) for entry in order["payment_history"]
    ]
    assert kinds == [("payment", 40.2, "card"), ("payment", 40.2, "gift"), ("refund", 40.2, "card")]
    assert order["status"] == "pending"
    assert shop.balance("ann_1", "gift") == 9.8


def test_payment_moves_from_gift_card_to_card(shop: Shop) -> None:
    shop.ok("modify_pending_order_payment", order_id="#GIFT", payment_method_id="card")
    assert shop.balance("ann_1", "gift") == 82.35


def test_items_change_to_what_was_asked_for_each(shop: Shop) -> None:
    order = shop.json(
        "modify_pending_order_items",
        order_id="#PEND",
        item_ids=["lamp-low", "mug-red"],
        new_item_ids=["lamp-high", "mug-green"],
        payment_method_id="card",
    )
    bought = [(item["item_id"], item["price"], item["options"]) for item in order["items"]]
    assert bought == [
        ("mug-green", 9.05, {"colour": "green"}),
        ("mug-red", 10.1, {"colour": "red"}),
        ("lamp-high", 345.55, {"height": "high"}),
    ]
    assert order["status"] == "pending (item modified)"
    assert order["payment_history"][1:] == [
        {"transaction_type": "payment", "amount": 324.5, "payment_method_id": "card"}
    ]


def test_a_cheaper_item_pays_back(shop: Shop) -> None:
    order = shop.json(
        "modify_pending_order_items",
        order_id="#PEND",
        item_ids=["mug-red", "mug-red"],
        new_item_ids=["mug-green", "mug-green"],
        payment_method_id="gift",
    )
    assert order["payment_history"][1:] == [{"transaction_type": "refund", "amount": 2.1, "payment_method_id": "gift"}]
    assert shop.balance("ann_1", "gift") == 52.1


@pytest.mark.parametrize("repeat", [1, 2])
def test_both_of_two_equal_items_can_change_to_different_ones(shop: Shop, repeat: int) -> None:
    new = ["mug-blue", "mug-green"][:repeat]
    order = shop.json(
        "modify_pending_order_items",
        order_id="#PEND",
        item_ids=["mug-red"] * repeat,
        new_item_ids=new,
        payment_method_id="card",
    )
    assert [item["item_id"] for item in order["items"]] == [*new, "mug-red", "lamp-low"][:repeat] + (
        ["mug-red", "lamp-low"] if repeat == 1 else ["lamp-low"]
    )


CANCEL = [
    ({"order_id": "#NONE", "reason": "bored"}, "no order"),
    ({"order_id": "#DONE", "reason": "bored"}, "delivered"),
    ({"order_id": "#PEND", "reason": "bored"}, "reasons are"),
    ({"order_id": "#LOST", "reason": "no longer needed"}, "profile"),
]
PAYMENT = [
    ({"order_id": "#NONE", "payment_method_id": "none"}, "no order"),
    ({"order_id": "#DONE", "payment_method_id": "none"}, "delivered"),
    ({"order_id": "#MOVD", "payment_method_id": "none"}, "profile"),
    ({"order_id": "#MOVD", "payment_method_id": "card"}, "exactly one payment"),
    ({"order_id": "#MODI", "payment_method_id": "card"}, "exactly one payment"),
    ({"order_id": "#POOR", "payment_method_id": "rich"}, "already paid"),
    ({"order_id": "#POOR", "payment_method_id": "poor"}, "holds 2.25"),
    ({"order_id": "#LOST", "payment_method_id": "card"}, "profile"),
]


def _items(order_id: str, old: str, new: str, method: str = "none") -> dict[str, Any]:
    return {
        "order_id": order_id,
        "item_ids": old.split(),
        "new_item_ids": new.split(),
        "payment_method_id": method,
    }


ITEMS = [
    (_items("#NONE", "mug-blue", ""), "no order"),
    (_items("#DONE", "mug-blue", ""), "delivered"),
    (_items("#PEND", "", ""), "empty"),
    (_items("#PEND", "mug-blue", ""), "has item 'mug-blue' 0 times"),
    (_items("#PEND", "mug-red mug-red mug-red", ""), "has item 'mug-red' 2 times, but it is named 3 times"),
    (_items("#PEND", "mug-red", "mug-red lamp-low"), "1 items are named but 2 new"),
    (_items("#PEND", "mug-red lamp-low", "mug-red nothing"), "by itself"),
    (_items("#PEND", "mug-red", "nothing"), "not a variant of Mug"),
    (_items("#PEND", "mug-red", "lamp-low"), "not a variant of Mug"),
    (_items("#PEND", "mug-red", "mug-gone"), "out of stock"),
    (_items("#PEND", "mug-red", "mug-blue"), "profile"),
    (_items("#PEND", "lamp-low", "lamp-high", "gift"), "holds 50.00"),
]


@pytest.mark.parametrize(
    ("tool", "arguments", "reason"),
    [
        *[("cancel_pending_order", *case) for case in CANCEL],
        *[("modify_pending_order_payment", *case) for case in PAYMENT],
        *[("modify_pending_order_items", *case) for case in ITEMS],
        ("modify_pending_order_address", {"order_id": "#NONE", **AWAY}, "no order"),
    ],
)
def test_the_first_broken_condition_is_the_one_reported(
    shop: Shop, tool: str, arguments: dict[str, Any], reason: str
) -> None:
    """Each case breaks one condition and those after it, so the list also fixes the order of the checks."""
    assert re.search(re.escape(reason), shop.refused(tool, **arguments))
    assert shop.state.diff() == ()


def test_a_gift_card_may_be_emptied_to_the_cent(shop: Shop) -> None:
    shop.ok("modify_pending_order_items", **_items("#POOR", "mug-red", "mug-blue", "poor"))
    assert shop.balance("bob_3", "poor") == 0.0
    assert shop.balance("bob_3", "rich") == 900.1
