"""Verify a trajectory: replay its calls on a fresh state, compare the outcome with the exact constraints."""

from collections.abc import Iterable, Sequence

import msgspec

from cove_rl.errors import InputError
from cove_rl.tasks.task import Task
from cove_rl.verify.replay import Step, replay
from cove_rl.verify.score import Scoring
from cove_rl.verify.verdict import ConstraintVerdict, RedundantWrite, Verdict
from cove_rl.world.call import ToolCall
from cove_rl.world.constraint import Constraint, Evidence, Goal
from cove_rl.world.domain import Domain, get_domain
from cove_rl.world.record import Record
from cove_rl.world.world import World

DEFAULT = Scoring()


def verify(task: Task, world: World, calls: Iterable[ToolCall], scoring: Scoring = DEFAULT) -> Verdict:
    """Return the verdict on a task's recorded calls: no model, no clock, no randomness.

    Outcome, not path: a constraint holds if the final state says so. A successful write is redundant unless it is the
    last to give one of a constraint's facts the value that constraint wants; so a write that is undone, repeated or
    unasked for is redundant. Reads are neutral; failed calls change nothing and are only reported.

    A forbidden request is handled if the agent read what decides it and wrote nothing for it, and if the agent acted at
    all: some other constraint was met, or a human was called in where one is due. Without that condition, an agent
    that only reads, or that reads and hands everybody over, would be paid for it.

    Args:
        task: the task.
        world: the task's world.
        calls: every call of the episode in order, the agent's and the user's.
        scoring: how counts become a score.

    Raises:
        InputError: if the task speaks of records that the world does not have.
    """
    domain = get_domain(task.domain)
    steps = replay(domain, world, calls)
    outcomes = [_goals(constraint, world, steps) for constraint in task.constraints]
    redundant = _redundant(steps, outcomes)
    transferred = _transferred(domain, steps)
    end = _End(tuple(steps), tuple(redundant), transferred, _acted(outcomes, transferred))
    verdicts = tuple(one.verdict() if one.facts else _refusal(one.constraint, world, end) for one in outcomes)
    satisfied = sum(one.satisfied for one in verdicts)
    return Verdict(
        score=scoring.score(satisfied, len(verdicts), len(redundant)),
        success=satisfied == len(verdicts) and not redundant,
        satisfied=satisfied,
        total=len(verdicts),
        redundant=len(redundant),
        failed=sum(step.result.error for step in steps),
        calls=len(steps),
        constraints=verdicts,
        redundant_writes=tuple(
            RedundantWrite(s.position, s.call.name, _why_redundant(s, steps, outcomes)) for s in redundant
        ),
    )


class _Fact(msgspec.Struct, frozen=True):
    """A goal and how it ended: its final value, and the last call that changed it."""

    goal: Goal
    value: object
    writer: int | None

    def holds(self) -> bool:
        return self.value == self.goal.wanted


class _Outcome(msgspec.Struct, frozen=True):
    """A constraint and how its facts ended."""

    constraint: Constraint
    facts: tuple[_Fact, ...]

    def holds(self) -> bool:
        """Whether every fact is as wanted and a call made at least one of them so (inaction meets nothing)."""
        return all(fact.holds() for fact in self.facts) and any(fact.writer is not None for fact in self.facts)

    def credit(self) -> tuple[int, ...]:
        """The writes this constraint asked for: a write that left another of its facts wrong is not one of them."""
        spoilers = {fact.writer for fact in self.facts if not fact.holds()}
        writers = {fact.writer for fact in self.facts if fact.writer is not None} - spoilers
        return tuple(sorted(position for position in writers if position is not None))

    def verdict(self) -> ConstraintVerdict:
        """The verdict in words."""
        wrong = [fact for fact in self.facts if not fact.holds()]
        if self.holds():
            reason = f"Done: {self.constraint.describe()}."
        elif wrong:
            parts = [
                f"{fact.goal.label} should be {_shown(fact.goal.wanted)} but is {_shown(fact.value)}" for fact in wrong
            ]
            reason = f"Not done: {self.constraint.describe()}; {'; '.join(parts)}."
        else:
            reason = f"Nothing was written for it: {self.constraint.describe()}."
        return ConstraintVerdict(self.constraint.kind, self.holds(), reason, self.credit())


