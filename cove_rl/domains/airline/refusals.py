"""What an airline customer can ask for that the policy forbids, or leaves to a human."""

from cove_rl.world.constraint import Constraint

FORBIDDEN: tuple[type[Constraint], ...] = ()
