"""Play many trials at once: in this process, or in several, with no more of them in memory than are under way."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any

import msgspec

from cove_rl.evaluation.player import Player
from cove_rl.evaluation.suite import Case

Item = tuple[Case, int]
"""A task and the number of a trial."""
Took = Callable[[msgspec.Raw], None]
"""Takes a trial as one line of JSON."""

CHUNK = 16
"""Trials a process takes at a time, at least: enough to make the exchange cheap, few enough to lose little."""
POLL = 0.1
"""Seconds after which a process looks whether it is to give up."""


def play(player: Player, items: Iterable[Item], took: Took, *, together: int = 1, workers: int = 1) -> None:
    """Play trials; each is handed over as soon as it is known, in whatever order.

    Args:
        player: plays them.
        items: the trials, taken as they are needed.
        took: takes what came of each, in this process.
        together: conversations at a time, in every process.
        workers: processes; with 1 everything runs in this one.
    """
    if workers <= 1:
        asyncio.run(play_all(player, items, took, together))
    else:
        _spread(player, iter(items), took, together, workers)


async def play_all(player: Player, items: Iterable[Item], took: Took, together: int) -> None:
    """Play trials in this event loop, so many at a time; the first exception ends all of them."""
    remaining = iter(items)

    async def seat() -> None:
        for case, trial in remaining:
            played = await player.play(case, trial)
            took(msgspec.Raw(msgspec.json.encode(played)))
            await asyncio.sleep(0)  # programs never wait: others have their turn

    seats = [asyncio.ensure_future(seat()) for _ in range(together)]
    try:
        await asyncio.gather(*seats)
    finally:
        for one in seats:
            one.cancel()
        await asyncio.gather(*seats, return_exceptions=True)


def _spread(player: Player, items: Iterator[Item], took: Took, together: int, workers: int) -> None:
    """Play chunks of trials in processes; when this one is interrupted or fails, those give up what they play.

    They are asked to, not killed: one that is killed while it hands over its results leaves the pool waiting for ever.
    """
    size = max(CHUNK, together)
    chunks = iter(lambda: list(islice(items, size)), [])
    context = get_context("spawn")
    stop = context.Event()
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(stop,))
    pending: set[Future[list[bytes]]] = set()
    try:
        while True:
            for chunk in islice(chunks, 2 * workers - len(pending)):
                with _uninterrupted():  # a process that is just starting inherits this
                    pending.add(pool.submit(_play_chunk, player, chunk, together))
            if not pending:
                break
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                for line in future.result():
                    took(msgspec.Raw(line))
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put off Ctrl-C, where the system can."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_stop: Any = None
"""In a process that plays chunks: the event that is set when it is to give up."""


def _begin(stop: Any) -> None:
    """Leave Ctrl-C to the parent, and end when it ends, however it does."""
    global _stop
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _play_chunk(player: Player, items: Sequence[Item], together: int) -> list[bytes]:
    return asyncio.run(_unless_stopped(player, items, together))


async def _unless_stopped(player: Player, items: Sequence[Item], together: int) -> list[bytes]:
    """Return the trials of a chunk; those it has, if it is told to give up."""
    lines: list[bytes] = []
    playing = asyncio.ensure_future(play_all(player, items, lambda line: lines.append(bytes(line)), together))
    while not playing.done() and not _stop.is_set():
        await asyncio.wait([playing], timeout=POLL)
    if not playing.done():
        playing.cancel()
        await asyncio.wait([playing])
        return lines
    await playing
    return lines
