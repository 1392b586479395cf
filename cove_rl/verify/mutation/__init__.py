"""Mutation tests of the verifier: solutions changed in ways whose effect is known from how they were made."""

from collections.abc import Iterable, Iterator, Sequence
from random import Random

from cove_rl.tasks.task import Task
from cove_rl.verify.mutation.donors import donors
from cove_rl.verify.mutation.excess import EXCESS
from cove_rl.verify.mutation.harmless import HARMLESS
from cove_rl.verify.mutation.missed import MISSED
from cove_rl.verify.mutation.mutant import Mutant
from cove_rl.verify.mutation.shirked import SHIRKED
from cove_rl.verify.mutation.solution import Solution
from cove_rl.world.call import ToolCall
from cove_rl.world.world import World

__all__ = ["Mutant", "donors", "mutants"]


def mutants(
    task: Task, world: World, calls: Iterable[ToolCall], rng: Random, others: Sequence[ToolCall] = ()
) -> Iterator[Mutant]:
    """Yield mutants of a solution: first of the calls as they are, then of a harmless mutant of them.

    The verifier is never asked: what a mutant is follows from how it was made and, where that depends on what a call
    does, from replaying calls and comparing records.

    Args:
        task: the task.
        world: its world.
        calls: calls that solve it with nothing redundant.
        rng: decides where and how.
        others: writes to take those from that nobody asked for; see `donors`.
    """
    solution = Solution(task, world, calls, others)
    for base in (solution, _disguised(solution, rng)):
        for mutation in (*MISSED, *EXCESS, *SHIRKED, *HARMLESS):
            known = (solution.calls, base.calls)
            yield from (mutant for mutant in mutation(base, rng) if mutant.calls not in known)


def _disguised(solution: Solution, rng: Random) -> Solution:
    """Return the solution with one to three harmless changes."""
    for _ in range(rng.randint(1, 3)):
        found = list(rng.choice(HARMLESS)(solution, rng))
        if found:
            solution = Solution(solution.task, solution.world, rng.choice(found).calls, solution.donors)
    return solution
