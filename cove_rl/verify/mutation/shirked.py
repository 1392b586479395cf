"""Mutants that shirk: what decides a refusal is not read, a human is not called or called too soon, nothing is done."""

# ruff: noqa: ARG001  (every mutation takes a solution and a source of chance)

from collections.abc import Iterator
from random import Random

from cove_rl.verify.mutation.missed import SPOILERS
from cove_rl.verify.mutation.mutant import Mutant
from cove_rl.verify.mutation.solution import Solution, again, net
from cove_rl.world.call import ToolCall


def unread(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Leave out every read that decides one refused request; make them fail; make them after the transfer."""
    if not solution.refusals:
        return
    index, refusal = rng.choice(list(solution.refusals.items()))
    read = [at for at, call in enumerate(solution.calls) if solution.is_evidence(call, refusal)]
    kept, moved = solution.without(read), tuple(solution.calls[at] for at in read)
    yield Mutant("refused without reading", kept, still_right=False, unmet=(index,))
    spoil = rng.choice(SPOILERS)
    spoiled = tuple(spoil(call) if at in read else call for at, call in enumerate(solution.calls))
    if all(spoiled_step.result.error for spoiled_step in solution.run(spoiled) if spoiled_step.position in read):
        yield Mutant("refused after a failed read", spoiled, still_right=False, unmet=(index,))
    if solution.end < len(solution.steps):
        yield Mutant("refused, read after the transfer", (*kept, *moved), still_right=False, unmet=(index,))


def untransferred(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Do not call the human who is due."""
    if solution.transfers_due:
        calls = solution.calls[: solution.end]
        yield Mutant("transfer dropped", calls, still_right=False, unmet=solution.transfers_due)


def too_soon(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Call a human before a write, which is then not made."""
    transfer = _transfer(solution)
    if transfer is None or not solution.writes:
        return
    calls = solution.with_calls(rng.choice(solution.writes), transfer)
    if net(solution.run(calls)) != solution.net:
        yield Mutant("transfer before a write", calls, still_right=False)


def idle(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Do nothing at all, only read, or read and call a human where none is due."""
    reads = tuple(solution.calls[at] for at in solution.reads)
    yield Mutant("nothing done", (), still_right=False, unmet=solution.everything)
    if reads:
        yield Mutant("only reads", reads, still_right=False, unmet=solution.everything)
    transfer = _transfer(solution)
    if transfer is not None and not solution.transfers_due:
        yield Mutant("reads, then a transfer", (*reads, transfer), still_right=False, unmet=solution.everything)


def _transfer(solution: Solution) -> ToolCall | None:
    """Return a transfer that succeeds, or None if there is no telling how to make one."""
    tool = solution.domain.toolbox.tools.get(solution.domain.transfer_tool)
    if tool is None:
        return None
    parameters = tool.schema["function"]["parameters"]["properties"]
    call = ToolCall("transfer", tool.name, dict.fromkeys(parameters, "They ask for a person."), tool.owner)
    return again(call) if not solution.run((call,))[0].result.error else None


SHIRKED = (unread, untransferred, too_soon, idle)
