"""Test the audit: customers with planted faults talk to the oracle and to one that makes mistakes; count hits."""

from collections.abc import Callable, Sequence
from random import Random
from typing import get_args

import msgspec

from cove_rl.agents.clumsy import ClumsyOracle
from cove_rl.agents.oracle import Oracle
from cove_rl.agents.settings import MISTAKES, Mistake
from cove_rl.audit.audit import audit
from cove_rl.audit.finding import KINDS, Audit
from cove_rl.audit.turns import LAST, LIMITS, WASTE, WASTED
from cove_rl.episode.episode import run_episode
from cove_rl.episode.sides import Agent
from cove_rl.episode.trajectory import Trajectory
from cove_rl.synth.tasks import finished, sample_task
from cove_rl.tasks.sampler import Mix
from cove_rl.tasks.task import Task
from cove_rl.users.faults import Fault, FaultySettings
from cove_rl.users.faulty import FaultyUser, Planted
from cove_rl.verify.verdict import Verdict
from cove_rl.verify.verifier import verify
from cove_rl.world.domain import Domain
from cove_rl.world.world import World

EXAMPLES = 20
"""Wrong findings, and misses, that are kept whole."""
CLUMSY = 0.6
"""Share of its occasions that a clumsy agent takes."""
TRIES = 30
"""Dialogues that are held, at most, for one in which the fault was committed: not every one gives occasion for it."""


class Tally(msgspec.Struct):
    """What became of one kind of fault, counted in messages.

    Attributes:
        kind: the kind, as the audit names it.
        dialogues: in which this kind was committed.
        planted: faults committed that the transcript decides.
        open: faults committed that it does not decide.
        found: those of the decidable ones that the audit found.
        wrong: findings where no such fault was committed.
    """

    kind: str
    dialogues: int = 0
    planted: int = 0
    open: int = 0
    found: int = 0
    wrong: int = 0

    @property
    def recall(self) -> float | None:
        """The share of the decidable faults that was found."""
        return self.found / self.planted if self.planted else None

    @property
    def precision(self) -> float | None:
        """The share of the findings that were faults."""
        return self.found / (self.found + self.wrong) if self.found + self.wrong else None


class Miss(msgspec.Struct, frozen=True):
    """A fault that was not found, or a finding without a fault."""

    task_id: str
    agent: str
    kind: str
    number: int
    wrong: bool
    trajectory: Trajectory


class PlantedReport(msgspec.Struct, frozen=True):
    """What a test of the audit found.

    Attributes:
        dialogues: how many were held, faultless ones included.
        faultless: those in which no fault was committed.
        accused: those of the faultless ones in which the audit found something.
        kinds: counts by kind.
        misses: the first misses and wrong findings.
    """

    dialogues: int
    faultless: int
    accused: int
    kinds: tuple[Tally, ...]
    misses: tuple[Miss, ...]


class Dialogue(msgspec.Struct, frozen=True):
    """One conversation with a faulty customer, and what the audit says of it."""

    task: Task
    agent: str
    trajectory: Trajectory
    verdict: Verdict
    planted: tuple[Planted, ...]
    audit: Audit


def hold(task: Task, world: World, settings: FaultySettings, mistake: Mistake | None) -> Dialogue:
    """Hold one conversation and audit it."""
    user = FaultyUser(task, settings)
    agent: Agent = Oracle(task.domain, task.seed)
    if mistake is not None:
        agent = ClumsyOracle(task, world, {mistake: CLUMSY}, task.seed)
    trajectory = finished(run_episode(task, world, agent, user))
    verdict = verify(task, world, trajectory.calls())
    planted = tuple(user.planted)
    name = agent.name if mistake is None else mistake
    return Dialogue(task, name, trajectory, verdict, planted, audit(task, world, trajectory))


class Judge:
    """Counts hits and misses."""

    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {kind: Tally(kind) for kind in KINDS}
        self.misses: list[Miss] = []
        self.dialogues = self.faultless = self.accused = 0

    def add(self, dialogue: Dialogue) -> None:
        """Count one dialogue, every fault in every message."""
        said = [place for place, message in enumerate(dialogue.trajectory.messages) if message.role == "user"]
        found = {(one.kind, said.index(one.message)) for one in dialogue.audit.findings if one.decidable}
        faults = _faults(dialogue)
        true = {(one.kind, one.number) for one in faults}
        decided = {(one.kind, one.number) for one in faults if _is_decidable(dialogue, one, said)}
        self.dialogues += 1
        self.faultless += not true
        self.accused += bool(not true and found)
        for kind in {kind for kind, _ in true}:
            self.tallies[kind].dialogues += 1
        for kind, number in sorted(true | found):
            tally, place = self.tallies[kind], (kind, number)
            tally.planted += place in decided
            tally.open += place in true - decided
            tally.found += place in found & decided
            tally.wrong += place in found - true
            if place in found - true or place in decided - found:
                miss = Miss(dialogue.task.id, dialogue.agent, kind, number, place in found, dialogue.trajectory)
                self.misses += [miss] if len(self.misses) < EXAMPLES else []

    def report(self) -> PlantedReport:
        """Return the counts."""
        kinds = tuple(self.tallies.values())
        return PlantedReport(self.dialogues, self.faultless, self.accused, kinds, tuple(self.misses))


