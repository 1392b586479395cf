"""Shares and weights in hand-written data, and drawing with them."""

from collections.abc import Collection, Mapping
from random import Random
from typing import Annotated, TypeVar

from msgspec import Meta

from cove_rl.domains.data import fault

K = TypeVar("K")
Share = Annotated[float, Meta(ge=0, le=1)]
Weight = Annotated[float, Meta(ge=0, le=1e9)]


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
