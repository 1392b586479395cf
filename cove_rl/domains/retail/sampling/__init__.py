"""Draw what a retail customer wants: exact, jointly feasible, and described without ids."""

from cove_rl.domains.retail.sampling.draft import draft

__all__ = ["draft"]
