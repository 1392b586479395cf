"""The benchmark's reward of one conversation, by its own rules.

The reward is the product of the parts that a task names in its `reward_basis`; every part is 0 or 1. A conversation
that neither side ended earns 0 whatever happened in it, and a task without criteria earns 1.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from cove_rl.world.call import ToolCall

Basis = Literal["DB", "COMMUNICATE", "ACTION", "NL_ASSERTION", "ENV_ASSERTION"]
"""What a part of the reward looks at."""

DEFAULT_BASIS: tuple[Basis, ...] = ("DB", "COMMUNICATE")
"""The basis of tasks from before tasks named one."""

ENDED = frozenset({"agent_stop", "user_stop"})
"""The endings that can earn anything."""


class GoldAction(msgspec.Struct, frozen=True):
    """A call a task expects.

    Attributes:
        call: the call.
        compare: arguments that must be equal; None for those that the call of the agent has.
    """

    call: ToolCall
    compare: tuple[str, ...] | None = None

    def matched_by(self, call: ToolCall) -> bool:
        """Return whether a call counts as this one.

        Where the task does not say which arguments to compare, those the call names are: one that leaves out an
        argument may match, and one without arguments always does.
        """
        if call.name != self.call.name:
            return False
        given, wanted = _named(call.arguments), _named(self.call.arguments)
        names = given.keys() if self.compare is None else self.compare
        return _only(given, names) == _only(wanted, names)


def _named(arguments: Mapping[str, Any] | str) -> Mapping[str, Any]:
    return {} if isinstance(arguments, str) else arguments


def _only(arguments: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name in names}


class Criteria(msgspec.Struct, frozen=True):
    """What a task is scored on.

    Attributes:
        basis: the parts that count.
        actions: the calls that lead to the wanted database; None if the task names none, not even an empty list.
        communicate: what the agent must have said.
        assertions: statements that a language model judges.
        environment: how many assertions about the environment there are; None if the task has no list of them.
    """

    basis: tuple[Basis, ...] = DEFAULT_BASIS
    actions: tuple[GoldAction, ...] | None = None
    communicate: tuple[str, ...] = ()
    assertions: tuple[str, ...] = ()
    environment: int | None = None


class Ended(msgspec.Struct, frozen=True):
    """A conversation that is over, as its reward sees it.

    Attributes:
        termination: how it ended, in the benchmark's words.
        db_match: whether the database is that of the gold actions.
        calls: the calls of both sides.
        texts: what the agent said.
        judged: the judge's answer to each assertion; None where nobody asked it.
    """

    termination: str
    db_match: bool
    calls: tuple[ToolCall, ...]
    texts: tuple[str, ...]
    judged: tuple[bool, ...] | None = None


class Part(msgspec.Struct, frozen=True):
    """One part of a reward.

    Attributes:
        basis: what it looks at.
        met: whether it is 1 or 0; None if that takes a judge nobody asked.
        reason: what is missing; "" if nothing is.
    """

    basis: Basis
    met: bool | None
    reason: str = ""


class Grade(msgspec.Struct, frozen=True):
    """A reward and its parts.

    Attributes:
        reward: 0.0 or 1.0; None if it depends on a part that nobody could decide.
        parts: the parts that count.
        note: why there are no parts; "" if there are.
        kinds: the tools of the writes the task expects.
    """

    reward: float | None
    parts: tuple[Part, ...] = ()
    note: str = ""
    kinds: tuple[str, ...] = ()

    @property
    def undecided(self) -> tuple[Basis, ...]:
        """The parts that nobody could decide."""
        return tuple(part.basis for part in self.parts if part.met is None)


def grade(criteria: Criteria | None, ended: Ended) -> Grade:
    """Return the reward of a conversation.

    A part that cannot be decided leaves the reward open only where all others are met.

    Args:
        criteria: what the task is scored on; None if it is not.
        ended: the conversation.
    """
    if ended.termination not in ENDED:
        return Grade(0.0, note=f"neither side ended it: {ended.termination}")
    if criteria is None:
        return Grade(1.0, note="the task has no criteria")
    parts = tuple(_part(basis, criteria, ended) for basis in dict.fromkeys(criteria.basis))
    if any(part.met is False for part in parts):
        return Grade(0.0, parts)
    return Grade(None if any(part.met is None for part in parts) else 1.0, parts)


def _part(basis: Basis, criteria: Criteria, ended: Ended) -> Part:
    if basis == "DB":
        nothing = criteria.actions is None and criteria.environment is None
        met = nothing or ended.db_match
        return Part(basis, met, "" if met else "the database is not that of the expected calls")
    if basis == "COMMUNICATE":
        return _all(basis, unsaid(criteria.communicate, ended.texts))
    if basis == "ACTION":
        return _all(basis, _uncalled(criteria.actions or (), ended.calls))
    if basis == "NL_ASSERTION":
        return _judged(criteria.assertions, ended.judged)
    return Part(basis, None if criteria.environment else True)


def _all(basis: Basis, missing: Iterable[str]) -> Part:
    found = list(missing)
    return Part(basis, not found, f"missing: {'; '.join(found)}" if found else "")


def unsaid(wanted: Sequence[str], texts: Sequence[str]) -> Iterator[str]:
    """Yield what the agent should have said and did not.

    It was said if some text has it in it, capitals aside, with the text's commas taken out. The commas of what is
    wanted stay, so that "1,000" can never be found.
    """
    said = [text.lower().replace(",", "") for text in texts]
    return (one for one in wanted if not any(one.lower() in text for text in said))


def _uncalled(actions: Sequence[GoldAction], calls: Sequence[ToolCall]) -> Iterator[str]:
    return (action.call.name for action in actions if not any(action.matched_by(call) for call in calls))


def _judged(assertions: Sequence[str], judged: Sequence[bool] | None) -> Part:
    """Return the judge's part; without assertions there is nothing to judge."""
    if not assertions:
        return Part("NL_ASSERTION", True)
    if judged is None:
        return Part("NL_ASSERTION", None, "nobody asked the judge")
    failed = len(judged) - sum(judged)
    return Part("NL_ASSERTION", not failed, f"{failed} of {len(judged)} assertions failed" if failed else "")
