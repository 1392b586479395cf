"""Play one task of a plan: by whom, how often, and what became of every attempt."""

import asyncio
import hashlib
from collections.abc import Sequence
from functools import cached_property

import msgspec
from msgspec.structs import replace

from cove_rl.agents.kinds import agents_of
from cove_rl.endpoints.spent import Spent, spent_by
from cove_rl.episode.episode import run_episode
from cove_rl.episode.trajectory import Trajectory
from cove_rl.synth.example import Example, Facts, facts_of
from cove_rl.synth.expression import Expression, condition, measure
from cove_rl.synth.likeness import sketch
from cove_rl.synth.plan import Pair, Plan, is_program, price
from cove_rl.synth.tasks import Solved, sample_task, worlds_of
from cove_rl.tasks.task import Task
from cove_rl.users.kinds import users_of
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World

EXCUSED = 2
"""Attempts at a task that are made up for, whatever the retries, as their failure was not the teacher's (ours)."""
UNANSWERED = "unanswered"
"""The fault of a conversation in which a side's machine failed: an endpoint that is down, or gives no reply of use."""
OTHERS = (UNANSWERED, "infrastructure", "user", "tool", "task", "user_fault")
"""Faults that are not the teacher's: that one, whose failure ended a conversation, and faults of the customer."""


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one attempt at a task.

    Attributes:
        teacher: who played the agent, by the name in the plan.
        user: who played the customer.
        fault: why the conversation cannot be kept: "unanswered", whose failure it was ("user", "tool", ...), or
            "limit", "score", "user_fault", "unconfirmed", "filter"; "" if it can.
        tokens: read and written by served models.
        cost: of those, by the prices in the settings.
    """

    teacher: str
    user: str
    fault: str = ""
    tokens: int = 0
    cost: float = 0.0


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A task's line in a ledger.

    Attributes:
        index: the task's.
        id: the task's.
        domain: the task's.
        kinds: of its constraints.
        goal: digest of world and constraints.
        attempts: in their order.
        chosen: which of them counts.
        turns: of that one.
        reason: why nothing was kept: the fault of that attempt, or "duplicate", "near", "balance"; "" if it was.
    """

    index: int
    id: str
    domain: str
    kinds: tuple[str, ...]
    goal: str
    attempts: tuple[Attempt, ...]
    chosen: int
    turns: int
    reason: str = ""


class Played(msgspec.Struct, frozen=True, omit_defaults=True):
    """A task that was played, before it is known what else is kept.

    Attributes:
        entry: its line in the ledger, so far.
        example: the conversation that counts, as one line of JSON.
        sketch: of what was said, where near duplicates are wanted.
        detail: for an attempt that failed, what happened.
    """

    entry: Entry
    example: msgspec.Raw
    sketch: tuple[int, ...] = ()
    detail: str = ""


class _Tried(msgspec.Struct, frozen=True):
    """An attempt with its conversation."""

    attempt: Attempt
    example: Example


