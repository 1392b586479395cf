"""Name elements of a retail goal by their ids, for customers who have them at hand."""

from collections.abc import Sequence

from msgspec.structs import replace

from cove_rl.world.constraint import Constraint
from cove_rl.world.hint import Hint, Value


def identified(goal: Constraint, hint: Hint) -> Hint:
    """Return a hint of a goal's request that names its element by id, or the hint itself where the goal has no id."""
    values = _values(goal, hint.slot)
    if not values:
        return hint
    form = hint.form if hint.slot in ("items", "changes") else "exact"
    return replace(hint, form=form, values=values, exact=True)


def _values(goal: Constraint, slot: str) -> dict[str, Value]:
    """Return what an exact hint of a slot is made of; nothing if the goal has no id for it."""
    order_id, payment = getattr(goal, "order_id", ""), getattr(goal, "payment_method_id", "")
    if slot == "order" and order_id:
        return {"id": order_id}
    if slot == "payment" and payment:
        return {"id": payment}
    old = _ids(goal, "item_ids", "item_id")
    if slot == "items" and old:
        return {"items": tuple(_exact("item", item_id) for item_id in old)}
    if slot == "changes" and old:
        pairs = zip(old, _ids(goal, "new_item_ids", "new_item_id"), strict=True)
        return {"changes": tuple(_swap(item_id, new) for item_id, new in pairs)}
    return {}


def _swap(item_id: str, new_item_id: str) -> Hint:
    return Hint("change", "swap", {"item": (_exact("item", item_id),), "new": (_exact("new", new_item_id),)})


def _exact(slot: str, element_id: str) -> Hint:
    return Hint(slot, "exact", {"id": element_id}, exact=True)


def _ids(goal: Constraint, several: str, one: str) -> Sequence[str]:
    single = getattr(goal, one, None)
    return getattr(goal, several, ()) if single is None else (single,)
