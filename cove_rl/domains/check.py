"""What the checks of every domain's databases ask."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TypeVar

H = TypeVar("H", bound=Hashable)


def amount(dollars: float) -> bool:
    """Return whether a number can be an amount of US dollars: finite and not negative."""
    return math.isfinite(dollars) and dollars >= 0


def twice(values: Iterable[H]) -> list[H]:
    """Return the values that occur more than once, in order of first appearance."""
    return [value for value, count in Counter(values).items() if count > 1]