def _faults(dialogue: Dialogue) -> list[Planted]:
    """Return what the customer did wrong; who has used up the turns knows it only when they are over."""
    faults = list(dialogue.planted)
    last = sum(message.role == "user" for message in dialogue.trajectory.messages) - 1
    wasted = [one for one in faults if one.kind in WASTE and one.number > last - LAST]
    if dialogue.trajectory.outcome.ending in LIMITS and len(wasted) >= WASTED:
        faults.append(Planted("ran_out", wasted[-1].number))
    return faults


def _is_decidable(dialogue: Dialogue, fault: Planted, said: Sequence[int]) -> bool:
    """Whether the transcript decides a fault: see docs/audit.md for what it does not."""
    verdict = dialogue.verdict
    if fault.kind in ("stopped_at_proposal", "stopped_at_question", "stopped_midway"):
        return fault.request is None or not verdict.constraints[fault.request].satisfied
    if fault.kind == "never_stopped":
        first = min(one.number for one in dialogue.planted if one.kind == fault.kind)
        return fault.number > first
    if fault.kind in ("ignored_question", "denied_right"):
        return fault.request is not None  # who has told several requests at once may not know which one is meant
    if fault.kind == "confirmed_wrong":
        return _misled(dialogue, said[fault.number])
    return True


def _misled(dialogue: Dialogue, place: int) -> bool:
    """Whether the agent wrote what nobody wants between a message of the customer and their next one."""
    position, span = 0, range(0)
    for at, message in enumerate(dialogue.trajectory.messages):
        if at == place:
            span = range(position, len(dialogue.trajectory.calls()))
        elif at > place and message.role == "user":
            span = range(span.start, position)
            break
        position += len(message.calls)
    return any(one.call in span for one in dialogue.verdict.redundant_writes)


def mistakes_for(fault: Fault, rng: Random) -> Mistake | None:
    """Return what kind of mistakes the agent of a dialogue makes: none in half of them.

    Only who hears of a wrong proposal can agree to it, only a right one can be turned down, and only an agent that says
    nothing to the matter leaves a customer in the middle of it.
    """
    needed: dict[Fault, Mistake] = {"confirmed_wrong": "mishears", "stopped_midway": "stalls"}
    if fault in needed:
        return needed[fault]
    fitting = [one for one in MISTAKES if fault != "denied_right" or one != "mishears"]
    return rng.choice(fitting) if rng.random() < 0.5 else None


def plant(domain: Domain, world: World, seed: int, number: int, advance: Callable[[int], object]) -> PlantedReport:
    """Hold dialogues with every fault until it was committed in a number of them, and as many without any.

    Args:
        domain: the domain.
        world: the world to sample tasks from.
        seed: equal seeds, worlds and numbers give equal reports.
        number: dialogues with the fault, for each fault; no more than `TRIES` times as many are held.
        advance: called with how many more dialogues count.
    """
    judge, tasks = Judge(), _Pool(domain, world, seed, number)
    for fault in get_args(Fault):
        held = 0
        for index in range(number * TRIES):
            if held >= number:
                break
            settings = FaultySettings(fault, 1.0, index)
            rng = Random(f"{seed}:{fault}:{index}")  # noqa: S311  (reproducible sampling)
            dialogue = hold(tasks.task(index), world, settings, mistakes_for(fault, rng))
            judge.add(dialogue)
            held += bool(dialogue.planted)
            advance(bool(dialogue.planted))
    for index in range(number):
        rng = Random(f"{seed}:{index}")  # noqa: S311
        judge.add(hold(tasks.task(index), world, FaultySettings(share=0.0), mistakes_for("stops_early", rng)))
        advance(1)
    return judge.report()


class _Pool:
    """Tasks of a world, sampled when they are first asked for; after a number of them it begins anew."""

    def __init__(self, domain: Domain, world: World, seed: int, number: int) -> None:
        self._domain, self._world, self._seed, self._number = domain, world, seed, number
        self._tasks: dict[int, Task] = {}

    def task(self, index: int) -> Task:
        """Return a task."""
        index %= self._number
        if index not in self._tasks:
            sampled = finished(sample_task(self._domain, self._world, self._seed, index, Mix()))
            self._tasks[index] = sampled.solved.task
        return self._tasks[index]
