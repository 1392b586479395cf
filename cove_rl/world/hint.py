"""What the customer can say about a goal: the fuzzified form of its elements."""

from typing import Tuple, Union  # noqa: UP035  (Python 3.10 resolves forward references in these alone)

from cove_rl.world.constraint import Constraint
from cove_rl.world.record import Record

Value = Union[str, Tuple["Hint", ...], dict[str, str]]  # noqa: UP006, UP007
"""What fills a place in a wording: a text, other hints, or option names with their values."""


class Check(Record, frozen=True):
    """How the customer tells, from an agent's words alone, that a proposal means something else than they do.

    Words are compared without regard to case. The customer does not know ids, so a proposal that names nothing they
    know passes.

    Attributes:
        any: words of which one shows that the right element is meant ...
        instead: ... and words that, when none of `any` is there, show that another one is.
        all: words that must all be there if one of them is.
        never: words that must not be there.
    """

    any: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


class Hint(Record, frozen=True, omit_defaults=True):
    """One element of a goal as the customer describes it; it resolves to exactly one element in the customer's view.

    Attributes:
        slot: which element of the request it describes ("order", "payment", ...).
        form: how it is described ("items", "last_four", ...); a name in the domain's `speech.yaml`.
        values: what fills the wording.
        exact: True when the exact value is given away instead: no unique description existed, or the task is to be
            an easy one.
        check: how the customer notices that an agent means something else.
        also: further checks, each for itself, where one cannot tell everything (flights: by number, and by date).
    """

    slot: str
    form: str
    values: dict[str, Value] = {}
    exact: bool = False
    check: Check | None = None
    also: tuple[Check, ...] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks."""
        return self.also if self.check is None else (self.check, *self.also)


class Request(Record, frozen=True, omit_defaults=True):
    """One thing the customer wants: the exact goal, how they ask for it, and how they describe its elements.

    Attributes:
        constraint: the exact goal.
        act: what the customer asks for, a name in the domain's `speech.yaml`; a forbidden request is asked for in the
            same words as an allowed one.
        hints: the elements, one hint per slot.
    """

    constraint: Constraint
    act: str
    hints: tuple[Hint, ...]
