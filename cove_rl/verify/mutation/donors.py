"""Writes that other customers of a world asked for: they succeed, and nobody in the task at hand wants them."""

from random import Random

from cove_rl.world.call import ToolCall
from cove_rl.world.domain import Domain
from cove_rl.world.world import World


def donors(domain: Domain, world: World, rng: Random, count: int = 100) -> tuple[ToolCall, ...]:
    """Return the calls that bring about what `count` drafts of one request want."""
    drafts = [draft for draft in (domain.draft(world, rng, 1) for _ in range(count)) if draft is not None]
    wanted = (request.constraint for draft in drafts for request in draft.requests)
    actions = (action for constraint in wanted for action in constraint.actions(world))
    return tuple(ToolCall(f"donor-{at}", action.name, action.arguments) for at, action in enumerate(actions))
