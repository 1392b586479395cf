"""What the policy sampled in one turn, as a message: speech for the customer, or tool calls."""

import re
from typing import Any

from verl.experimental.agent_loop.tool_parser import ToolParser

from cove_rl.episode.trajectory import Message
from cove_rl.training.chat import parsed_arguments
from cove_rl.world.call import ToolCall

_REASONING = re.compile(r"^.*</think>|<think>.*?(?:</think>|$)", re.DOTALL)
_CALL = re.compile(r"<tool_call>.*?(?:</tool_call>|$)", re.DOTALL)


class TurnReader:
    """Reads turns with one of verl's tool-call parsers.

    The parsers drop calls they cannot read; here such a call is kept as it was written, so that the episode can
    answer it with an error the policy can learn from.

    Args:
        parser: the parser, of a format that marks calls with ``<tool_call>``.
        tokenizer: the policy's.
        schemas: the tools, as verl's schema objects; formats without types in them need these.
    """

    def __init__(self, parser: ToolParser, tokenizer: Any, schemas: list[Any]) -> None:
        self._parser = parser
        self._tokenizer = tokenizer
        self._schemas = schemas
        self._count = 0

    async def read(self, token_ids: list[int]) -> Message:
        """Return the message; reasoning and special tokens are not part of it."""
        text = self._tokenizer.decode(token_ids, skip_special_tokens=False)
        for special in self._tokenizer.all_special_tokens:
            text = text.replace(special, "")
        visible = _REASONING.sub("", text)
        calls = [await self._call(match[0]) for match in _CALL.finditer(visible)]
        return Message("assistant", _CALL.sub("", visible).strip(), tuple(calls))

    async def _call(self, written: str) -> ToolCall:
        self._count += 1
        call_id = f"call_{self._count}"
        token_ids = self._tokenizer.encode(written, add_special_tokens=False)
        _, found = await self._parser.extract_tool_calls(token_ids, self._schemas)
        if len(found) != 1:
            return ToolCall(call_id, "", written)
        return ToolCall(call_id, found[0].name, parsed_arguments(found[0].arguments))
