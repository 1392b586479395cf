"""What can be wrong with the rows of an airline world."""

from cove_rl.world.world import Tables


def problems(tables: Tables) -> list[str]:
    """Return what is wrong, one line each; [] if sound."""
    return []
