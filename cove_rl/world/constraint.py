"""An exact goal: what must hold at the end, what may be written for it, and what the agent must have read."""

from collections.abc import Callable
from typing import Any

import msgspec

from cove_rl.world.call import ToolCall
from cove_rl.world.record import Record
from cove_rl.world.world import World


class Goal(msgspec.Struct, frozen=True):
    """One fact about one record that must hold in the final state.

    Attributes:
        label: the fact in words, for a verdict: "the reason order #W1 was cancelled for".
        kind: the record's type.
        key: the record's id.
        read: takes the record and returns the fact's value; it must be pure.
        wanted: the value the fact must have.
    """

    label: str
    kind: type[Record]
    key: str
    read: Callable[[Any], object]
    wanted: object


class Evidence(msgspec.Struct, frozen=True):
    """A successful read with these arguments among others: proof that the agent looked."""

    tool: str
    arguments: dict[str, str]

    def shown_by(self, call: ToolCall) -> bool:
        """Return whether a call, if it succeeded, is this read."""
        if call.name != self.tool or isinstance(call.arguments, str):
            return False
        return all(call.arguments.get(name) == value for name, value in self.arguments.items())

    def words(self) -> str:
        """Return the read as a person would write it."""
        return f"{self.tool}({', '.join(f'{name}={value}' for name, value in self.arguments.items())})"


class Action(msgspec.Struct, frozen=True):
    """One call that brings a goal about; a constraint's actions prove that it can be met."""

    name: str
    arguments: dict[str, Any]


class Constraint(Record, frozen=True, tag_field="kind"):
    """Base of a domain's goals. A subclass is a record with real ids and a ``tag``, its kind.

    A goal the policy allows states `goals`. A request the policy forbids has none: it names the record it is about in
    `guards` (nothing may be written there that no other constraint asked for) and the reads that decide it in
    `evidence`; when the right end is a human, `transfer` is True.
    """

    @property
    def kind(self) -> str:
        """The constraint's kind, as tasks and metrics name it."""
        return str(type(self).__struct_config__.tag)

    def goals(self, world: World) -> tuple[Goal, ...]:
        """Return the facts that must hold at the end; none for a request the policy forbids."""
        return ()

    def actions(self, world: World) -> tuple[Action, ...]:
        """Return calls that bring the goal about from a state where it is still possible."""
        return ()

    def evidence(self, world: World) -> tuple[Evidence, ...]:
        """Return the reads of which at least one shows that a forbidden request was looked into."""
        return ()

    def guards(self, world: World) -> tuple[tuple[type[Record], str], ...]:
        """Return the records a forbidden request is about."""
        return ()

    @property
    def transfer(self) -> bool:
        """Whether the policy says that a human must take over."""
        return False

    @property
    def moot(self) -> frozenset[str]:
        """The slots of hints this goal does not depend on: a payment, say, where there is nothing to pay."""
        return frozenset()

    def describe(self) -> str:
        """Return the goal in words, with its real ids, for a person who reads a task or a verdict."""
        raise NotImplementedError(f"{type(self).__name__} must describe itself")
