"""Measure the engine: state, calls, verification, sampling, and memory of live episodes.

Run it with ``python benchmarks/engine.py``; ``--json`` prints figures for a machine to read. Medians over many
repetitions, one process, one core.
"""

import asyncio
import gc
import os
import platform
import sys
import tracemalloc
from argparse import ArgumentParser
from collections.abc import Callable
from statistics import median
from time import perf_counter

import msgspec

from cove_rl.agents.oracle import Oracle
from cove_rl.episode.episode import Episode
from cove_rl.synth.tasks import Sampling, Solved
from cove_rl.tasks.sampler import Mix
from cove_rl.users.scripted import ScriptedUser
from cove_rl.verify.verifier import verify
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import Domain, get_domain
from cove_rl.world.state import State
from cove_rl.world.world import World

LIVE = 1024
TARGETS = {"new state": 20, "read call": 15, "search call": 100, "write call": 60, "malformed call": 60}
"""Microseconds; a search is a read call that looks through a table."""


class Figure(msgspec.Struct):
    """One measured figure, what it should reach, and what it is of."""

    name: str
    value: float
    unit: str
    target: float


def main() -> None:
    """Measure everything and print it."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--domain", default="retail")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    domain = get_domain(options.domain)
    world = domain.world(7)
    solved = [one.solved for one in Sampling(world.ref, 7, Mix())(list(range(200)))]
    figures = [*calls(domain, world, solved), *verification(world, solved), memory(world, solved), sampling(world)]
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(figures) + b"\n")
        return
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for figure in figures:
        print(f"{figure.name:<42} {figure.value:>10.2f} {figure.unit:<8} (to reach: {figure.target:g})")


def timed(function: Callable[[], object], repeat: int = 2000) -> float:
    """Return the median time of a call in microseconds."""
    times = []
    for _ in range(repeat):
        start = perf_counter()
        function()
        times.append(perf_counter() - start)
    return median(times) * 1e6


def calls(domain: Domain, world: World, solved: list[Solved]) -> list[Figure]:
    """Time a new state, and every recorded call of the solved tasks at its place in its episode."""
    times: dict[str, list[float]] = {}
    for one in solved:
        state = State(world)
        for call in one.trajectory.calls():
            kind = "search" if call.name.startswith("search_") else domain.toolbox.tools[call.name].kind
            start = perf_counter()
            domain.toolbox.call(state, call)
            times.setdefault(f"{kind} call", []).append((perf_counter() - start) * 1e6)
    figures = {
        "new state": timed(lambda: State(world)),
        **{kind: median(times[kind]) for kind in TARGETS if kind in times},
        "malformed call": timed(lambda: domain.toolbox.call(State(world), ToolCall("1", "none", {}))),
    }
    return [Figure(name, value, "us", TARGETS[name]) for name, value in figures.items()]


def verification(world: World, solved: list[Solved]) -> list[Figure]:
    """Time the verdict on each solved task."""
    times = []
    for one in solved:
        recorded = one.trajectory.calls()
        start = perf_counter()
        verify(one.task, world, recorded)
        times.append(perf_counter() - start)
    return [Figure("verify one solved task", median(times) * 1e6, "us", 500)]


def memory(world: World, solved: list[Solved]) -> Figure:
    """Measure what Python has allocated for episodes in the middle of their conversations, agent and user included."""

    async def half_way(count: int) -> list[tuple[Episode, Oracle]]:
        live = []
        for number in range(count):
            one = solved[number % len(solved)]
            episode = Episode(one.task, world, ScriptedUser(one.task))
            agent = Oracle(one.task.domain, one.task.seed)
            await episode.start()
            while len(episode.messages) < len(one.trajectory.messages) // 2:
                await episode.step(await agent.act(episode.messages))
            live.append((episode, agent))
        return live

    asyncio.run(half_way(len(solved)))  # what all episodes share (the world's texts, say) is made now
    gc.collect()
    tracemalloc.start()
    live = asyncio.run(half_way(LIVE))
    gc.collect()
    allocated, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Figure(f"memory per live episode, {len(live)} at once", allocated / len(live) / 1024, "KB", 50)


def sampling(world: World) -> Figure:
    """Count tasks sampled and solved a second."""
    start = perf_counter()
    count = len(Sampling(world.ref, 11, Mix())(list(range(500))))
    return Figure("tasks sampled and solved", count / (perf_counter() - start), "tasks/s", 300)


if __name__ == "__main__":
    main()
