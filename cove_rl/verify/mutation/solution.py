"""A solution that is about to be changed: its calls replayed, and the questions every change has to ask."""

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

from msgspec.structs import replace

from cove_rl.tasks.task import Task
from cove_rl.verify.replay import Step, replay
from cove_rl.world.call import ToolCall
from cove_rl.world.constraint import Constraint
from cove_rl.world.domain import get_domain
from cove_rl.world.record import Record
from cove_rl.world.world import World

Place = tuple[type[Record], str]
Net = Mapping[Place, Record]


class Solution:
    """Calls that solve a task with nothing redundant, and what they do.

    Attributes:
        task: the task.
        world: its world.
        domain: its domain.
        calls: the calls, with those after a transfer.
        donors: calls of write tools that succeed on the world as it is, to take writes from that nobody asked for.
        steps: the calls that are run, with their results.
        net: the records that end up different from the world's.
        writes: positions of the successful writes.
        reads: positions of the calls, failed or not, to tools that write nothing, without the transfer.
        end: position of the transfer, or behind the last call.
        refusals: index -> constraint, for requests that something must be read for.
        asked: the records the constraints' goals are about.
    """

    def __init__(self, task: Task, world: World, calls: Iterable[ToolCall], donors: Sequence[ToolCall] = ()) -> None:
        self.task, self.world, self.calls, self.donors = task, world, tuple(calls), donors
        self.domain = get_domain(task.domain)
        self.steps = self.run(self.calls)
        self.net = net(self.steps)
        self.writes = [step.position for step in self.steps if step.wrote]
        self.reads = [step.position for step in self.steps if self._is_read(step.call)]
        last = self.steps[-1] if self.steps else None
        transferred = last is not None and last.call.name == self.domain.transfer_tool and not last.result.error
        self.end = len(self.steps) - transferred
        self.refusals = {at: one for at, one in enumerate(task.constraints) if one.evidence(world)}
        self.asked = {(goal.kind, goal.key) for one in task.constraints for goal in one.goals(world)}
        self._failed = {id(step.call) for step in self.steps if step.result.error}

    @property
    def transfers_due(self) -> tuple[int, ...]:
        """Indices of the constraints that belong to a human."""
        return tuple(at for at, one in enumerate(self.task.constraints) if one.transfer)

    @property
    def everything(self) -> tuple[int, ...]:
        """Indices of all constraints."""
        return tuple(range(len(self.task.constraints)))

    def run(self, calls: Iterable[ToolCall]) -> list[Step]:
        """Return what calls do, on a fresh state."""
        return replay(self.domain, self.world, calls)

    def attempt(self, position: int, call: ToolCall) -> Step | None:
        """Return what a call does when it is made at a position, or None behind the end."""
        steps = self.run((*self.calls[:position], call))
        return steps[-1] if len(steps) == position + 1 else None

    def alternatives(self, call: ToolCall, argument: str) -> list[Any]:
        """Return other values of an argument."""
        return self.domain.alternatives(self.world, call, argument)

    def with_calls(self, position: int, *calls: ToolCall, instead: int = 0) -> tuple[ToolCall, ...]:
        """Return the calls with others put in at a position, in place of the next `instead` calls."""
        return (*self.calls[:position], *calls, *self.calls[position + instead :])

    def without(self, positions: Iterable[int]) -> tuple[ToolCall, ...]:
        """Return the calls without some."""
        gone = set(positions)
        return tuple(call for at, call in enumerate(self.calls) if at not in gone)

    def revived(self, steps: Iterable[Step]) -> bool:
        """Whether one of the solution's failed calls succeeds among these steps."""
        return any(id(step.call) in self._failed and not step.result.error for step in steps)

    def is_evidence(self, call: ToolCall, refusal: Constraint) -> bool:
        """Whether a call, if it succeeds, shows that a refused request was looked into."""
        return any(one.shown_by(call) for one in refusal.evidence(self.world))

    def looked(self, steps: Sequence[Step]) -> bool:
        """Whether every refused request was looked into."""
        read = [step.call for step in steps if not step.result.error]
        return all(any(self.is_evidence(call, one) for call in read) for one in self.refusals.values())

    def _is_read(self, call: ToolCall) -> bool:
        tool = self.domain.toolbox.tools.get(call.name)
        return tool is not None and tool.kind != "write" and call.name != self.domain.transfer_tool


def net(steps: Iterable[Step]) -> Net:
    """Return the records that end up different, as they end up."""
    first: dict[Place, Record | None] = {}
    last: dict[Place, Record] = {}
    for step in steps:
        for change in step.result.changes:
            first.setdefault((change.kind, change.key), change.before)
            last[change.kind, change.key] = change.after
    return {place: after for place, after in last.items() if after != first[place]}


def with_arguments(call: ToolCall, **values: Any) -> ToolCall:
    """Return a call with other values for some of its arguments."""
    return again(replace(call, arguments={**arguments_of(call), **values}))


def again(call: ToolCall) -> ToolCall:
    """Return the call once more: a call of its own, with an id of its own."""
    return replace(call, id=f"{call.id}+")


def arguments_of(call: ToolCall) -> dict[str, Any]:
    """Return a call's arguments; none if they are no JSON object."""
    return call.arguments if isinstance(call.arguments, dict) else {}


def shuffled(values: Iterable[Any], rng: Random) -> list[Any]:
    """Return the values in another order."""
    known = list(values)
    rng.shuffle(known)
    return known
