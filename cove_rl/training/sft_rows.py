"""Rows of chat messages, ours or other people's, as a chat template takes them.

A row has `messages` in OpenAI's format and may have `tools` and `domain`. Data of this library and foreign data differ
in little things that change tokens: arguments of calls as text or as objects, the order of keys in a tool's schema.
"""

from functools import lru_cache
from typing import Any, Literal

import msgspec

from cove_rl.episode.chat import Chat, parsed_arguments, system_message
from cove_rl.errors import DomainError, InputError
from cove_rl.world.domain import Domain, get_domain

TOOL_SETS = 64
"""Different sets of tools that stay in memory as objects; a data set has one or a few."""

Tools = list[dict[str, Any]]
"""JSON schemas of tools, in OpenAI's format."""


class _Function(msgspec.Struct):
    name: str
    arguments: dict[str, Any] | str | None = None


class _Call(msgspec.Struct):
    function: _Function
    id: str | None = None


class _Message(msgspec.Struct):
    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None


class _Row(msgspec.Struct):
    messages: list[_Message]
    tools: Tools | None = None
    domain: str | None = None


def read_row(row: dict[str, Any], place: str) -> tuple[list[Chat], Tools, str]:
    """Return the messages, the tools and the domain ("" if there is none) of a row.

    A system prompt is used as it is recorded, and so are the tools beside it; where the tools are the domain's they are
    taken from the domain, so that a prompt of ours is to the byte what a rollout's is. A row without a system prompt
    gets the policy of its domain, and the domain's tools unless it has its own.

    Args:
        row: `messages`, `tools` and `domain`; the first two may be JSON text. Other keys mean nothing here.
        place: where it comes from, for messages.

    Raises:
        InputError: if it is no such row, or has neither a prompt nor a domain.
    """
    read = _decoded(row, place)
    domain = _domain(read.domain)
    chats = [_chat(message) for message in read.messages]
    if any(chat["role"] == "system" for chat in chats[1:]):
        raise InputError(f"{place}: a system message stands within the conversation; only its first message may be one")
    tools = _tools(read.tools, domain)
    if chats and chats[0]["role"] == "system":
        return chats, tools, read.domain or ""
    if domain is None:
        raise InputError(f"{place}: neither a system message nor the name of a domain that is installed")
    return [system_message(domain), *chats], tools or domain.toolbox.schemas(), domain.name


def _decoded(row: dict[str, Any], place: str) -> _Row:
    try:
        plain = {key: msgspec.json.decode(row[key]) if isinstance(row.get(key), str) else row.get(key) for key in JSON}
        return msgspec.convert({**plain, "domain": row.get("domain")}, _Row)
    except msgspec.MsgspecError as fault:
        raise InputError(f"{place}: {fault}") from None


JSON = ("messages", "tools")
"""Columns that may be JSON text, as tables have them whose columns must be of one type."""


def _domain(name: str | None) -> Domain | None:
    try:
        return get_domain(name) if name else None
    except DomainError:
        return None


def _tools(recorded: Tools | None, domain: Domain | None) -> Tools:
    if not recorded:
        return []
    if domain is not None and recorded == domain.toolbox.schemas():
        return domain.toolbox.schemas()
    return _kept(msgspec.json.encode(recorded))


@lru_cache(TOOL_SETS)
def _kept(tools: bytes) -> Tools:
    """Return tools that are the same objects for every row that has them: token builders know them by that."""
    kept: Tools = msgspec.json.decode(tools)
    return kept


def _chat(message: _Message) -> Chat:
    chat: Chat = {"role": message.role, "content": message.content or ""}
    if message.reasoning_content:
        chat["reasoning_content"] = message.reasoning_content
    if message.tool_calls:
        chat["tool_calls"] = [_chat_call(call) for call in message.tool_calls]
    if message.role == "tool":
        chat["tool_call_id"] = message.tool_call_id or ""
    return chat


def _chat_call(call: _Call) -> Chat:
    arguments = call.function.arguments
    parsed = parsed_arguments(arguments) if isinstance(arguments, str) else arguments or {}
    return {"id": call.id or "", "type": "function", "function": {"name": call.function.name, "arguments": parsed}}
