"""What calls leave behind: tasks, connections."""

import asyncio

from cove_rl.endpoints.background import background

from .server import Server

TRIES, PAUSE = 1000, 0.01
"""How often to look before something counts as left behind, and the seconds in between."""


async def settled() -> None:
    """Wait until nothing is under way in the background loop; fail if that does not come about."""
    tasks: list[str] = []
    for _ in range(TRIES):
        tasks = await background().run(_others())
        if not tasks:
            return
        await asyncio.sleep(PAUSE)
    raise AssertionError(f"still under way: {tasks}")


async def _others() -> list[str]:
    return [repr(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def disconnected(server: Server) -> None:
    """Wait until a server has no connection left; fail if that does not come about."""
    for _ in range(TRIES):
        if not server.connections:
            return
        await asyncio.sleep(PAUSE)
    raise AssertionError(f"{server.connections} connections are still open")
