"""The record of an episode, and the messages it is made of."""

from typing import Literal

import msgspec

from cove_rl.episode.outcome import Outcome
from cove_rl.world.call import ToolCall
from cove_rl.world.world import WorldRef


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message. Roles and fields are OpenAI's chat format, with calls already parsed.

    Attributes:
        role: who speaks; "tool" is the answer to one call.
        content: the text; a message with calls may have one, kept in the record but
            not shown to the other side.
        calls: the tool calls the message makes, run in this order.
        call_id: for a tool message, which call it answers.
        error: for a tool message, whether the call failed.
    """

    role: Literal["assistant", "user", "tool"]
    content: str = ""
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""
    error: bool = False


class Trajectory(msgspec.Struct, frozen=True, omit_defaults=True):
    """The record of one episode.

    Attributes:
        task_id: the task.
        world: the task's world.
        agent: who played the assistant.
        user: who played the customer.
        messages: everything that was said and returned, from the assistant's greeting on.
        outcome: how it ended, and whose doing that was.
        seconds: wall-clock time, when it was measured.
    """

    task_id: str
    world: WorldRef
    agent: str
    user: str
    messages: tuple[Message, ...]
    outcome: Outcome
    seconds: float | None = None

    def calls(self) -> list[ToolCall]:
        """Return every tool call in the order they were run."""
        return [call for message in self.messages for call in message.calls]
