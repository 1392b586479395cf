"""Other values that an argument of an airline call could plausibly have had."""

from typing import Any

from cove_rl.world.call import ToolCall
from cove_rl.world.world import World


def alternatives(world: World, call: ToolCall, argument: str) -> list[Any]:
    """Return other values an argument of a call could have had."""
    return []
