"""The tools of the airline domain."""

from cove_rl.world.tool import Tool

TOOLS: tuple[Tool, ...] = ()
