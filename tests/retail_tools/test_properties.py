"""Whatever is called in whatever order: no tool breaks, failures change nothing, and no cent is lost."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cove_rl.domains.retail.quirks import net_paid
from cove_rl.domains.retail.records import GiftCard, Order, User
from cove_rl.domains.retail.tools import TOOLS
from cove_rl.world.state import State
from cove_rl.world.world import Behaviour, World, fingerprint

from .shop import LAMP, MUG, ORDERS, USERS, Shop, tables

WORLDS: Mapping[Behaviour, World] = {
    "ours": World("retail", tables(), behaviour="ours"),
    "benchmark": World("retail", tables(), behaviour="benchmark"),
}
ITEMS = [*MUG.variants, *LAMP.variants, "none"]
POOLS: dict[str, st.SearchStrategy[Any]] = {
    "order_id": st.sampled_from([*(order.order_id for order in ORDERS), "#NONE"]),
    "user_id": st.sampled_from([*(user.user_id for user in USERS), "none"]),
    "payment_method_id": st.sampled_from(["card", "gift", "paypal", "poor", "rich", "none"]),
    "item_ids": st.lists(st.sampled_from(["mug-red", "mug-red", "mug-blue", "lamp-low", *ITEMS]), max_size=3),
    "new_item_ids": st.lists(st.sampled_from(ITEMS), max_size=3),
    "item_id": st.sampled_from(ITEMS),
    "product_id": st.sampled_from(["p-mug", "p-lamp", "none"]),
    "reason": st.sampled_from(["no longer needed", "ordered by mistake", "bored"]),
    "first_name": st.sampled_from(["ann", "Bob", ""]),
    "last_name": st.sampled_from(["Lee", "ode", ""]),
    "zip": st.sampled_from(["04220", "12180", ""]),
    "email": st.sampled_from(["ann@mail.example", "BOB@mail.example", ""]),
    "expression": st.sampled_from(["1+1", "1/0", "x"]),
}
TEXT = st.text(max_size=8)


@st.composite
def _calls(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    tool = draw(st.sampled_from(TOOLS))
    names = tool.schema["function"]["parameters"]["properties"]
    arguments = {name: draw(POOLS.get(name, TEXT)) for name in names}
    if "new_item_ids" in arguments and draw(st.booleans()):
        size = len(arguments["item_ids"])
        arguments["new_item_ids"] = draw(st.lists(st.sampled_from(ITEMS), min_size=size, max_size=size))
    return tool.name, arguments


SEQUENCES = st.lists(_calls(), max_size=25)


def _play(world: World, calls: list[tuple[str, dict[str, Any]]]) -> tuple[State, list[str]]:
    """Make the calls; `Shop.call` checks each of them."""
    shop = Shop(world=world)
    return shop.state, [shop.call(name, arguments).content for name, arguments in calls]


@pytest.mark.parametrize("behaviour", ["ours", "benchmark"])
@given(calls=SEQUENCES)
def test_any_sequence_is_answered_and_repeatable_and_leaves_the_world_alone(
    behaviour: Behaviour, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    world = WORLDS[behaviour]
    _, texts = _play(world, calls)
    assert _play(world, calls)[1] == texts
    assert fingerprint(world.tables) == world.ref.fingerprint
    assert State(world).diff() == ()


@settings(max_examples=300)
@given(calls=SEQUENCES)
def test_no_cent_is_lost(calls: list[tuple[str, dict[str, Any]]]) -> None:
    """What left a gift card is what its user's orders record, and an order is paid for, or refunded if cancelled."""
    fresh = State(WORLDS["ours"])
    state, _ = _play(fresh.world, calls)
    before, after = _balances(fresh), _balances(state)
    for (user_id, method_id), balance in before.items():
        spent = _recorded(state, user_id, method_id) - _recorded(fresh, user_id, method_id)
        assert round(balance - after[user_id, method_id], 2) == round(spent, 2)
    for order in state.rows(Order):
        paid = round(sum(net_paid(order.payment_history).values()), 2)
        assert paid == (0.0 if order.status == "cancelled" or not order.payment_history else _worth(order))


def _balances(state: State) -> dict[tuple[str, str], float]:
    return {
        (user.user_id, method.id): method.balance
        for user in state.rows(User)
        for method in user.payment_methods.values()
        if isinstance(method, GiftCard)
    }


def _recorded(state: State, user_id: str, method_id: str) -> float:
    orders = [order for order in state.rows(Order) if order.user_id == user_id]
    return sum(net_paid(order.payment_history).get(method_id, 0.0) for order in orders)


def _worth(order: Order) -> float:
    return round(sum(item.price for item in order.items), 2)


@given(calls=SEQUENCES)
def test_gift_cards_never_go_below_zero_and_are_in_cents(calls: list[tuple[str, dict[str, Any]]]) -> None:
    state, _ = _play(WORLDS["ours"], calls)
    for balance in _balances(state).values():
        assert balance >= 0
        assert balance == round(balance, 2)


@given(calls=SEQUENCES)
def test_an_item_only_ever_becomes_an_available_variant_of_its_product(calls: list[tuple[str, dict[str, Any]]]) -> None:
    state, _ = _play(WORLDS["ours"], calls)
    products = {product.product_id: product for product in (MUG, LAMP)}
    for before, after in zip(ORDERS, state.rows(Order), strict=True):
        for old, new in zip(before.items, after.items, strict=True):
            variant = products[old.product_id].variants[new.item_id]
            assert new.product_id == old.product_id
            assert new.item_id == old.item_id or variant.available
            assert (new.price, new.options) == (variant.price, variant.options)
