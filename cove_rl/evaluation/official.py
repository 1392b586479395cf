"""A task as tau2-bench writes it: in its own files, and in the runs it recorded."""

import json
from typing import Any, get_args

import msgspec

from cove_rl.errors import InputError
from cove_rl.evaluation.reward import DEFAULT_BASIS, Basis, Criteria, GoldAction
from cove_rl.world.call import Requestor, ToolCall


class RecordedCall(msgspec.Struct, frozen=True):
    """A tool call in a message, or a gold action of a task."""

    name: str
    arguments: dict[str, Any] | str | None = None
    id: str | None = None
    requestor: Requestor | None = None
    compare_args: tuple[str, ...] | None = None

    def to_call(self) -> ToolCall:
        """Return the call as a toolbox takes it; arguments that are JSON in a string are parsed."""
        arguments = self.arguments
        if isinstance(arguments, str):
            arguments = _parsed(arguments)
        return ToolCall(self.id or "", self.name, {} if arguments is None else arguments, self.requestor or "assistant")

    def to_gold(self) -> GoldAction:
        """Return the call as one that a task expects."""
        return GoldAction(self.to_call(), self.compare_args)


def _parsed(text: str) -> dict[str, Any] | str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict) else text


class RecordedCriteria(msgspec.Struct, frozen=True):
    """What a task is scored on."""

    actions: tuple[RecordedCall, ...] | None = None
    communicate_info: tuple[str, ...] | None = None
    nl_assertions: tuple[str, ...] | None = None
    env_assertions: tuple[Any, ...] | None = None
    reward_basis: tuple[str, ...] | None = None

    def to_criteria(self) -> Criteria:
        """Return the same for `grade`.

        Raises:
            InputError: if the basis has a part that is unknown here.
        """
        return Criteria(
            basis=basis_of(self.reward_basis),
            actions=None if self.actions is None else tuple(action.to_gold() for action in self.actions),
            communicate=self.communicate_info or (),
            assertions=self.nl_assertions or (),
            environment=None if self.env_assertions is None else len(self.env_assertions),
        )


def basis_of(names: tuple[str, ...] | None) -> tuple[Basis, ...]:
    """Return the parts of a reward; the usual ones where a task names none.

    Raises:
        InputError: if there is no such part.
    """
    if names is None:
        return DEFAULT_BASIS
    known: dict[str, Basis] = {name: name for name in get_args(Basis)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(f"a task's reward_basis names '{unknown[0]}'; known: {', '.join(known)}")
    return tuple(known[name] for name in names)


class RecordedTask(msgspec.Struct, frozen=True):
    """A task. Its scenario is for whoever plays the user."""

    id: str | int | None = None
    user_scenario: Any = None
    evaluation_criteria: RecordedCriteria | None = None
    initial_state: Any = None

    @property
    def prepared(self) -> bool:
        """Whether the task changes the world before the conversation begins."""
        setup = self.initial_state
        return any(setup.values()) if isinstance(setup, dict) else bool(setup)

    @property
    def criteria(self) -> Criteria | None:
        """What the task is scored on; None if it is not."""
        return None if self.evaluation_criteria is None else self.evaluation_criteria.to_criteria()
