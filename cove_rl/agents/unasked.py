"""Writes that nobody asked for, as somebody makes them who helps too much: on the customer's own records."""

from collections.abc import Iterable, Iterator, Sequence
from random import Random

from cove_rl.tasks.task import Task
from cove_rl.verify.mutation.donors import donors, retargeted
from cove_rl.verify.replay import replay
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import Domain, get_domain
from cove_rl.world.record import Record
from cove_rl.world.world import World

TRIES = 40
"""Calls that are tried until one succeeds."""

Place = tuple[type[Record], str]


def unasked_write(
    task: Task, world: World, calls: Sequence[ToolCall], seen: Iterable[str], rng: Random
) -> ToolCall | None:
    """Return a call that would now succeed and change only records that the task is not about, if one is found.

    Args:
        task: the task.
        world: its world.
        calls: the calls made so far.
        seen: texts with the ids the agent came across; the write is about one of these records.
        rng: decides.
    """
    domain = get_domain(task.domain)
    asked = {(goal.kind, goal.key) for one in task.constraints for goal in one.goals(world)}
    places = [place for place in _places(world, " ".join(seen)) if place not in asked]
    for call in _candidates(domain, world, places, rng):
        last = replay(domain, world, (*calls, call))[-1]
        if last.call is call and last.result.changes and not last.touched() & asked:
            return call
    return None


def _candidates(domain: Domain, world: World, places: Sequence[Place], rng: Random) -> Iterator[ToolCall]:
    """Yield writes others wanted, turned to one of these records."""
    known = world.derived(_donors)
    for _ in range(TRIES if places else 0):
        kind, key = rng.choice(places)
        call = retargeted(domain, world, rng.choice(known), kind, key, rng)
        if call is not None:
            yield call


def _donors(world: World) -> tuple[ToolCall, ...]:
    domain = get_domain(world.ref.domain)
    return donors(domain, world, Random(f"{world.ref.fingerprint}:unasked"))  # noqa: S311  (reproducible)


def _places(world: World, text: str) -> list[Place]:
    """Return the records whose ids stand in a text as JSON has them, in the world's order."""
    named = set(text.split('"'))
    return [(kind, key) for kind, rows in world.tables.items() for key in rows if key in named]
