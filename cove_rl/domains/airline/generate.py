"""Generate the tables of an airline world from a seed and a size."""

from collections.abc import Mapping

from cove_rl.world.world import Tables


def generate(seed: int, size: Mapping[str, int]) -> Tables:
    """Return the rows of a new world."""
    raise NotImplementedError
