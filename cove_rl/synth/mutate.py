"""Test the verifier by mutation: solve tasks, change the solutions, count where the verdict is wrong."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Literal

import msgspec

from cove_rl.synth.tasks import Solved, sample_task
from cove_rl.tasks.sampler import Mix
from cove_rl.tasks.task import Task
from cove_rl.verify.mutation import Mutant, donors, mutants
from cove_rl.verify.verifier import verify
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import Domain
from cove_rl.world.world import World

EXAMPLES = 20
"""Wrong verdicts that are kept whole."""


class Tally(msgspec.Struct):
    """What became of the mutants of one kind.

    Attributes:
        kind: what was done to the solutions.
        expected: "accept" for mutants that still solve the task, else "reject".
        mutants: how many there were.
        wrong_accepts: how many got more credit than they deserve.
        wrong_rejects: how many were still right and scored below 1.0.
    """

    kind: str
    expected: Literal["accept", "reject"]
    mutants: int = 0
    wrong_accepts: int = 0
    wrong_rejects: int = 0


class WrongVerdict(msgspec.Struct, frozen=True):
    """One mutant on which the verifier is wrong.

    Attributes:
        task_id: the task.
        kind: what was done to its solution.
        fault: what the verdict should have been and was not.
        calls: the mutant's calls.
    """

    task_id: str
    kind: str
    fault: str
    calls: tuple[ToolCall, ...]


class MutationReport(msgspec.Struct, frozen=True):
    """What a mutation test found.

    Attributes:
        tasks: solved tasks that were mutated.
        mutants: mutants that were judged.
        wrong: those on which the verifier was wrong.
        kinds: the same by kind, in the order of the alphabet.
        examples: the first wrong verdicts.
    """

    tasks: int
    mutants: int
    wrong: int
    kinds: tuple[Tally, ...]
    examples: tuple[WrongVerdict, ...]


class Judge:
    """Counts mutants and wrong verdicts."""

    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {}
        self.examples: list[WrongVerdict] = []
        self.mutants = self.wrong = 0

    def add(self, task: Task, world: World, mutant: Mutant) -> None:
        """Count one mutant."""
        fault = fault_in(task, world, mutant)
        tally = self.tallies.setdefault(mutant.kind, Tally(mutant.kind, "accept" if mutant.still_right else "reject"))
        tally.mutants += 1
        self.mutants += 1
        if not fault:
            return
        self.wrong += 1
        tally.wrong_rejects += mutant.still_right
        tally.wrong_accepts += not mutant.still_right
        if len(self.examples) < EXAMPLES:
            self.examples.append(WrongVerdict(task.id, mutant.kind, fault, mutant.calls))

    def report(self, tasks: int) -> MutationReport:
        """Return the counts."""
        kinds = tuple(self.tallies[kind] for kind in sorted(self.tallies))
        return MutationReport(tasks, self.mutants, self.wrong, kinds, tuple(self.examples))


def fault_in(task: Task, world: World, mutant: Mutant) -> str:
    """Return what is wrong with the verdict on a mutant; empty if it is right."""
    verdict = verify(task, world, mutant.calls)
    perfect = verdict.score == 1.0
    paid = [at for at in mutant.unmet if verdict.constraints[at].satisfied]
    faults = (
        (verdict.success != perfect, f"success is {verdict.success}, the score {verdict.score}"),
        (mutant.still_right and not perfect, f"still right, but the score is {verdict.score}"),
        (not mutant.still_right and perfect, "wrong, but the score is 1.0"),
        (bool(paid), f"constraints {paid} count as met"),
        (verdict.redundant < mutant.redundant, f"{verdict.redundant} of {mutant.redundant} redundant writes found"),
        (len(mutant.unmet) == verdict.total and verdict.score != 0, f"nothing was done, but it scores {verdict.score}"),
    )
    return "; ".join(words for wrong, words in faults if wrong)


def mutate(domain: Domain, world: World, seed: int, number: int, advance: Callable[[int], object]) -> MutationReport:
    """Solve tasks and judge mutants of their solutions until at least a number of mutants were judged.

    Args:
        domain: the domain.
        world: the world to sample tasks from.
        seed: equal seeds, worlds and numbers give equal reports.
        number: mutants to judge at least; the last task's are all judged.
        advance: called after every task with how many mutants it gave.
    """
    judge, tasks = Judge(), 0
    others = donors(domain, world, Random(f"{seed}:donors"))  # noqa: S311  (reproducible sampling)
    while judge.mutants < number:
        before = judge.mutants
        solved = asyncio.run(sample_task(domain, world, seed, tasks, Mix())).solved
        judge_all(solved, world, others, judge)
        tasks += 1
        advance(judge.mutants - before)
    return judge.report(tasks)


def judge_all(solved: Solved, world: World, others: tuple[ToolCall, ...], judge: Judge) -> None:
    """Judge mutants of one solution."""
    task = solved.task
    rng = Random(f"{task.seed}:mutants")  # noqa: S311  (reproducible sampling)
    for mutant in mutants(task, world, solved.trajectory.calls(), rng, others):
        judge.add(task, world, mutant)
