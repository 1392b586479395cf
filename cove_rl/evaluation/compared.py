"""Kinds of users side by side: the oracle serves the customers of the same tasks, played by each of them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from math import nan
from statistics import fmean
from time import perf_counter

import msgspec

from cove_rl.agents.oracle import Oracle
from cove_rl.audit.audit import audit
from cove_rl.endpoints.spent import Spent, spent_by
from cove_rl.endpoints.usage import percentile
from cove_rl.episode.episode import run_episode
from cove_rl.episode.sides import User
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.tasks.task import Task
from cove_rl.tasks.worlds import Worlds
from cove_rl.users.hybrid import HybridUser, Wordings
from cove_rl.users.users import Users
from cove_rl.verify.verifier import verify


class Compared(msgspec.Struct, frozen=True):
    """What is known of one kind of user after some tasks.

    Attributes:
        user: what it was asked for as.
        tasks: how many tasks were played.
        solved: those the oracle solved with a score of exactly 1.0.
        culprits: whose failure the others are, by the audit -> how many; "agent" is the oracle.
        faults: kind of fault that the transcript proves -> episodes that have it.
        suspected: kind of fault that is only suspected -> episodes that have it.
        user_turns: messages of the customer an episode, on average.
        p50: seconds within which half of the customer's messages came; NaN if there was none.
        p95: likewise for 95 in 100.
        spent: what the models behind it used.
        cost: what that cost, by the prices in the settings.
        wordings: of a hybrid user, what became of the model's wordings; None for others.
    """

    user: str
    tasks: int
    solved: int
    culprits: dict[str, int]
    faults: dict[str, int]
    suspected: dict[str, int]
    user_turns: float
    p50: float
    p95: float
    spent: Spent
    cost: float
    wordings: Wordings | None = None


class Clocked:
    """A user whose messages are timed.

    Attributes:
        seconds: what each of its messages took.
    """

    def __init__(self, user: User) -> None:
        self.seconds: list[float] = []
        self._user = user

    @property
    def name(self) -> str:
        """The name of who is timed."""
        return self._user.name

    async def reply(self, conversation: Sequence[Message]) -> Message:
        """Return the customer's next message."""
        start = perf_counter()
        try:
            return await self._user.reply(conversation)
        finally:
            self.seconds.append(perf_counter() - start)


class Tally:
    """Counts the episodes of one kind of user."""

    def __init__(self) -> None:
        self.solved = 0
        self.culprits: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.suspected: Counter[str] = Counter()
        self.turns: list[int] = []
        self.seconds: list[float] = []
        self.spent: list[Spent] = []
        self.wordings: list[Wordings] = []

    def add(self, task: Task, worlds: Worlds, trajectory: Trajectory) -> None:
        """Judge and audit one episode."""
        world = worlds.find(task.world)
        found = audit(task, world, trajectory)
        if verify(task, world, trajectory.calls()).success and found.outcome.culprit is None:
            self.solved += 1
        else:
            self.culprits[found.outcome.culprit or "agent"] += 1
        self.faults.update({finding.kind for finding in found.findings if finding.decidable})
        self.suspected.update({finding.kind for finding in found.findings if not finding.decidable})
        self.turns.append(sum(message.role == "user" for message in trajectory.messages))

    def take(self, user: User, seconds: Sequence[float]) -> None:
        """Count what one customer used."""
        self.seconds += seconds
        self.spent.append(spent_by(user))
        if isinstance(user, HybridUser):
            self.wordings.append(user.wordings)

    def compared(self, name: str, cost: float) -> Compared:
        """Return what was counted."""
        times = sorted(self.seconds)
        return Compared(
            user=name,
            tasks=len(self.turns),
            solved=self.solved,
            culprits=dict(self.culprits.most_common()),
            faults=dict(self.faults.most_common()),
            suspected=dict(self.suspected.most_common()),
            user_turns=fmean(self.turns) if self.turns else nan,
            p50=percentile(times, 50),
            p95=percentile(times, 95),
            spent=_sum(self.spent),
            cost=cost,
            wordings=_all(self.wordings) if self.wordings else None,
        )


async def compare(
    name: str, users: Users, tasks: Sequence[Task], worlds: Worlds, together: int, advance: Callable[[], object]
) -> Compared:
    """Have the oracle serve the customers of some tasks, all of them played by users of one kind.

    Args:
        name: what to call the kind.
        users: makes the customers.
        tasks: the tasks.
        worlds: where their worlds are found.
        together: conversations at a time.
        advance: called after every conversation.
    """
    tally, seats = Tally(), asyncio.Semaphore(together)
    before = _cost(users)

    async def play(task: Task) -> None:
        async with seats:
            user = users.user(task)
            clocked = Clocked(user)
            trajectory = await run_episode(task, worlds.find(task.world), Oracle(task.domain, task.seed), clocked)
        tally.add(task, worlds, trajectory)
        tally.take(user, clocked.seconds)
        advance()

    await asyncio.gather(*(play(task) for task in tasks))
    return tally.compared(name, _cost(users) - before)


def _cost(users: Users) -> float:
    return sum(usage.cost for usage in users.usage().values())


def _sum(spent: Sequence[Spent]) -> Spent:
    parts = [msgspec.structs.astuple(one) for one in spent]
    return Spent(*map(sum, zip(*parts, strict=True))) if parts else Spent()


def _all(wordings: Sequence[Wordings]) -> Wordings:
    total = Wordings()
    for one in wordings:
        total.add(one)
    return total
