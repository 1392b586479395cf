"""What a model said, read from the body of a chat completion."""

import re

import msgspec

from cove_rl.endpoints.failure import EndpointError

_REASONING = re.compile(r"^.*</think>|<think>.*?(?:</think>|$)", re.DOTALL)


class Reply(msgspec.Struct, frozen=True):
    """What a model said.

    Attributes:
        text: its answer, without reasoning.
        cut: whether it ended because its tokens were spent.
        attempts: how many were made to get it.
        prompt_tokens: tokens read, as the server counts them.
        completion_tokens: tokens written, as the server counts them.
    """

    text: str
    cut: bool = False
    attempts: int = 1
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Message(msgspec.Struct):
    content: str | None = None


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
    )