def _goals(constraint: Constraint, world: World, steps: Sequence[Step]) -> _Outcome:
    try:
        goals = constraint.goals(world)
    except (LookupError, ValueError) as error:
        fault = f"{type(error).__name__}: {error}"
        raise InputError(
            f"the goal '{constraint.describe()}' does not fit world {world.ref.fingerprint}: {fault}"
        ) from None
    return _Outcome(constraint, tuple(_fact(goal, world, steps) for goal in goals))


def _fact(goal: Goal, world: World, steps: Sequence[Step]) -> _Fact:
    record = world.tables[goal.kind].get(goal.key)
    value = None if record is None else goal.read(record)
    writer = None
    for step in steps:
        for change in step.result.changes:
            if change.key == goal.key and change.kind is goal.kind:
                new = goal.read(change.after)
                if new != value:
                    value, writer = new, step.position
    return _Fact(goal, value, writer)


def _redundant(steps: Sequence[Step], outcomes: Sequence[_Outcome]) -> list[Step]:
    """Return the successful writes that no constraint asked for."""
    needed = {position for outcome in outcomes for position in outcome.credit()}
    return [step for step in steps if step.wrote and step.position not in needed]


def _transferred(domain: Domain, steps: Sequence[Step]) -> bool:
    return any(step.call.name == domain.transfer_tool and not step.result.error for step in steps)


def _acted(outcomes: Sequence[_Outcome], transferred: bool) -> bool:
    """Whether the agent met a goal, or called in a human who was due."""
    due = any(outcome.constraint.transfer for outcome in outcomes)
    return (transferred and due) or any(outcome.holds() for outcome in outcomes)


class _End(msgspec.Struct, frozen=True):
    """What a refusal is judged by: every call, the redundant writes, whether a human was called, whether it acted."""

    steps: tuple[Step, ...]
    redundant: tuple[Step, ...]
    transferred: bool
    acted: bool


def _refusal(constraint: Constraint, world: World, end: _End) -> ConstraintVerdict:
    """Judge a request the policy forbids or hands to a human."""
    evidence = constraint.evidence(world)
    looked = _looked(evidence, end.steps)
    broken = _written(constraint.guards(world), end.redundant)
    missing = (
        (broken != [], f"call {', '.join(map(str, broken))} wrote to a record it is about"),
        (not looked, f"the agent never read what decides it ({' or '.join(one.words() for one in evidence)})"),
        (constraint.transfer and not end.transferred, "it belongs to a human, and the agent did not transfer"),
        (not end.acted, "the agent did nothing else either, and doing nothing earns nothing"),
    )
    faults = [words for fault, words in missing if fault]
    if faults:
        return ConstraintVerdict(constraint.kind, False, f"Not handled: {constraint.describe()}; {'; '.join(faults)}.")
    done = "handed to a human" if constraint.transfer else "looked into, and nothing was written for it"
    return ConstraintVerdict(constraint.kind, True, f"Handled: {constraint.describe()}; {done}.")


def _written(guards: Sequence[tuple[type[Record], str]], redundant: Sequence[Step]) -> list[int]:
    """Return the positions of redundant writes that touched one of these records."""
    return [step.position for step in redundant if step.touched() & set(guards)]


def _looked(evidence: Sequence[Evidence], steps: Sequence[Step]) -> bool:
    """Whether one of these reads was made and succeeded."""
    return any(one.shown_by(step.call) for one in evidence for step in steps if not step.result.error)


def _why_redundant(step: Step, steps: Sequence[Step], outcomes: Sequence[_Outcome]) -> str:
    """Say why a successful write counts as redundant."""
    if not step.result.changes:
        return "It changed nothing."
    facts = [fact for outcome in outcomes for fact in outcome.facts]
    touched = step.touched()
    about = [fact for fact in facts if (fact.goal.kind, fact.goal.key) in touched]
    wrong = [fact.goal.label for fact in about if fact.writer == step.position and not fact.holds()]
    if wrong:
        return f"It left {' and '.join(wrong)} at a value nobody asked for."
    later = [other.position for other in steps if other.position > step.position and touched & other.touched()]
    if later:
        return f"Its effect was undone or overwritten by call {later[-1]}."
    return "No constraint asked for what it changed."


def _shown(value: object) -> str:
    """Return a fact's value as a person reads it: text in quotes, records and lists as their parts."""
    if isinstance(value, Record):
        value = msgspec.structs.astuple(value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "nothing" if value is None else repr(value)
