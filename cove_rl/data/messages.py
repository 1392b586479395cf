"""Messages as files of others have them: OpenAI's chat format, arguments as JSON text, and back again."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from cove_rl.episode.chat import Chat, chat_messages, parsed_arguments, system_message
from cove_rl.episode.trajectory import Message
from cove_rl.world.call import Requestor, ToolCall
from cove_rl.world.domain import Domain

FAILED = "Error:"
"""What the result of a failed call begins with, here and in tau2-bench."""


class ChatFunction(msgspec.Struct, frozen=True):
    """What a call calls; some files have the arguments as an object."""

    name: str
    arguments: dict[str, Any] | str | None = None


class ChatCall(msgspec.Struct, frozen=True):
    """One call of a message."""

    function: ChatFunction
    id: str | None = None


class ChatMessage(msgspec.Struct, frozen=True):
    """One message of a file, as tolerant as can be: what is missing may be null, what is not known is passed over."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | None = None
    tool_calls: tuple[ChatCall, ...] | None = None
    tool_call_id: str | None = None


def exported_messages(domain: Domain, messages: Iterable[Message]) -> list[Chat]:
    """Return a conversation as a file holds it: the policy as the system's message, then everything that was said.

    The arguments of calls are JSON text, spaced as chat templates space it, so that a template renders the text as it
    renders the object in a rollout.
    """
    chats = chat_messages(messages)
    for chat in chats:
        for call in chat.get("tool_calls", ()):
            call["function"]["arguments"] = _text(call["function"]["arguments"])
    return [system_message(domain), *chats]


def _text(arguments: dict[str, Any] | str) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def imported_messages(chats: Sequence[ChatMessage], failed: frozenset[int] | None = None) -> tuple[Message, ...]:
    """Return the messages of a file as those of an episode; the system's are not part of one.

    Args:
        chats: the messages.
        failed: places in the result of tool messages whose call failed; None if only the text says so.
    """
    spoken = [chat for chat in chats if chat.role not in ("system", "developer")]
    return tuple(_message(chat, None if failed is None else place in failed) for place, chat in enumerate(spoken))


def _message(chat: ChatMessage, failed: bool | None) -> Message:
    content = chat.content or ""
    if chat.role == "tool":
        error = content.startswith(FAILED) if failed is None else failed
        return Message("tool", content, call_id=chat.tool_call_id or "", error=error)
    role: Requestor = "user" if chat.role == "user" else "assistant"
    return Message(role, content, tuple(_call(call, role) for call in chat.tool_calls or ()))


def _call(call: ChatCall, requestor: Requestor) -> ToolCall:
    arguments = call.function.arguments
    if isinstance(arguments, str):
        arguments = parsed_arguments(arguments)
    return ToolCall(call.id or "", call.function.name, {} if arguments is None else arguments, requestor)
