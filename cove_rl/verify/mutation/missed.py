"""Mutants that miss a goal: a write is dropped, aimed elsewhere, done in part, or never happens."""

from collections.abc import Callable, Iterator
from random import Random

from msgspec.structs import replace

from cove_rl.verify.mutation.mutant import Mutant
from cove_rl.verify.mutation.solution import Solution, again, arguments_of, net, with_arguments
from cove_rl.world.call import ToolCall


def dropped(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Leave one write out."""
    if solution.writes:
        yield from _missing(solution, "write dropped", solution.without([rng.choice(solution.writes)]))


def misaimed(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Give each argument of one write another value.

    Where the outcome is the same to the last field (another method for a price difference of nothing), the mutant is
    still right.
    """
    if not solution.writes:
        return
    position = rng.choice(solution.writes)
    call = solution.calls[position]
    for argument in arguments_of(call):
        options = solution.alternatives(call, argument)
        if not options:
            continue
        other = with_arguments(call, **{argument: rng.choice(options)})
        calls = solution.with_calls(position, other, instead=1)
        steps = solution.run(calls)
        if solution.revived(steps):
            continue
        if net(steps) != solution.net:
            yield Mutant(f"write with another {argument}", calls, still_right=False)
        elif steps[position].wrote:
            yield Mutant("another value, same outcome", calls, still_right=True)


def in_part(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Leave one element out of a write's lists."""
    for position in solution.writes:
        call = solution.calls[position]
        lists = {name: value for name, value in arguments_of(call).items() if isinstance(value, list)}
        longest = max(map(len, lists.values()), default=0)
        if longest < 2:
            continue
        gone = rng.randrange(longest)
        shorter = {name: [*value[:gone], *value[gone + 1 :]] for name, value in lists.items()}
        calls = solution.with_calls(position, with_arguments(call, **shorter), instead=1)
        yield from _missing(solution, "write done in part", calls)


def crossed(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Let two writes of one tool exchange an argument."""
    pairs = [
        (one, other, argument)
        for one in solution.writes
        for other in solution.writes
        if one < other and solution.calls[one].name == solution.calls[other].name
        for argument, value in arguments_of(solution.calls[one]).items()
        if arguments_of(solution.calls[other])[argument] != value
    ]
    if not pairs:
        return
    one, other, argument = rng.choice(pairs)
    first, second = solution.calls[one], solution.calls[other]
    calls = list(solution.calls)
    calls[one] = with_arguments(first, **{argument: arguments_of(second)[argument]})
    calls[other] = with_arguments(second, **{argument: arguments_of(first)[argument]})
    if calls[one].arguments not in (first.arguments, second.arguments):  # else they have only changed places
        yield from _missing(solution, "writes crossed", tuple(calls))


def not_run(solution: Solution, rng: Random) -> Iterator[Mutant]:
    """Spoil the form of one write, so that it fails."""
    if not solution.writes:
        return
    position = rng.choice(solution.writes)
    call = rng.choice(SPOILERS)(solution.calls[position])
    calls = solution.with_calls(position, call, instead=1)
    if solution.run(calls)[position].result.error:
        yield from _missing(solution, "write that fails", calls)


def _missing(solution: Solution, kind: str, calls: tuple[ToolCall, ...]) -> Iterator[Mutant]:
    """Yield the mutant, provided that the outcome is another one and that no failed call stands in for the write."""
    steps = solution.run(calls)
    if net(steps) != solution.net and not solution.revived(steps):
        yield Mutant(kind, calls, still_right=False)


def as_text(call: ToolCall) -> ToolCall:
    """Return the call with arguments that are no JSON object."""
    return again(replace(call, arguments=str(call.arguments)[:-1]))


def one_short(call: ToolCall) -> ToolCall:
    """Return the call without its last argument."""
    return again(replace(call, arguments=dict(list(arguments_of(call).items())[:-1])))


def one_more(call: ToolCall) -> ToolCall:
    """Return the call with an argument the tool does not have."""
    return with_arguments(call, priority="high")


def of_no_tool(call: ToolCall) -> ToolCall:
    """Return the call under a name that is no tool's."""
    return again(replace(call, name=f"{call.name}_now"))


def by_the_other_side(call: ToolCall) -> ToolCall:
    """Return the call as the other side's, which has no such tool."""
    return again(replace(call, requestor="user" if call.requestor == "assistant" else "assistant"))


SPOILERS: tuple[Callable[[ToolCall], ToolCall], ...] = (as_text, one_short, one_more, of_no_tool, by_the_other_side)
"""Ways to make any call fail."""

MISSED = (dropped, misaimed, in_part, crossed, not_run)
