"""What a model said, read from the body of a chat completion."""

import re
from typing import Any

import msgspec

from cove_rl.endpoints.failure import EndpointError

_REASONING = re.compile(r"^.*</think>|<think>.*?(?:</think>|$)", re.DOTALL)


class RequestedCall(msgspec.Struct, frozen=True):
    """A tool call as a model asks for it; nothing about it has been checked.

    Attributes:
        id: what the server calls it; "" if it gave no name.
        name: the tool's name.
        arguments: what should be a JSON object, as text.
    """

    id: str
    name: str
    arguments: str


class Reply(msgspec.Struct, frozen=True):
    """What a model said.

    Attributes:
        text: its answer, without reasoning; may be empty, beside calls above all.
        cut: whether it ended because its tokens were spent.
        attempts: how many were made to get it.
        prompt_tokens: tokens read, as the server counts them.
        completion_tokens: tokens written, as the server counts them.
        calls: the tool calls it makes, in this order.
    """

    text: str
    cut: bool = False
    attempts: int = 1
    prompt_tokens: int = 0
    completion_tokens: int = 0
    calls: tuple[RequestedCall, ...] = ()


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None
    """Text as OpenAI has it; some servers send the object itself."""


class _Call(msgspec.Struct):
    function: _Function
    id: str | None = None


class _Message(msgspec.Struct):
    content: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Tokens(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(msgspec.Struct):
    """As much of a chat completion as is read; reasoning in a field of its own is not."""

    choices: list[_Choice]
    usage: _Tokens | None = None


def read_reply(body: bytes) -> Reply:
    """Return the reply in a response's body.

    Raises:
        EndpointError: if there is none.
    """
    try:
        completion = msgspec.json.decode(body, type=_Completion)
        choice = completion.choices[0]
    except (msgspec.MsgspecError, UnicodeError, RecursionError, IndexError) as error:
        raise EndpointError("broken", f"the response is no chat completion: {error}") from None
    tokens = completion.usage or _Tokens()
    return Reply(
        _REASONING.sub("", choice.message.content or "").strip(),
        choice.finish_reason == "length",
        prompt_tokens=tokens.prompt_tokens,
        completion_tokens=tokens.completion_tokens,
        calls=tuple(map(_requested, choice.message.tool_calls or ())),
    )


def _requested(call: _Call) -> RequestedCall:
    arguments = call.function.arguments or ""
    text = arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
    return RequestedCall(call.id or "", call.function.name or "", text)
