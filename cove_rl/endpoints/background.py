"""An event loop in a thread of its own, where every endpoint's connections live.

Whatever loop a caller runs in, and however many of them a process has, connections and limits are shared; and a caller
whose loop is busy for a while keeps nobody's connection waiting.
"""

import asyncio
import logging
import os
from collections.abc import Collection, Coroutine
from threading import Lock, Thread
from typing import Any, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


class Background:
    """A running event loop; what is left of it when it is closed is cancelled."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="cove-endpoints", daemon=True)
        self._thread.start()

    async def run(self, doing: Coroutine[Any, Any, T]) -> T:
        """Return what a coroutine returns, run there; cancelling the caller cancels it."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(doing, self._loop))

    def finish(self, doing: Coroutine[Any, Any, None], seconds: float) -> None:
        """Cancel everything, run a last coroutine, both for so many seconds at most, and stop."""
        future = asyncio.run_coroutine_threadsafe(_last(doing, seconds), self._loop)
        try:
            future.result(2 * seconds)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(seconds)
            if not self._thread.is_alive():
                self._loop.close()


async def _last(doing: Coroutine[Any, Any, None], seconds: float) -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    try:
        await asyncio.wait_for(_closed(others, doing), seconds)
    except asyncio.TimeoutError:
        doing.close()
        log.warning("connections are left as they are: closing them took more than %g s", seconds)


async def _closed(others: Collection["asyncio.Task[Any]"], doing: Coroutine[Any, Any, None]) -> None:
    await asyncio.gather(*others, return_exceptions=True)
    await doing
    await asyncio.get_running_loop().shutdown_asyncgens()


_lock = Lock()
_running: Background | None = None


def background() -> Background:
    """Return the process's background loop, started when it is first asked for."""
    global _running
    with _lock:
        if _running is None:
            _running = Background()
        return _running


def stop_background(doing: Coroutine[Any, Any, None], seconds: float) -> None:
    """Stop the background loop with a last coroutine; the next call of `background` starts another."""
    global _running
    with _lock:
        running, _running = _running, None
    if running is None:
        doing.close()
    else:
        running.finish(doing, seconds)


def _forget() -> None:
    """A forked process has a copy of the loop, but not its thread."""
    global _running, _lock
    _running, _lock = None, Lock()


os.register_at_fork(after_in_child=_forget)