class Player(msgspec.Struct, frozen=True, dict=True):
    """Plays the tasks of a plan; it can be sent to another process and called there with indices."""

    plan: Plan

    def __call__(self, indices: Sequence[int]) -> list[bytes]:
        """Return what became of some tasks, which are played side by side; each as JSON of a `Played`."""
        return asyncio.run(self._side_by_side(indices))

    async def _side_by_side(self, indices: Sequence[int]) -> list[bytes]:
        return await asyncio.gather(*(self.play(index) for index in indices))

    async def play(self, index: int) -> bytes:
        """Return what became of one task, as JSON of a `Played`.

        Raises:
            SamplingError: if its world has no such task.
        """
        ref = self.plan.world(index)
        world = worlds_of(()).find(ref)
        domain = get_domain(ref.domain)
        solved = (await sample_task(domain, world, self.plan.seed, index, self.plan.difficulty)).solved
        pairs, tried = self.plan.pairs(solved.task.seed), list[_Tried]()
        while self._goes_on(tried):
            tried.append(await self._attempt(solved, world, len(tried), pairs[len(tried) % len(pairs)]))
        return msgspec.json.encode(self._played(index, tried))

    def _goes_on(self, tried: Sequence[_Tried]) -> bool:
        """Whether another attempt is to be made."""
        excused = sum(one.attempt.fault in OTHERS for one in tried)
        used = len(tried) - min(excused, EXCUSED)
        if used < self.plan.best_of:
            return True
        return all(one.attempt.fault for one in tried) and used < self.plan.best_of + self.plan.retries

    async def _attempt(self, solved: Solved, world: World, number: int, pair: Pair) -> _Tried:
        """Play a task; every attempt but the first with another seed, so that it is worded otherwise."""
        teacher, user = pair
        task, trajectory, spent = solved.task, solved.trajectory, (Spent(), Spent())
        if number:
            task = replace(task, seed=f"{task.seed}:{number}")
        if number or not is_program(pair):
            trajectory, spent = await _play(task, world, pair)
        facts = facts_of(task, world, trajectory)
        tokens = sum(one.prompt_tokens + one.completion_tokens for one in spent)
        cost = price(teacher.settings, trajectory.agent, spent[0]) + price(user.settings, trajectory.user, spent[1])
        attempt = Attempt(teacher.name, user.name, self._fault(facts))
        if tokens:  # msgspec leaves a default out only where it is the very object
            attempt = replace(attempt, tokens=tokens, cost=cost)
        return _Tried(attempt, Example(task, trajectory, facts))

    def _fault(self, facts: Facts) -> str:
        """Return why a conversation cannot be kept, its gravest fault; "" if it can."""
        if self._keep.holds(facts):
            return ""
        faults = (
            (facts.ending in ("agent_failure", "user_failure"), UNANSWERED),
            (facts.culprit is not None and facts.culprit != "agent", str(facts.culprit)),
            (facts.culprit == "agent", "limit"),
            (not facts.success, "score"),
            (facts.user_fault, "user_fault"),
            (facts.unconfirmed > 0, "unconfirmed"),
        )
        return next((name for is_so, name in faults if is_so), "filter")

    def _played(self, index: int, tried: Sequence[_Tried]) -> Played:
        """Return the best of the attempts that can be kept, or the last if none can."""
        good = [number for number, one in enumerate(tried) if not one.attempt.fault]
        chosen = min(good, key=lambda number: self._prefer.value(tried[number].example.facts), default=len(tried) - 1)
        best = tried[chosen].example
        entry = Entry(
            index=index,
            id=best.task.id,
            domain=best.task.domain,
            kinds=best.facts.kinds,
            goal=goal_of(best.task),
            attempts=tuple(one.attempt for one in tried),
            chosen=chosen,
            turns=best.facts.turns,
            reason=tried[chosen].attempt.fault,
        )
        if entry.reason:
            example = msgspec.json.encode(best) if self.plan.keep_rejected else b"null"
            return Played(entry, msgspec.Raw(example), (), best.trajectory.outcome.detail)
        drawn = () if self.plan.near is None else sketch(best.trajectory)
        return Played(entry, msgspec.Raw(msgspec.json.encode(best)), drawn)

    @cached_property
    def _keep(self) -> Expression:
        return condition(self.plan.keep)

    @cached_property
    def _prefer(self) -> Expression:
        return measure(self.plan.prefer)


async def _play(task: Task, world: World, pair: Pair) -> tuple[Trajectory, tuple[Spent, Spent]]:
    """Have a teacher and a user talk; return the record, and what each of them has used."""
    teacher, user = pair
    agent, customer = agents_of(teacher.settings).agent(task, world), users_of(user.settings).user(task)
    trajectory = await run_episode(task, world, agent, customer)
    return trajectory, (spent_by(agent), spent_by(customer))


def goal_of(task: Task) -> str:
    """Return a digest of what is wanted in which world; constraints in another order are the same."""
    goals = sorted(msgspec.json.encode(constraint) for constraint in task.constraints)
    return hashlib.blake2b(b"\n".join([task.world.fingerprint.encode(), *goals]), digest_size=8).hexdigest()
