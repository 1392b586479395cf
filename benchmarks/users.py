"""Measure a user behind an OpenAI-compatible URL: many episodes at once, with the oracle as their agent.

Run it with ``python benchmarks/users.py --url http://127.0.0.1:8000/v1 --model NAME``; ``--json`` prints figures for a
machine to read. Any model will do, one with random weights too: what is measured is how episodes end, how long answers
take, and that no connection and no task is left when it is over, or when it is interrupted.
"""

import asyncio
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path
from time import perf_counter

import msgspec

from cove_rl.agents.oracle import Oracle
from cove_rl.endpoints.endpoint import close_endpoints
from cove_rl.endpoints.settings import EndpointSettings
from cove_rl.endpoints.usage import Usage
from cove_rl.episode.episode import Limits, run_episode
from cove_rl.synth.tasks import Sampling
from cove_rl.tasks.sampler import Mix
from cove_rl.tasks.task import Task
from cove_rl.users.kinds import make_users
from cove_rl.users.settings import ModelSettings
from cove_rl.users.users import Users
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World

SEED = 7


class Left(msgspec.Struct):
    """What a process has open: sockets, and tasks of its event loop."""

    sockets: int
    tasks: int


class Figures(msgspec.Struct):
    """What was measured.

    Attributes:
        episodes: how many were played to their end.
        endings: how they ended -> how many.
        failures: first words of what users' failures said -> how many.
        seconds: wall-clock time of all of them.
        usage: what the endpoint was used for.
        before: what was open before the first.
        at_end: what is open after the last ...
        closed: ... and after the endpoints were closed.
        interrupted: whether they were interrupted.
    """

    episodes: int
    endings: dict[str, int]
    failures: dict[str, int]
    seconds: float
    usage: Usage
    before: Left
    at_end: Left
    closed: Left
    interrupted: bool = False


class Run:
    """Episodes played so many at once."""

    def __init__(self, users: Users, tasks: list[Task], world: World, turns: int) -> None:
        self.endings: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self._users = users
        self._tasks = tasks
        self._world = world
        self._limits = Limits(user_turns=turns)

    async def play(self, task: Task) -> None:
        """Play one episode."""
        agent, user = Oracle(task.domain, task.seed), self._users.user(task)
        outcome = (await run_episode(task, self._world, agent, user, self._limits)).outcome
        self.endings[outcome.ending] += 1
        if outcome.ending == "user_failure":
            self.failures[outcome.detail[:100]] += 1

    async def all(self, episodes: int, at_once: int) -> None:
        """Play so many episodes."""
        numbers = iter(range(episodes))

        async def worker() -> None:
            for number in numbers:
                await self.play(self._tasks[number % len(self._tasks)])

        workers = [asyncio.ensure_future(worker()) for _ in range(at_once)]
        try:
            await asyncio.gather(*workers)
        finally:
            for one in workers:
                one.cancel()
            await asyncio.gather(*workers, return_exceptions=True)


def left() -> Left:
    """Return what is open now; sockets where the system tells, else -1."""
    folder = Path("/proc/self/fd")
    links = [path.readlink().name for path in folder.iterdir() if path.is_symlink()] if folder.is_dir() else None
    sockets = -1 if links is None else sum(link.startswith("socket:") for link in links)
    return Left(sockets, len(asyncio.all_tasks()) - 1)


async def measure(options: Namespace) -> Figures:
    """Play all episodes and return what was measured; an interrupt ends it early, and as cleanly."""
    world = get_domain("retail").world(SEED)
    tasks = [one.solved.task for one in Sampling(world.ref, SEED, Mix())(list(range(min(options.episodes, 50))))]
    endpoint = EndpointSettings(
        options.url,
        options.model,
        key_env=options.key_env,
        concurrency=options.concurrency,
        max_tokens=options.max_tokens,
        deadline=options.deadline,
        timeout=options.deadline,
    )
    users = make_users(ModelSettings(endpoint), options.deadline)
    run, before, interrupted = Run(users, tasks, world, options.turns), left(), False
    playing = asyncio.ensure_future(run.all(options.episodes, options.at_once))
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, playing.cancel)
    print(f"playing {options.episodes} episodes, {options.at_once} at once", file=sys.stderr, flush=True)
    started = perf_counter()
    try:
        await playing
    except asyncio.CancelledError:
        interrupted = True
    seconds, at_end = perf_counter() - started, left()
    (usage,) = users.usage().values()
    await asyncio.to_thread(close_endpoints)
    played = run.endings.total()
    return Figures(played, dict(run.endings), dict(run.failures), seconds, usage, before, at_end, left(), interrupted)


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="base URL, with /v1")
    parser.add_argument("--model", required=True, help="the model's name")
    parser.add_argument("--key-env", default="", help="environment variable with the API key")
    parser.add_argument("--episodes", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--concurrency", type=int, default=64, help="calls at once")
    parser.add_argument("--turns", type=int, default=4, help="messages of the customer, at most")
    parser.add_argument("--max-tokens", type=int, default=24, help="tokens of a message")
    parser.add_argument("--deadline", type=float, default=600.0, help="seconds of an answer")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = asyncio.run(measure(options))
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(figures) + b"\n")
    else:
        show(figures)
    raise SystemExit(130 if figures.interrupted else 0)


def show(figures: Figures) -> None:
    """Print the figures."""
    usage = figures.usage
    print(f"episodes {figures.episodes} in {figures.seconds:.1f} s: {figures.endings}")
    for failure, count in figures.failures.items():
        print(f"  {count} x {failure}")
    print(f"calls {usage.calls}, retries {usage.retries}, failed attempts {usage.failures}")
    print(f"answers p50 {usage.p50:.2f} s, p95 {usage.p95:.2f} s")
    print(f"tokens {usage.prompt_tokens} read, {usage.completion_tokens} written")
    for name, one in (("before", figures.before), ("at the end", figures.at_end), ("closed", figures.closed)):
        print(f"{name}: {one.sockets} sockets, {one.tasks} tasks")


if __name__ == "__main__":
    main()
