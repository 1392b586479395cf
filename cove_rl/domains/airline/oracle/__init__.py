"""How a good airline agent works, as a script: it knows the policy, the customer's words and what tools return."""

from cove_rl.domains.airline.oracle.serve import serve

__all__ = ["serve"]
