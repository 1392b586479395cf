"""How a good retail agent works, as a script: it knows the policy, the customer's words and what tools return."""

from cove_rl.domains.retail.oracle.serve import serve

__all__ = ["serve"]
