"""From counts to a score in [0, 1]."""

import math
from typing import Literal

import msgspec

from cove_rl.errors import InputError


class Scoring(msgspec.Struct, frozen=True):
    """How redundant writes lower a score.

    The default, ``satisfied / total * 1 / (1 + weight * redundant)``, has the form of CoVe's reward: the satisfied
    share, lowered by redundant writes. "exponential", ``satisfied / total * exp(-weight * redundant)``, is ours, for
    those who want a second redundant write to cost as much, relatively, as the first.

    Attributes:
        form: "hyperbolic" or "exponential".
        redundancy_weight: what one redundant write costs; above 0 for a score that always falls with redundancy.
    """

    form: Literal["hyperbolic", "exponential"] = "hyperbolic"
    redundancy_weight: float = 1.0

    def score(self, satisfied: int, total: int, redundant: int) -> float:
        """Return the score.

        Raises:
            InputError: if the counts or the weight are impossible.
        """
        if not 0 <= satisfied <= total or total == 0 or redundant < 0:
            raise InputError(f"no score for {satisfied} of {total} constraints and {redundant} redundant writes")
        if not 0 <= self.redundancy_weight < math.inf:
            raise InputError(f"redundancy_weight must be a number of 0 or more, not {self.redundancy_weight}")
        cost = self.redundancy_weight * redundant
        return satisfied / total * (1 / (1 + cost) if self.form == "hyperbolic" else math.exp(-cost))
