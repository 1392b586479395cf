"""Writes that other customers of a world asked for: they succeed, and nobody in the task at hand wants them."""

from random import Random

import msgspec

from cove_rl.world.call import ToolCall
from cove_rl.world.domain import Domain
from cove_rl.world.record import Record
from cove_rl.world.world import World


def donors(domain: Domain, world: World, rng: Random, count: int = 100) -> tuple[ToolCall, ...]:
    """Return the calls that bring about what `count` drafts of one request want."""
    drafts = [draft for draft in (domain.draft(world, rng, 1) for _ in range(count)) if draft is not None]
    wanted = (request.constraint for draft in drafts for request in draft.requests)
    actions = (action for constraint in wanted for action in constraint.actions(world))
    return tuple(ToolCall(f"donor-{at}", action.name, action.arguments) for at, action in enumerate(actions))


def retargeted(
    domain: Domain, world: World, donor: ToolCall, kind: type[Record], key: str, rng: Random
) -> ToolCall | None:
    """Return a donor's call turned to another record of the same type, with values that may fit there, if it has one.

    Args:
        domain: the domain.
        world: the world.
        donor: the call.
        kind: the record's type.
        key: the record's id.
        rng: chooses the values.
    """
    arguments = dict(donor.arguments) if isinstance(donor.arguments, dict) else {}
    keys = [name for name, value in arguments.items() if isinstance(value, str) and value in world.tables[kind]]
    if not keys:
        return None
    arguments[keys[0]] = key
    call = msgspec.structs.replace(donor, id=f"{donor.id}+", arguments=arguments)
    for name in arguments:
        options = [] if name == keys[0] else domain.alternatives(world, call, name)
        if options:
            arguments[name] = rng.choice(options)
    return call
