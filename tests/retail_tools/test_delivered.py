"""Returns and exchanges: they record a request, move no money, and can be made once per order."""

from typing import Any

import pytest

from .shop import Shop

RETURN, EXCHANGE = "return_delivered_order_items", "exchange_delivered_order_items"


def _exchange(order_id: str, old: str, new: str, method: str = "none") -> dict[str, Any]:
    return {
        "order_id": order_id,
        "item_ids": old.split(),
        "new_item_ids": new.split(),
        "payment_method_id": method,
    }


def _return(order_id: str, items: str, method: str) -> dict[str, Any]:
    return {"order_id": order_id, "item_ids": items.split(), "payment_method_id": method}


@pytest.mark.parametrize("method", ["card", "gift"])
def test_a_return_goes_to_the_original_method_or_a_gift_card(shop: Shop, method: str) -> None:
    order = shop.json(RETURN, **_return("#DONE", "mug-red lamp-low mug-red", method))
    assert order["status"] == "return requested"
    assert order["return_items"] == ["lamp-low", "mug-red", "mug-red"]
    assert order["return_payment_method_id"] == method
    assert len(order["payment_history"]) == 1
    assert shop.balance("ann_1", "gift") == 50.0


def test_an_exchange_records_sorted_items_and_the_difference_in_cents(shop: Shop) -> None:
    items = shop.order("#DONE").items
    order = shop.json(EXCHANGE, **_exchange("#DONE", "mug-red lamp-low", "mug-blue lamp-high", "card"))
    assert order["status"] == "exchange requested"
    assert order["exchange_items"] == ["lamp-low", "mug-red"]
    assert order["exchange_new_items"] == ["lamp-high", "mug-blue"]
    assert order["exchange_price_difference"] == 327.8
    assert order["exchange_payment_method_id"] == "card"
    assert shop.order("#DONE").items == items
    assert len(order["payment_history"]) == 1


def test_a_cheaper_exchange_has_a_negative_difference_and_pays_nothing_yet(shop: Shop) -> None:
    order = shop.json(EXCHANGE, **_exchange("#DONE", "mug-red", "mug-green", "gift"))
    assert order["exchange_price_difference"] == -1.05
    assert shop.balance("ann_1", "gift") == 50.0


@pytest.mark.parametrize("first", [RETURN, EXCHANGE])
def test_an_order_is_returned_or_exchanged_once(shop: Shop, first: str) -> None:
    calls = {RETURN: _return("#DONE", "mug-red", "card"), EXCHANGE: _exchange("#DONE", "mug-red", "mug-blue", "card")}
    shop.ok(first, **calls[first])
    for tool, arguments in calls.items():
        assert "requested" in shop.refused(tool, **arguments)


@pytest.mark.parametrize("order_id", ["#PEND", "#MODI", "#PROC", "#CANC"])
def test_only_a_delivered_order_comes_back(shop: Shop, order_id: str) -> None:
    assert "delivered" in shop.refused(RETURN, **_return(order_id, "mug-red", "card"))
    assert "delivered" in shop.refused(EXCHANGE, **_exchange(order_id, "mug-red", "mug-blue", "card"))


RETURNS = [
    (_return("#NONE", "lamp-high", "none"), "no order"),
    (_return("#PEND", "lamp-high", "none"), "pending"),
    (_return("#DONE", "lamp-high", "none"), "profile"),
    (_return("#DONE", "lamp-high", "pal"), "only go to 'card'"),
    (_return("#DONE", "", "card"), "empty"),
    (_return("#DONE", "lamp-high", "card"), "'lamp-high' 0 times"),
    (_return("#DONE", "lamp-low lamp-low", "gift"), "'lamp-low' 1 times, but it is named 2"),
]
EXCHANGES = [
    (_exchange("#NONE", "lamp-high", ""), "no order"),
    (_exchange("#PEND", "lamp-high", ""), "pending"),
    (_exchange("#DONE", "", ""), "empty"),
    (_exchange("#DONE", "lamp-high", ""), "'lamp-high' 0 times"),
    (_exchange("#DONE", "lamp-low", ""), "1 items are named but 0 new"),
    (_exchange("#DONE", "lamp-low", "lamp-low"), "by itself"),
    (_exchange("#DONE", "lamp-low", "mug-red"), "not a variant of Lamp"),
    (_exchange("#DONE", "mug-red", "mug-gone"), "out of stock"),
    (_exchange("#DONE", "mug-red", "mug-blue"), "profile"),
    (_exchange("#DONE", "lamp-low", "lamp-high", "gift"), "holds 50.00"),
    (_exchange("#RICH", "lamp-low", "lamp-high", "poor"), "holds 2.25"),
]


@pytest.mark.parametrize(
    ("tool", "arguments", "reason"),
    [*[(RETURN, *case) for case in RETURNS], *[(EXCHANGE, *case) for case in EXCHANGES]],
)
def test_the_first_broken_condition_is_the_one_reported(
    shop: Shop, tool: str, arguments: dict[str, Any], reason: str
) -> None:
    """Each case breaks one condition and those after it, so the list also fixes the order of the checks."""
    assert reason in shop.refused(tool, **arguments)
    assert shop.state.diff() == ()


def test_an_order_nobody_paid_for_can_only_be_refunded_to_a_gift_card(shop: Shop) -> None:
    shop.refused(RETURN, **_return("#FREE", "mug-red", "card"))
    shop.ok(RETURN, **_return("#FREE", "mug-red", "gift"))
