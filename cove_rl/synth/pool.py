"""Spread work over processes and take the results in order, so that the number of processes changes nothing."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

CHUNK = 32
"""Pieces of work a process takes at a time: enough to make the exchange cheap, few enough to show progress."""


def in_order(function: Callable[[list[A]], Sequence[B]], work: Iterable[A], workers: int) -> Iterator[B]:
    """Yield the results of all pieces of work, in their order.

    Args:
        function: takes a chunk of the work and returns one result per piece; for more than one worker it must be
            picklable, as must the pieces and the results.
        work: the pieces; taken as they are needed, a few chunks ahead.
        workers: processes to use; with 1 everything runs in this one.
    """
    chunks = _chunks(work)
    if workers <= 1:
        for chunk in chunks:
            yield from function(chunk)
        return
    with processes(workers) as pool:
        pending = [pool.submit(function, chunk) for chunk in islice(chunks, 2 * workers)]
        while pending:
            first = pending.pop(0)
            results = first.result()
            pending.extend(pool.submit(function, chunk) for chunk in islice(chunks, 1))
            yield from results


def _chunks(work: Iterable[A]) -> Iterator[list[A]]:
    remaining = iter(work)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


def processes(count: int) -> ProcessPoolExecutor:
    """Return so many processes, which leave Ctrl-C to the one that started them and do not outlive it."""
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_start)


def _start() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def stop(pool: ProcessPoolExecutor) -> None:
    """End processes without waiting for what they are at."""
    running = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in running:
        process.terminate()
    for process in running:
        process.join()
