"""Mutants that write too much: unasked for, for a refused request, twice, and undone or overwritten."""

from collections.abc import Iterator
from random import Random

import msgspec

from cove_rl.verify.mutation.donors import retargeted
from cove_rl.verify.mutation.mutant import Mutant
from cove_rl.verify.mutation.solution import Place, Solution, again, arguments_of, net, shuffled, with_arguments
from cove_rl.verify.replay import Step
from cove_rl.world.call import ToolCall
from cove_rl.world.record import Record

TRIES = 12
"""Calls that are tried until one succeeds where it is needed."""


def unasked(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Add a write, on records the solution leaves alone; and, where the tools allow, another that undoes it."""
    position = rng.randint(0, solution.end)
    for donor in shuffled(solution.donors, rng)[:TRIES]:
        call = again(donor)
        step = solution.attempt(position, call)
        if step is None or not step.result.changes or step.touched() & (solution.net.keys() | solution.asked):
            continue
        unmet = _guarding(solution, step.touched())
        calls = solution.with_calls(position, call)
        yield Mutant("unasked write", calls, still_right=False, unmet=unmet, redundant=1)
        back = put_back(step)
        calls = solution.with_calls(position, call, back)
        steps = solution.run(calls)
        if steps[position + 1].result.changes and net(steps) == solution.net:
            yield Mutant("unasked write, undone", calls, still_right=False, unmet=unmet, redundant=2)
        return


def for_refusal(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Write to the record of a refused request: whatever succeeds there."""
    guarded = [place for one in solution.refusals.values() for place in one.guards(solution.world)]
    places = [place for place in guarded if place not in solution.net]
    if not places:
        return
    place = rng.choice(places)
    position = rng.randint(0, solution.end)
    for donor in shuffled(solution.donors, rng)[:TRIES]:
        call = retargeted(solution.domain, solution.world, donor, *place, rng)
        step = None if call is None else solution.attempt(position, call)
        if call is None or step is None or place not in step.touched() or step.touched() & solution.asked:
            continue
        unmet = _guarding(solution, step.touched())
        calls = solution.with_calls(position, call)
        yield Mutant("write for a refused request", calls, still_right=False, unmet=unmet, redundant=1)
        return


def repeated(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Make a write once more later. Where that fails, as for everything that works only once, all is still right."""
    if not solution.writes:
        return
    first = rng.choice(solution.writes)
    position = rng.randint(first + 1, solution.end)
    call = again(solution.calls[first])
    step = solution.attempt(position, call)
    if step is not None and step.wrote:
        yield Mutant("write repeated", solution.with_calls(position, call), still_right=False, redundant=1)
    elif step is not None:
        yield Mutant("repeat that fails", solution.with_calls(position, call), still_right=True)


def undone(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Put back what a write changed; and then write it again."""
    for first in shuffled(solution.writes, rng):
        call, back = solution.calls[first], put_back(solution.steps[first])
        position = rng.randint(first + 1, solution.end)
        calls = solution.with_calls(position, back)
        steps = solution.run(calls)
        changes = steps[position].result.changes
        if not changes or any(change.before is None for change in changes) or net(steps) == solution.net:
            continue  # a call that makes a record, made once more, undoes nothing
        yield Mutant("write undone", calls, still_right=False, redundant=2)
        calls = solution.with_calls(position, back, again(call))
        steps = solution.run(calls)
        if steps[position + 1].result.changes and net(steps) == solution.net:
            yield Mutant("write undone and redone", calls, still_right=False, redundant=2)
        return


def detour(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Write something else before the right write, or after it."""
    for position in shuffled(solution.writes, rng):
        call = solution.calls[position]
        options = [(name, value) for name in arguments_of(call) for value in solution.alternatives(call, name)]
        for name, value in shuffled(options, rng)[:TRIES]:
            other = with_arguments(call, **{name: value})
            calls = solution.with_calls(position, other)
            if _all_write(solution, calls, net_as_before=True):
                yield Mutant("write after a wrong one", calls, still_right=False, redundant=1)
                calls = solution.with_calls(position + 1, other)
                if _all_write(solution, calls, net_as_before=False):
                    yield Mutant("write overwritten", calls, still_right=False, redundant=1)
                return


def put_back(step: Step) -> ToolCall:
    """Return the step's call with the values its record had before, as far as arguments are named like fields."""
    before: dict[str, object] = {}
    for change in step.result.changes:
        before |= _fields(change.before)
    old = {name: before.get(name, value) for name, value in arguments_of(step.call).items()}
    return with_arguments(again(step.call), **old)


def _fields(record: Record | None) -> dict[str, object]:
    """Return a record's fields, with those of the records directly in it."""
    fields = {} if record is None else msgspec.structs.asdict(record)
    for value in list(fields.values()):
        if isinstance(value, Record):
            fields |= msgspec.structs.asdict(value)
    plain: dict[str, object] = msgspec.to_builtins(fields)
    return {name: value for name, value in plain.items() if isinstance(value, (str, int, list))}


def _all_write(solution: Solution, calls: tuple[ToolCall, ...], *, net_as_before: bool) -> bool:
    """Whether every write of the solution and one more change something, with the given outcome."""
    steps = solution.run(calls)
    wrote = sum(bool(step.wrote and step.result.changes) for step in steps)
    return wrote == len(solution.writes) + 1 and (net(steps) == solution.net) == net_as_before


def _guarding(solution: Solution, places: set[Place]) -> tuple[int, ...]:
    """Return the refused requests that are about one of these records."""
    return tuple(at for at, one in solution.refusals.items() if places & set(one.guards(solution.world)))


EXCESS = (unasked, for_refusal, repeated, undone, detour)
