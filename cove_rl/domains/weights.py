"""Shares, weights and ranges in hand-written data, and drawing with them."""

from collections.abc import Collection, Mapping
from random import Random
from typing import Annotated, TypeVar

from msgspec import Meta

from cove_rl.domains.data import Entry, fault

K = TypeVar("K")
Share = Annotated[float, Meta(ge=0, le=1)]
Weight = Annotated[float, Meta(ge=0, le=1e9)]


class Span(Entry, frozen=True):
    """A range of whole numbers, both ends included."""

    least: int
    most: int

    def __post_init__(self) -> None:
        """Refuse a range that ends before it starts."""
        if self.least > self.most:
            raise ValueError(f"the range goes from {self.least} down to {self.most}")

    def draw(self, rng: Random) -> int:
        """Return one of the numbers, all being equally likely."""
        return rng.randint(self.least, self.most)


def choose(rng: Random, weights: Mapping[K, float]) -> K:
    """Return one key, drawn with its weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


def refuse_weightless(file: str, weights: Mapping[str, Collection[float]]) -> None:
    """Refuse lists of weights that leave nothing to choose from.

    Args:
        file: where below ``sandbox/`` the weights stand.
        weights: name of a list -> its weights.

    Raises:
        InputError: if a list has no weight above zero.
    """
    for key, values in weights.items():
        if not sum(values) > 0:
            raise fault(file, f"{key} has no weight above zero", "give at least one entry a positive weight")
