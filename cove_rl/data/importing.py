"""Conversations made elsewhere as trajectories: the format of CoVe's public set, and runs of tau2-bench.

Nobody knows their worlds: they refer to one without fingerprint and seed, which no task and no file can match.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from cove_rl.data.conversation import parquet_files
from cove_rl.data.messages import ChatMessage, imported_messages
from cove_rl.episode.episode import STOP
from cove_rl.episode.outcome import Ending, outcome_of
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.errors import InputError
from cove_rl.evaluation.recorded import RecordedMessage, RecordedRun
from cove_rl.files import decode_json, read_jsonl
from cove_rl.world.call import Requestor
from cove_rl.world.domain import Domain
from cove_rl.world.world import WorldRef

UNKNOWN = "unknown"
"""Who played a side, where the source does not say."""
ENDINGS: Mapping[str, Ending] = {"user_stop": "user_stop", "max_steps": "max_agent_turns"}
"""tau2-bench's reasons to end a run -> ours; runs that ended otherwise are interrupted, with the reason as detail."""


class _Row(msgspec.Struct):
    """A conversation as CoVe's public set has it, as far as it is known; sets derived from it have JSON text."""

    messages: tuple[ChatMessage, ...] | str
    id: str | int | None = None
    domain: str | None = None
    data_source: str | None = None


class _Run(RecordedRun, frozen=True):
    termination_reason: str = ""
    agent: Any = None
    user: Any = None


def import_cove12k(path: Path, domain: str | None = None) -> Iterator[Trajectory]:
    """Yield the conversations of a file of rows with `messages` in OpenAI's chat format.

    The system's message is left out: in our form it is the domain's policy.

    Args:
        path: JSON lines, or parquet.
        domain: of rows that name none in `domain` or `data_source`.

    Raises:
        InputError: at the first row that is no conversation or names no domain, naming the row and the fault.
    """
    for number, (place, row) in enumerate(_rows(path), start=1):
        text = row.messages
        chats = decode_json(text.encode(), tuple[ChatMessage, ...], place) if isinstance(text, str) else text
        messages = imported_messages(chats)
        name = row.domain or row.data_source or domain
        if not messages or not name:
            missing = "domain; give one with --domain" if messages else "message of the agent or the customer"
            raise InputError(f"{place} has no {missing}")
        ending = _ending(messages)
        outcome = outcome_of(ending, "not recorded" if ending == "interrupted" else "")
        key = f"{path.name} {number}" if row.id is None else str(row.id)
        yield Trajectory(key, WorldRef(name, ""), UNKNOWN, UNKNOWN, messages, outcome)


def import_tau2(path: Path, domain: str | None = None) -> Iterator[Trajectory]:
    """Yield runs that tau2-bench recorded, one JSON object a line.

    Args:
        path: the file.
        domain: of lines that name none.

    Raises:
        InputError: at the first line that is no run or names no domain, naming the line and the fault.
    """
    for number, run in enumerate(read_jsonl(path, _Run), start=1):
        name = run.domain or domain
        if not name:
            raise InputError(f"{path} line {number} has no domain; give one with --domain")
        ending = ENDINGS.get(run.termination_reason, "interrupted")
        outcome = outcome_of(ending, run.termination_reason if ending == "interrupted" else "")
        messages = tuple(_recorded(message) for message in run.flat() if message.role in ("assistant", "user", "tool"))
        key = run.name if run.task_id is None else str(run.task_id)
        yield Trajectory(key, WorldRef(name, ""), _side(run.agent), _side(run.user), messages, outcome)


def _rows(path: Path) -> Iterator[tuple[str, _Row]]:
    """Yield rows with what to call each in an error."""
    if not parquet_files(path):
        for number, row in enumerate(read_jsonl(path, _Row), start=1):
            yield f"{path} line {number}", row
        return
    from cove_rl.data.parquet import read_columns  # pyarrow is slow to import, and an extra

    for place, columns in read_columns(parquet_files(path)):
        yield place, _row(columns, place)


def _row(columns: dict[str, Any], place: str) -> _Row:
    try:
        return msgspec.convert(columns, _Row)
    except msgspec.ValidationError as error:
        raise InputError(f"{place}: {error}") from None


def _ending(messages: tuple[Message, ...]) -> Ending:
    """Return what ended a conversation, as far as it shows: "interrupted" if it does not."""
    if any(call.name == Domain.transfer_tool for message in messages[-3:] for call in message.calls):
        return "transfer"
    spoken = [message.content for message in messages if message.role == "user"]
    return "user_stop" if spoken and STOP in spoken[-1] else "interrupted"


def _recorded(message: RecordedMessage) -> Message:
    if message.role == "tool":
        call_id = "" if message.id is None else str(message.id)
        return Message("tool", message.text, call_id=call_id, error=message.failed)
    role: Requestor = "user" if message.role == "user" else "assistant"
    return Message(role, message.text, tuple(call.to_call() for call in message.tool_calls or ()))


def _side(name: Any) -> str:
    return name if isinstance(name, str) and name else UNKNOWN
