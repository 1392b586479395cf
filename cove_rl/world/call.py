"""A tool call as an agent (or, under dual control, a user) makes it, and what came of it."""

from typing import Any, Literal

import msgspec

from cove_rl.world.state import Change

Requestor = Literal["assistant", "user"]
"""Who made a call; the words are the benchmark's."""


class ToolCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call. `arguments` is the parsed JSON object, or the raw text when it was not a JSON object."""

    id: str
    name: str
    arguments: dict[str, Any] | str
    requestor: Requestor = "assistant"


class CallResult(msgspec.Struct, frozen=True):
    """What a call returned: the text its caller reads, whether it failed, and the records it changed."""

    content: str
    error: bool = False
    changes: tuple[Change, ...] = ()
