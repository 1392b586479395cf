"""What an airline customer can want that the policy allows."""

from cove_rl.world.constraint import Constraint

ALLOWED: tuple[type[Constraint], ...] = ()
