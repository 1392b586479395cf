"""A conversation as a row of a data set, and back: nothing of it is lost."""

from typing import Any

import msgspec

from cove_rl.data.conversation import Conversation
from cove_rl.data.messages import ChatMessage, exported_messages, imported_messages
from cove_rl.episode.outcome import Outcome
from cove_rl.episode.trajectory import Trajectory
from cove_rl.errors import InputError
from cove_rl.files import decode_json
from cove_rl.synth.example import Facts
from cove_rl.tasks.task import decode_task, encode_task
from cove_rl.world.domain import get_domain
from cove_rl.world.world import WorldRef


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the messages of a row do not say of a trajectory.

    Attributes:
        world: where its ids are from.
        agent: who played the assistant.
        user: who played the customer.
        outcome: how it ended.
        seconds: wall-clock time, when it was measured.
        failed: places of tool messages whose call failed, the system's message not counted.
    """

    world: WorldRef
    agent: str
    user: str
    outcome: Outcome
    seconds: float | None = None
    failed: tuple[int, ...] = ()


class Row(msgspec.Struct, frozen=True):
    """One row, apart from the tools: those follow from the domain.

    Attributes:
        id: the task's.
        domain: the kind of customer service.
        messages: system's message, greeting, and everything after it, in OpenAI's chat format.
        record: a `Record`, as JSON.
        task: the task as JSON, if it is known.
        facts: the facts as JSON, if they are known.
    """

    id: str
    domain: str
    messages: tuple[ChatMessage, ...]
    record: str
    task: str | None = None
    facts: str | None = None


def row_of(conversation: Conversation) -> dict[str, Any]:
    """Return the columns of a conversation's row, those of `Row`, as plain values."""
    trajectory = conversation.trajectory
    messages = trajectory.messages
    record = Record(
        world=trajectory.world,
        agent=trajectory.agent,
        user=trajectory.user,
        outcome=trajectory.outcome,
        seconds=trajectory.seconds,
        failed=tuple(place for place, message in enumerate(messages) if message.error),
    )
    task, facts = conversation.task, conversation.facts
    return {
        "id": trajectory.task_id,
        "domain": conversation.domain,
        "messages": exported_messages(get_domain(conversation.domain), messages),
        "record": msgspec.json.encode(record).decode(),
        "task": None if task is None else encode_task(task).decode(),
        "facts": None if facts is None else msgspec.json.encode(facts).decode(),
    }


def conversation_of(columns: dict[str, Any], place: str) -> Conversation:
    """Return the conversation of a row.

    Args:
        columns: name -> value; others than those of `Row` are passed over.
        place: which row of which file it is, for the message of an error.

    Raises:
        InputError: if it is no such row.
    """
    try:
        row = msgspec.convert(columns, Row)
    except msgspec.ValidationError as error:
        raise InputError(f"{place}: {error}") from None
    record = decode_json(row.record.encode(), Record, f"{place}, record")
    try:
        task = None if row.task is None else decode_task(row.task)
    except InputError as error:
        raise InputError(f"{place}: {error}") from None
    facts = None if row.facts is None else decode_json(row.facts.encode(), Facts, f"{place}, facts")
    messages = imported_messages(row.messages, frozenset(record.failed))
    trajectory = Trajectory(row.id, record.world, record.agent, record.user, messages, record.outcome, record.seconds)
    return Conversation(trajectory, task, facts)
