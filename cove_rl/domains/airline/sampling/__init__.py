"""Draw a customer and what they want."""

from random import Random

from cove_rl.speech.grammar import Grammar
from cove_rl.world.domain import Draft
from cove_rl.world.tool import Toolbox
from cove_rl.world.world import World


def draft(world: World, toolbox: Toolbox, grammar: Grammar, rng: Random, count: int) -> Draft | None:
    """Return a customer with `count` requests, or None if this draw led nowhere."""
    raise NotImplementedError
