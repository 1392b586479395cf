"""A world and solved tasks that the tests of training share."""

from functools import cache

from cove_rl.synth.tasks import Sampling, Solved
from cove_rl.tasks.sampler import Mix
from cove_rl.world.domain import get_domain

WORLD = get_domain("retail").world(7)


@cache
def solved(count: int = 24) -> list[Solved]:
    """Return tasks of the world, with the oracle's solutions."""
    return [one.solved for one in Sampling(WORLD.ref, 4, Mix())(list(range(count)))]
