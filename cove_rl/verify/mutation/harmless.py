"""Mutants that still solve the task: other reads, other orders, calls that fail."""

# ruff: noqa: ARG001  (every mutation takes a solution and a source of chance)

from collections.abc import Iterator
from random import Random
from typing import Any

from msgspec.structs import replace

from cove_rl.verify.mutation.missed import SPOILERS
from cove_rl.verify.mutation.mutant import Mutant
from cove_rl.verify.mutation.solution import Solution, again, arguments_of, net, shuffled, with_arguments
from cove_rl.world.call import ToolCall


def reads_added(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Read more: what was read before once more, and other records."""
    calls = list(solution.calls)
    for position in rng.choices(solution.reads, k=rng.randint(1, 4)) if solution.reads else ():
        call = again(solution.calls[position])
        name = rng.choice(list(arguments_of(call)) or [""])
        options = solution.alternatives(call, name)
        other = with_arguments(call, **{name: rng.choice(options)}) if options and rng.random() < 0.7 else call
        calls.insert(rng.randint(0, len(calls)), other)
    yield Mutant("reads added", tuple(calls), still_right=True)


def reads_removed(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Read less, but keep one of the reads that decide each refused request."""
    gone = {at for at in solution.reads if rng.random() < 0.7}
    for refusal in solution.refusals.values():
        deciding = [
            step.position
            for step in solution.steps
            if not step.result.error and solution.is_evidence(step.call, refusal)
        ]
        if gone.issuperset(deciding):
            gone.discard(rng.choice(deciding))
    yield Mutant("reads removed", solution.without(gone), still_right=True)


def reads_moved(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Make the reads at other times, but none of them after the transfer."""
    calls = [call for at, call in enumerate(solution.calls[: solution.end]) if at not in solution.reads]
    for position in shuffled(solution.reads, rng):
        calls.insert(rng.randint(0, len(calls)), solution.calls[position])
    moved = (*calls, *solution.calls[solution.end :])
    if solution.looked(solution.run(moved)):  # a read may fail after a write
        yield Mutant("reads moved", moved, still_right=True)


def writes_moved(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Make the writes in another order: all succeed, each changes the same records, and the outcome is the same."""
    calls = list(solution.calls)
    for position, other in zip(solution.writes, shuffled(solution.writes, rng), strict=True):
        calls[position] = solution.calls[other]
    steps = solution.run(calls)
    before = {id(solution.calls[at]): solution.steps[at].touched() for at in solution.writes}
    alike = all(step.touched() == before.get(id(step.call), set()) for step in steps)
    if alike and net(steps) == solution.net and not solution.revived(steps):
        yield Mutant("writes in another order", tuple(calls), still_right=True)


def failures_added(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Add a call with a fault in its form, and a write that its arguments or the records do not allow."""
    pool = [*(solution.calls[at] for at in (*solution.reads, *solution.writes)), *solution.donors]
    for kind, make in (("malformed call added", _malformed), ("impossible write added", _impossible)):
        position = rng.randint(0, solution.end)
        call = make(solution, rng.choice(pool), rng) if pool else None
        step = None if call is None else solution.attempt(position, call)
        if call is not None and step is not None and step.result.error:
            yield Mutant(kind, solution.with_calls(position, call), still_right=True)


def _malformed(solution: Solution, call: ToolCall, rng: Random) -> ToolCall:
    return rng.choice(SPOILERS)(call)


def _impossible(solution: Solution, call: ToolCall, rng: Random) -> ToolCall | None:
    """Return the call with a text changed into something that is nowhere, or with another value that may not fit."""
    texts = [name for name, value in arguments_of(call).items() if isinstance(value, str)]
    if not texts:
        return None
    name = rng.choice(texts)
    nowhere = f"{arguments_of(call)[name]}?"
    return with_arguments(call, **{name: rng.choice([nowhere, *solution.alternatives(call, name)])})


def lists_permuted(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Name the elements of a write's lists in another order, in all its lists alike."""
    for position in solution.writes:
        call = solution.calls[position]
        lists = {name: value for name, value in arguments_of(call).items() if isinstance(value, list)}
        lengths = set(map(len, lists.values()))
        if len(lengths) != 1 or lengths < {2}:
            continue
        order = shuffled(range(lengths.pop()), rng)
        permuted: dict[str, Any] = {name: [value[at] for at in order] for name, value in lists.items()}
        calls = solution.with_calls(position, with_arguments(call, **permuted), instead=1)
        if permuted != lists and net(solution.run(calls)) == solution.net:
            yield Mutant("lists in another order", calls, still_right=True)


def renumbered(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Give the calls other ids, and name their arguments in another order."""
    calls = [
        replace(call, id=f"call_{rng.getrandbits(32):08x}", arguments=_reordered(call, rng)) for call in solution.calls
    ]
    yield Mutant("other call ids", tuple(calls), still_right=True)


def _reordered(call: ToolCall, rng: Random) -> dict[str, Any] | str:
    return call.arguments if isinstance(call.arguments, str) else dict(shuffled(call.arguments.items(), rng))


def after_transfer(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Write after the transfer, when nothing is run any more."""
    pool = [*(solution.calls[at] for at in solution.writes), *solution.donors]
    if solution.end < len(solution.steps) and pool:
        late = again(rng.choice(pool))
        yield Mutant("write after the transfer", (*solution.calls, late), still_right=True)


def other_evidence(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Look into a refused request by another of the reads that decide it."""
    for refusal in solution.refusals.values():
        used = [at for at in solution.reads if solution.is_evidence(solution.calls[at], refusal)]
        unused = [
            one for one in refusal.evidence(solution.world) if not any(one.shown_by(solution.calls[at]) for at in used)
        ]
        if not used or not unused:
            continue
        one = rng.choice(unused)
        calls = list(solution.calls)
        calls[used[0]] = replace(again(calls[used[0]]), name=one.tool, arguments=dict(one.arguments))
        chosen = tuple(call for at, call in enumerate(calls) if at not in used[1:])
        if solution.looked(solution.run(chosen)):  # a read dropped here may decide another request as well
            yield Mutant("refused after another read", chosen, still_right=True)


HARMLESS = (
    reads_added,
    reads_removed,
    reads_moved,
    writes_moved,
    failures_added,
    lists_permuted,
    renumbered,
    after_transfer,
    other_evidence,
)
