"""Conversations in OpenAI's chat format: as chat templates see them, and as a served model is sent them."""

from collections.abc import Iterable
from typing import Any

import msgspec

from cove_rl.episode.trajectory import Message
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import Domain

Chat = dict[str, Any]
"""One message in OpenAI's format."""

DEPTH = 32
"""How deep arguments may be nested (ours; tools need two levels): deeper ones overflow somebody's stack later on."""
UNREADABLE = "unreadable"
"""The key under which arguments that are no JSON object are sent back to the model that wrote them."""


def system_message(domain: Domain) -> Chat:
    """Return the agent's system prompt: the domain's policy, word for word."""
    return {"role": "system", "content": domain.policy}


def chat_messages(messages: Iterable[Message]) -> list[Chat]:
    """Return episode messages as chat messages, the arguments of calls as objects, as chat templates want them."""
    return [_chat(message) for message in messages]


def sent_messages(messages: Iterable[Message]) -> list[Chat]:
    """Return episode messages as chat messages, the arguments of calls as JSON text, as servers want them."""
    return [_sent(chat) for chat in chat_messages(messages)]


def _chat(message: Message) -> Chat:
    chat: Chat = {"role": message.role, "content": message.content}
    if message.calls:
        chat["tool_calls"] = [_chat_call(call) for call in message.calls]
    if message.role == "tool":
        chat["tool_call_id"] = message.call_id
    return chat


def _chat_call(call: ToolCall) -> Chat:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _sent(chat: Chat) -> Chat:
    for call in chat.get("tool_calls", ()):
        arguments = call["function"]["arguments"]
        # some servers parse the arguments of earlier calls, and refuse the request if one is no object
        known = {UNREADABLE: arguments} if isinstance(arguments, str) else arguments
        call["function"]["arguments"] = msgspec.json.encode(known).decode()
    return chat


def parsed_arguments(text: str) -> dict[str, Any] | str:
    """Return the arguments of a call as an object, or the text itself when it is no JSON object, or far too deep."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return text
    return value if isinstance(value, dict) and is_shallow(value) else text


def is_shallow(value: object, levels: int = DEPTH) -> bool:
    """Return whether plain values are nested no deeper than so many levels."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(is_shallow(one, levels - 1) for one in inner)
