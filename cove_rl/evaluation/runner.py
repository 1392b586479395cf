"""Play many trials at once: in this process, or in several, with no more of them in memory than are under way."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import active_children, get_context, parent_process
from threading import Thread

import msgspec

from cove_rl.evaluation.player import Player
from cove_rl.evaluation.suite import Case

Item = tuple[Case, int]
"""A task and the number of a trial."""
Took = Callable[[msgspec.Raw], None]
"""Takes a trial as one line of JSON."""

CHUNK = 16
"""Trials a process takes at a time, at least: enough to make the exchange cheap, few enough to lose little."""


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

    seats = [asyncio.ensure_future(seat()) for _ in range(together)]
    try:
        await asyncio.gather(*seats)
    finally:
        for one in seats:
            one.cancel()
        await asyncio.gather(*seats, return_exceptions=True)


def _spread(player: Player, items: Iterator[Item], took: Took, together: int, workers: int) -> None:
    """Play chunks of trials in processes; when this one is interrupted or fails, those end at once."""
    size = max(CHUNK, together)
    chunks = iter(lambda: list(islice(items, size)), [])
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_follow)
    pending: set[Future[list[bytes]]] = set()
    try:
        while True:
            for chunk in islice(chunks, 2 * workers - len(pending)):
                pending.add(pool.submit(_play_chunk, player, chunk, together))
            if not pending:
                break
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                for line in future.result():
                    took(msgspec.Raw(line))
    except BaseException:
        for process in active_children():
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _play_chunk(player: Player, items: Sequence[Item], together: int) -> list[bytes]:
    lines: list[bytes] = []
    asyncio.run(play_all(player, items, lambda line: lines.append(bytes(line)), together))
    return lines


def _follow() -> None:
    """Leave Ctrl-C to the parent, and end when it ends, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
