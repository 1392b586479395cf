"""What the customer can say about a goal: the fuzzified form of its elements."""

from typing import Union

from cove_rl.world.constraint import Constraint
from cove_rl.world.record import Record

Value = Union[str, tuple["Hint", ...], dict[str, str]]  # noqa: UP007  (a forward reference)
"""What fills a place in a wording: a text, other hints, or option names with their values."""


class Hint(Record, frozen=True, omit_defaults=True):
    """One element of a goal as the customer describes it; it resolves to exactly one element in the customer's view.

    Attributes:
        slot: which element of the request it describes ("order", "payment", ...).
        form: how it is described ("items", "last_four", ...); a name in the domain's `speech.yaml`.
        values: what fills the wording.
        exact: True when no unique description existed and the exact value is given away instead.
        rivals: words that, in an agent's proposal, would mean something else in this one's place.
    """

    slot: str
    form: str
    values: dict[str, Value] = {}
    exact: bool = False
    rivals: tuple[str, ...] = ()


class Request(Record, frozen=True, omit_defaults=True):
    """One thing the customer wants: the exact goal and how the customer describes it."""

    constraint: Constraint
    hints: tuple[Hint, ...]
