"""Every place where retail tools behave otherwise than tau2-bench, and the one switch that repeats its behaviour.

A world with ``behaviour="benchmark"`` is for replaying recorded runs and for the benchmark's own tasks. Worlds that
are generated here use ``"ours"``. `docs/benchmark.md` lists the differences.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from cove_rl.domains.retail.records import OrderItem, Payment, Variant
from cove_rl.errors import ToolError
from cove_rl.world.state import State


class Swap(NamedTuple):
    """An item of an order, where it stands in it, and the variant that is to take its place."""

    position: int
    item: OrderItem
    variant: Variant


def faithful(state: State) -> bool:
    """Return whether the state's world repeats the benchmark's defects."""
    return state.world.behaviour == "benchmark"


def check_some(state: State, item_ids: Sequence[str]) -> None:
    """Refuse an empty list of items; the benchmark takes it and moves the order on without touching any item.

    Raises:
        ToolError: if the list is empty and the world does not repeat the benchmark.
    """
    if not item_ids and not faithful(state):
        raise ToolError("The list of items is empty; name at least one item of the order.")


def may_keep_item(state: State) -> bool:
    """Return whether an item may be exchanged for itself, which changes nothing but costs the order its status."""
    return faithful(state)


def price_difference(state: State, swaps: Sequence[Swap]) -> float:
    """Return what the new items cost more than the old ones; the benchmark keeps the noise of float arithmetic.

    Added up one by one: `sum` compensates rounding on newer Pythons and would not give the same last digits.
    """
    difference: float = 0
    for swap in swaps:
        difference += swap.variant.price - swap.item.price
    return difference if faithful(state) else round(difference, 2)


def settlement(state: State, difference: float, method_id: str) -> tuple[Payment, ...]:
    """Return how a price difference enters the history; the benchmark records a refund of nothing, too."""
    if difference == 0 and not faithful(state):
        return ()
    return (Payment("payment" if difference > 0 else "refund", float(abs(difference)), method_id),)


def substituted(state: State, items: Sequence[OrderItem], swaps: Sequence[Swap]) -> tuple[OrderItem, ...]:
    """Return an order's items after the swaps.

    The benchmark gives every changed item the price and options of the last new variant, and finds each item again by
    its id, so that one just changed can be taken for a later one.
    """
    changed = list(items)
    for swap in swaps:
        position, source = swap.position, swap.variant
        if faithful(state):
            position = next(at for at, item in enumerate(changed) if item.item_id == swap.item.item_id)
            source = swaps[-1].variant
        changed[position] = msgspec.structs.replace(
            changed[position], item_id=swap.variant.item_id, price=source.price, options=source.options
        )
    return tuple(changed)


def refunds(state: State, history: Sequence[Payment]) -> tuple[Payment, ...]:
    """Return what cancelling gives back: to each method what it has paid net of earlier refunds, and no more in total.

    The benchmark pays out every entry of the history, earlier refunds included, so a customer who changed the payment
    method before cancelling gets three times what the order cost.
    """
    if faithful(state):
        return tuple(Payment("refund", entry.amount, entry.payment_method_id) for entry in history)
    paid = net_paid(history)
    left = round(sum(paid.values()), 2)
    given: list[Payment] = []
    for method_id, amount in paid.items():
        back = min(amount, left)
        if back > 0:
            given.append(Payment("refund", back, method_id))
            left = round(left - back, 2)
    return tuple(given)


def net_paid(history: Sequence[Payment]) -> Mapping[str, float]:
    """Return payment method -> payments less refunds, in dollars rounded to cents, in order of first use."""
    paid: dict[str, float] = {}
    for entry in history:
        amount = entry.amount if entry.transaction_type == "payment" else -entry.amount
        paid[entry.payment_method_id] = round(paid.get(entry.payment_method_id, 0.0) + amount, 2)
    return paid
