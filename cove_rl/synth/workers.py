"""Who plays the tasks: this process, several processes, or conversations that wait side by side."""

import asyncio
from collections import deque
from collections.abc import Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Protocol

from cove_rl.synth.attempt import Player
from cove_rl.synth.plan import Plan
from cove_rl.synth.pool import processes, stop

CHUNK = 8
"""Tasks a process takes at a time: enough to make the exchange cheap, few enough to show progress."""


class Workers(Protocol):
    """Play tasks in whatever order they get done.

    Attributes:
        capacity: tasks they may have at once.
        chunk: tasks they take at a time.
        busy: tasks they have.
    """

    capacity: int
    chunk: int
    busy: int

    def submit(self, indices: Sequence[int]) -> None:
        """Take some tasks, `chunk` at most."""
        ...

    def results(self) -> list[bytes]:
        """Wait until some tasks are done; return what became of them, each as JSON of a `Played`."""
        ...

    def close(self) -> None:
        """Give up what is under way."""
        ...


class Alone:
    """This process plays one task after the other; their sides are programs."""

    capacity = chunk = 1

    def __init__(self, plan: Plan) -> None:
        self.busy = 0
        self._player = Player(plan)
        self._given: deque[int] = deque()

    def submit(self, indices: Sequence[int]) -> None:
        """Take some tasks."""
        self._given += indices
        self.busy += len(indices)

    def results(self) -> list[bytes]:
        """Play the next task."""
        self.busy -= 1
        return self._player([self._given.popleft()])

    def close(self) -> None:
        """Do nothing: nothing is under way."""


class Processes:
    """Several processes play tasks whose sides are programs.

    Args:
        plan: what the tasks are.
        count: how many processes.
    """

    chunk = CHUNK

    def __init__(self, plan: Plan, count: int) -> None:
        self.busy = 0
        self.capacity = 2 * CHUNK * count
        self._player = Player(plan)
        self._pool = processes(count)
        self._pending: dict[Future[list[bytes]], int] = {}

    def submit(self, indices: Sequence[int]) -> None:
        """Take some tasks."""
        self._pending[self._pool.submit(self._player, list(indices))] = len(indices)
        self.busy += len(indices)

    def results(self) -> list[bytes]:
        """Wait for a process to be done with what it took."""
        done, _ = wait(self._pending, return_when=FIRST_COMPLETED)
        self.busy -= sum(self._pending.pop(one) for one in done)
        return [line for one in done for line in one.result()]

    def close(self) -> None:
        """End the processes."""
        stop(self._pool)


class Conversations:
    """This process has many conversations at once, most of which wait for an endpoint.

    Args:
        plan: what the tasks are.
        together: how many.
    """

    chunk = 1

    def __init__(self, plan: Plan, together: int) -> None:
        self.busy = 0
        self.capacity = together
        self._player = Player(plan)
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[bytes]] = set()
        self._done: asyncio.Queue[asyncio.Task[bytes]] = asyncio.Queue()

    def submit(self, indices: Sequence[int]) -> None:
        """Take some tasks."""
        for index in indices:
            task = self._loop.create_task(self._player.play(index))
            task.add_done_callback(self._done.put_nowait)
            self._tasks.add(task)
            self.busy += 1

    def results(self) -> list[bytes]:
        """Wait for a conversation to be over; return that and others that are."""
        ended = [self._loop.run_until_complete(self._done.get())]
        while not self._done.empty():
            ended.append(self._done.get_nowait())
        self._tasks.difference_update(ended)
        self.busy -= len(ended)
        return [one.result() for one in ended]

    def close(self) -> None:
        """Give up all conversations."""
        self._loop.run_until_complete(_cancelled(self._tasks))
        self._loop.close()


async def _cancelled(tasks: Collection["asyncio.Task[bytes]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def workers_for(plan: Plan, jobs: int, together: int) -> Workers:
    """Return who plays a plan's tasks on this machine.

    Args:
        plan: what the tasks are.
        jobs: processes, where all sides are programs.
        together: conversations at once, where a side is a served model.
    """
    if plan.asks_models:
        return Conversations(plan, together)
    return Processes(plan, jobs) if jobs > 1 else Alone(plan)
