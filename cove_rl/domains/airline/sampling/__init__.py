"""Draw what an airline customer wants: exact, jointly feasible, and described without ids."""

from cove_rl.domains.airline.sampling.customer import draft

__all__ = ["draft"]
