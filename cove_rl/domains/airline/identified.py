"""Requests of customers who have everything at hand: elements named by their ids."""

from msgspec.structs import replace

from cove_rl.world.constraint import Constraint
from cove_rl.world.hint import Hint

IDS = {"reservation": "reservation_id", "payment": "payment_id"}
"""Slot -> the field of a goal with the id of its element."""


def identified(goal: Constraint, hint: Hint) -> Hint:
    """Return a hint of a goal's request that names its element by id, or the hint itself where the goal has no id."""
    key = getattr(goal, IDS.get(hint.slot, ""), None)
    return hint if key is None else replace(hint, form="exact", values={"id": key}, exact=True)
