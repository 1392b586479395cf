"""What the policy sampled in one turn, as a message: speech for the customer, or tool calls."""

import logging
import re
from typing import Any

import msgspec
from verl.experimental.agent_loop import tool_parser
from verl.experimental.agent_loop.tool_parser import ToolParser

from cove_rl.episode.chat import DEPTH, is_shallow, parsed_arguments
from cove_rl.episode.trajectory import Message
from cove_rl.world.call import ToolCall

_REASONING = re.compile(r"^.*</think>|<think>.*?(?:</think>|$)", re.DOTALL)
_START, _END = "<tool_call>", "</tool_call>"
_CALL = re.compile(rf"{_START}.*?(?:{_END}|$)", re.DOTALL)

# what verl's parsers report as errors is answered here as the policy's mistake, and counted
logging.getLogger(tool_parser.__file__).setLevel(logging.CRITICAL)


class TurnReader:
    """Reads turns with one of verl's tool-call parsers.

    The parsers drop calls they cannot read; here such a call is kept as it was written, so that the episode can
    answer it with an error the policy can learn from.

    Args:
        tool_format: the parser's name; its format must mark calls with ``<tool_call>`` and ``</tool_call>``.
        tokenizer: the policy's.
        schemas: the tools, as verl's schema objects; formats without types in them need these.
        reasons: whether the prompt ends with an opened ``<think>``, so that an answer begins with reasoning.
    """

    def __init__(self, tool_format: str, tokenizer: Any, schemas: list[Any], *, reasons: bool = False) -> None:
        self._parser = ToolParser.get_tool_parser(tool_format, _Verbatim(tokenizer))
        self._format = tool_format
        self._tokenizer = tokenizer
        self._schemas = schemas
        self._lead = "<think>" if reasons else ""
        self._special = re.compile("|".join(map(re.escape, tokenizer.all_special_tokens)))
        self._count = 0

    async def read(self, token_ids: list[int]) -> Message:
        """Return the message; reasoning and special tokens are not part of it."""
        visible = _REASONING.sub("", self._lead + self._text(token_ids))
        calls = [await self._call(match[0]) for match in _CALL.finditer(visible)]
        return Message("assistant", _CALL.sub("", visible).strip(), tuple(calls))

    def _text(self, token_ids: list[int]) -> str:
        """Return the text without special tokens, spelled out ones and those that appear as others go included."""
        text: str = self._tokenizer.decode(token_ids, skip_special_tokens=False)
        while (shorter := self._special.sub("", text)) != text:
            text = shorter
        return text

    async def _call(self, written: str) -> ToolCall:
        self._count += 1
        call_id = f"call_{self._count}"
        read = self._plain(written) or await self._parsed(written)
        if read is not None:
            call = ToolCall(call_id, *read)
            shallow = written.count("{") + written.count("[") < DEPTH or is_shallow(call.arguments)
            if shallow and _is_text(call):
                return call
        return ToolCall(call_id, "", written)

    def _plain(self, written: str) -> tuple[str, dict[str, Any]] | None:
        """Read a call nobody could read otherwise; verl's parser takes a turn of another thread for each call."""
        if self._format != "hermes" or not written.endswith(_END):
            return None
        try:
            plain = msgspec.json.decode(written[len(_START) : -len(_END)], type=_PlainCall)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            return None
        return plain.name, plain.arguments

    async def _parsed(self, written: str) -> tuple[str, dict[str, Any] | str] | None:
        """Read a call as verl does."""
        found = (await self._parser.extract_tool_calls(written, self._schemas))[1] if written.endswith(_END) else []
        return (found[0].name, parsed_arguments(found[0].arguments)) if len(found) == 1 else None


class _PlainCall(msgspec.Struct, forbid_unknown_fields=True):
    """A call as it should be."""

    name: str
    arguments: dict[str, Any]


class _Verbatim:
    """A tokenizer for verl's parsers to whom a text is its own tokens: the reader has decoded them already."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def decode(self, text: str, **_: Any) -> str:
        """Return the text."""
        return text

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokenizer, name)


def _is_text(call: ToolCall) -> bool:
    """Whether a call can be written down and read again: half a surrogate pair, for one, is no text."""
    try:
        msgspec.json.encode(call)
    except (UnicodeError, OverflowError):
        return False
    return True
