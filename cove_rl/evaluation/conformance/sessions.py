"""Make calls and look hard at what they do: each series alone, again twice, and once more with another beside it."""

from collections.abc import Callable, Sequence
from random import Random

import msgspec

from cove_rl.evaluation.conformance.calls import Caller
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import Domain
from cove_rl.world.state import State
from cove_rl.world.world import World, fingerprint

LENGTH = 20
"""Calls in a series."""


class Seen(msgspec.Struct):
    """What was seen of one call.

    Attributes:
        call: the call.
        kind: of its tool; empty if there is no such tool.
        content: what it returned.
        failed: whether that was an error.
        changed: whether the state's content was another one afterwards.
        crash: what it raised instead of returning.
    """

    call: ToolCall
    kind: str
    content: str = ""
    failed: bool = False
    changed: bool = False
    crash: BaseException | None = None

    def outcome(self) -> tuple[str, bool, str]:
        """Return what must be the same each time."""
        return self.content, self.failed, repr(self.crash)

    def words(self) -> str:
        """Return the call as a person writes it."""
        return words_of_call(self.call)


class Session(msgspec.Struct):
    """One series of calls.

    Attributes:
        alone: what was seen when it was made on a fresh state.
        again: the same on two more fresh states, one after the other.
        beside: the same on a fresh state, while another series was made on another state.
        spoilt: the call after which the world itself was another one, or None.
    """

    alone: list[Seen]
    again: tuple[list[Seen], list[Seen]]
    beside: list[Seen]
    spoilt: ToolCall | None


def hold_sessions(
    domain: Domain, new_world: Callable[[], World], wanted: Sequence[ToolCall], count: int, seed: int
) -> tuple[Session, ...]:
    """Make calls up and make them.

    Args:
        domain: whose tools are called.
        new_world: makes the same world anew: for the calls themselves, and where one has spoilt it.
        wanted: calls that customers' requests come down to.
        count: how many calls there are, about.
        seed: equal seeds give equal calls.
    """
    world = new_world()
    caller = Caller(domain, world, wanted, Random(f"{seed}:calls"))  # noqa: S311  (reproducible)
    series = [[caller.make() for _ in range(LENGTH)] for _ in range(max(2, count // LENGTH))]
    sessions = []
    for number, calls in enumerate(series):
        before = fingerprint(world.tables)
        alone, *again = (_series(domain, State(world), calls) for _ in range(3))
        beside = _beside(domain, world, calls, series[number - 1])
        spoilt = None
        if fingerprint(world.tables) != before:
            world = new_world()
            spoilt = _spoiler(domain, new_world(), calls)
        sessions.append(Session(alone, (again[0], again[1]), beside, spoilt))
    return tuple(sessions)


def see(domain: Domain, state: State, call: ToolCall) -> Seen:
    """Make one call and look at it."""
    tool = domain.toolbox.tools.get(call.name)
    seen = Seen(call, tool.kind if tool is not None else "")
    before = picture(state)
    try:
        result = domain.toolbox.call(state, call)
        seen.content, seen.failed = result.content, result.error
    except (Exception, SystemExit) as error:
        seen.crash = error
    seen.changed = picture(state) != before
    return seen


def picture(state: State) -> str:
    """Return the content of everything that a state has changed; a change inside a record shows too."""
    return repr([(change.kind.__name__, change.key, change.after) for change in state.diff()])


def words_of_call(call: ToolCall) -> str:
    """Return a call as a person writes it."""
    if isinstance(call.arguments, str):
        return f"{call.name}({call.arguments[:100]!r})"
    return f"{call.name}({', '.join(f'{name}={repr(value)[:100]}' for name, value in call.arguments.items())})"


def _series(domain: Domain, state: State, calls: Sequence[ToolCall]) -> list[Seen]:
    return [see(domain, state, call) for call in calls]


def _beside(domain: Domain, world: World, calls: Sequence[ToolCall], others: Sequence[ToolCall]) -> list[Seen]:
    """Make a series while another one is made on another state, before it and between its calls."""
    one, other = State(world), State(world)
    for call in others:
        see(domain, other, call)
    seen = []
    for call, disturbance in zip(calls, [*calls[1:], *calls[:1]], strict=True):
        see(domain, other, disturbance)
        seen.append(see(domain, one, call))
    return seen


def _spoiler(domain: Domain, world: World, calls: Sequence[ToolCall]) -> ToolCall | None:
    """Return the call that changes the world itself; None if it takes more than this series."""
    state, before = State(world), fingerprint(world.tables)
    for call in calls:
        see(domain, state, call)
        if fingerprint(world.tables) != before:
            return call
    return calls[-1]
