"""Run recorded calls again, on a fresh state."""

from collections.abc import Iterable

import msgspec

from cove_rl.world.call import CallResult, ToolCall
from cove_rl.world.domain import Domain
from cove_rl.world.record import Record
from cove_rl.world.state import State
from cove_rl.world.world import World


class Step(msgspec.Struct, frozen=True):
    """One replayed call.

    Attributes:
        position: its place among the recorded calls, from 0.
        call: the call as recorded.
        result: what it returned now.
        wrote: whether it was a successful call of a write tool, whatever it changed.
    """

    position: int
    call: ToolCall
    result: CallResult
    wrote: bool

    def touched(self) -> set[tuple[type[Record], str]]:
        """Return the records this call changed."""
        return {(change.kind, change.key) for change in self.result.changes}


def replay(domain: Domain, world: World, calls: Iterable[ToolCall]) -> list[Step]:
    """Run calls in order on a fresh state of the world, up to a transfer: it ends the conversation."""
    state = State(world)
    steps = []
    for position, call in enumerate(calls):
        result = domain.toolbox.call(state, call)
        wrote = not result.error and domain.toolbox.tools[call.name].kind == "write"
        steps.append(Step(position, call, result, wrote))
        if call.name == domain.transfer_tool and not result.error:
            break
    return steps
