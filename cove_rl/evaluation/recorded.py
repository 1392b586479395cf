"""Read runs that tau2-bench recorded: one JSON object per line, with the fields a replay needs."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Union

import msgspec

from cove_rl.evaluation.official import RecordedCall, RecordedTask
from cove_rl.files import read_jsonl
from cove_rl.world.call import ToolCall


class RecordedMessage(msgspec.Struct, frozen=True):
    """One message; `tool_messages` holds several results in one, as some versions of the benchmark write them."""

    role: str
    content: Any = None
    tool_calls: tuple[RecordedCall, ...] | None = None
    id: str | int | None = None
    error: bool | None = None
    tool_messages: "tuple[RecordedMessage, ...] | None" = None

    @property
    def text(self) -> str:
        """The content as text."""
        if isinstance(self.content, str):
            return self.content
        return "" if self.content is None else json.dumps(self.content)

    @property
    def failed(self) -> bool:
        """Whether this is the result of a failed call; older recordings say so in the text alone."""
        return self.text.startswith("Error:") if self.error is None else self.error


class ActionCheck(msgspec.Struct, frozen=True):
    """A gold action as it was when the run was scored."""

    action: RecordedCall


class DbCheck(msgspec.Struct, frozen=True):
    """Whether the benchmark found the database of the run equal to that of the gold actions."""

    db_match: bool | None = None


class CommunicateCheck(msgspec.Struct, frozen=True):
    """Something the agent had to say when the run was scored."""

    info: str


class AssertionCheck(msgspec.Struct, frozen=True):
    """What the judge answered to a statement about the run."""

    met: bool
    nl_assertion: str = ""


class RewardInfo(msgspec.Struct, frozen=True):
    """How the benchmark scored the run."""

    reward: float | None = None
    db_check: DbCheck | None = None
    action_checks: tuple[ActionCheck, ...] | None = None
    communicate_checks: tuple[CommunicateCheck, ...] | None = None
    nl_assertions: tuple[AssertionCheck, ...] | None = None
    reward_basis: tuple[str, ...] | None = None


class Answer(msgspec.Struct, frozen=True):
    """A recorded call and what it returned; `content` is None if the recording ends before the result."""

    call: ToolCall
    content: str | None
    failed: bool


class RecordedRun(msgspec.Struct, frozen=True):
    """One conversation of a real model with the benchmark."""

    messages: tuple[Union[RecordedMessage, tuple[RecordedMessage, ...]], ...]  # noqa: UP007  (a forward reference)
    domain: str | None = None
    sim_id: str | int | None = None
    task_id: str | int | None = None
    trial: int | None = None
    task: RecordedTask | None = None
    termination_reason: str | None = None
    reward_info: RewardInfo | None = None

    @property
    def name(self) -> str:
        """What to call the run: its simulation id, or task and trial."""
        return f"task {self.task_id}, trial {self.trial}" if self.sim_id is None else str(self.sim_id)

    @property
    def prepared(self) -> bool:
        """Whether the task changes the world before the conversation begins."""
        return self.task is not None and self.task.prepared

    @property
    def db_match(self) -> bool | None:
        """What the benchmark's check of the database said; None if it did not get that far."""
        check = None if self.reward_info is None else self.reward_info.db_check
        return None if check is None else check.db_match

    def gold(self) -> list[ToolCall]:
        """Return the gold actions the run was scored against.

        Tasks are edited over time, so the actions in the score itself come first, the task's own second.
        """
        if self.reward_info is not None and self.reward_info.action_checks is not None:
            return [check.action.to_call() for check in self.reward_info.action_checks]
        criteria = None if self.task is None else self.task.evaluation_criteria
        return [action.to_call() for action in (criteria.actions or () if criteria else ())]

    def flat(self) -> "Iterator[RecordedMessage]":
        """Yield single messages, whatever they are bundled in."""
        return _flat(self.messages)

    def answers(self) -> list[Answer]:
        """Return all calls of both sides in order, each with its result.

        A result belongs to the oldest unanswered call with its id; one that fits none, to the oldest of all.
        """
        calls: list[ToolCall] = []
        found: dict[int, RecordedMessage] = {}
        for message in self.flat():
            calls += [call.to_call() for call in message.tool_calls or ()]
            if message.role == "tool":
                open_places = [place for place in range(len(calls)) if place not in found]
                named = [place for place in open_places if calls[place].id == str(message.id)]
                for place in (named or open_places)[:1]:
                    found[place] = message
        return [_answer(call, found.get(place)) for place, call in enumerate(calls)]


def _flat(messages: Sequence[RecordedMessage | tuple[RecordedMessage, ...]]) -> Iterator[RecordedMessage]:
    """Yield single messages, whatever they are bundled in."""
    for message in messages:
        if isinstance(message, tuple):
            yield from _flat(message)
        elif message.tool_messages:
            yield from _flat(message.tool_messages)
        else:
            yield message


def _answer(call: ToolCall, message: RecordedMessage | None) -> Answer:
    return Answer(call, None, False) if message is None else Answer(call, message.text, message.failed)


def read_runs(path: Path, domain: str) -> Iterator[RecordedRun]:
    """Yield the runs of one domain in a file of JSON lines; lines that name another domain are passed over.

    Args:
        path: the file.
        domain: the domain's name.

    Raises:
        InputError: if the file cannot be read, or a line is no recorded run; the message names the line.
    """
    return (run for run in read_jsonl(path, RecordedRun) if run.domain in (None, domain))
