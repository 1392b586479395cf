"""How hard tasks are: one knob with three positions, and a field for everything it turns."""

import math
from random import Random
from typing import Any, Literal, get_args

import msgspec

from cove_rl.errors import InputError
from cove_rl.tasks.task import PLAIN, Corrects, Openness, Persona, Share, Traits

Level = Literal["easy", "normal", "hard"]

PATIENCE, TYPOS, DIGRESSIONS, TOGETHER = 2, 0.15, 0.3, 3
"""What a customer with such a trait has of it (ours): see `Traits`."""


class Mix(msgspec.Struct, frozen=True):
    """How many requests tasks have.

    Attributes:
        weights: the relative share of tasks with 1, 2, ... requests. The default falls from one to five (ours: long
            tasks are the harder ones, and a customer with more than five open matters is rare).
    """

    weights: tuple[float, ...] = (30.0, 28.0, 20.0, 13.0, 9.0)

    def __post_init__(self) -> None:
        """Check the weights.

        Raises:
            InputError: if there is none, or one is negative, or all are zero.
        """
        if not all(0 <= weight < math.inf for weight in self.weights) or sum(self.weights) <= 0:
            raise InputError(f"weights of 1, 2, ... requests must be 0 or more and not all 0, not {self.weights}")

    def draw(self, rng: Random) -> int:
        """Return a number of requests."""
        return rng.choices(range(1, len(self.weights) + 1), self.weights)[0]


class Difficulty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What makes tasks hard. The defaults are those of level "normal"; all but the first two are shares in [0, 1].

    Attributes:
        requests: relative shares of tasks with 1, 2, ... requests; see `Mix`.
        openness: relative shares of customers who are reserved, normal and open: how much of a request they tell
            unasked.
        exact: share of requests whose elements are named by their ids instead of being described.
        impatient: share of customers who complain about messages that brought them no further.
        typos: share of customers who misspell words.
        digressions: share of customers who stray from the subject.
        together: share of customers who make several requests at once.
        slips: probability that one detail of a request, or who the customer is, is told wrong the first time.
    """

    requests: tuple[float, ...] = Mix().weights
    openness: tuple[float, float, float] = (1.0, 1.0, 1.0)
    exact: Share = 0.0
    impatient: Share = 0.0
    typos: Share = 0.0
    digressions: Share = 0.0
    together: Share = 0.0
    slips: Share = 0.0

    def __post_init__(self) -> None:
        """Check what types cannot say.

        Raises:
            InputError: if no task could be drawn.
        """
        Mix(self.requests)
        if not all(0 <= weight < math.inf for weight in self.openness) or sum(self.openness) <= 0:
            raise InputError(f"weights of reserved, normal and open customers must be 0 or more, not {self.openness}")

    @property
    def mix(self) -> Mix:
        """How many requests tasks have."""
        return Mix(self.requests)

    def persona(self, usual: Persona, rng: Random) -> Persona:
        """Return a persona as hard as this asks for; equal weights and no shares leave it as it is.

        Args:
            usual: what it is made of.
            rng: decides.
        """
        openness = usual.openness
        if len(set(self.openness)) > 1:
            openness = rng.choices(get_args(Openness), self.openness)[0]
        traits = Traits(
            patience=PATIENCE if rng.random() < self.impatient else 0,
            typos=TYPOS if rng.random() < self.typos else 0.0,
            digressions=DIGRESSIONS if rng.random() < self.digressions else 0.0,
            together=TOGETHER if rng.random() < self.together else 1,
            slips=self.slips,
            corrects=rng.choice(get_args(Corrects)) if self.slips else PLAIN.corrects,
        )
        return Persona(usual.mood, usual.verbosity, openness, msgspec.UNSET if traits == PLAIN else traits)


LEVELS: dict[Level, Difficulty] = {
    "easy": Difficulty(requests=(70.0, 30.0), openness=(0.0, 0.0, 1.0), exact=0.3),
    "normal": Difficulty(),
    "hard": Difficulty(
        requests=(5.0, 15.0, 25.0, 30.0, 25.0),
        openness=(2.0, 1.0, 0.0),
        impatient=0.3,
        typos=0.5,
        digressions=0.4,
        together=0.3,
        slips=0.25,
    ),
}
"""The positions of the knob (ours)."""


def difficulty_of(level: str, changes: dict[str, Any] | None = None) -> Difficulty:
    """Return the difficulty of a level with some fields changed.

    Args:
        level: "easy", "normal" or "hard".
        changes: field of `Difficulty` -> value.

    Raises:
        InputError: if there is no such level or field, or a value is out of range.
    """
    known = next((found for name, found in LEVELS.items() if name == level), None)
    if known is None:
        raise InputError(f"there is no difficulty '{level}'; there are {', '.join(LEVELS)}")
    fields = {**msgspec.to_builtins(known), **(changes or {})}
    try:
        return msgspec.convert(fields, Difficulty)
    except msgspec.ValidationError as error:
        names = ", ".join(Difficulty.__struct_fields__)
        raise InputError(f"the difficulty is wrong: {error}; beside the level it has {names}") from None


def read_difficulty(plain: object) -> Difficulty:
    """Return the difficulty in plain values: a level, or fields of `Difficulty` that differ from those of `level`.

    Raises:
        InputError: if it is none.
    """
    if isinstance(plain, str):
        return difficulty_of(plain)
    if not isinstance(plain, dict):
        raise InputError(f"a difficulty is a level ({', '.join(LEVELS)}) or a mapping with 'level', not {plain!r}")
    return difficulty_of(str(plain.get("level", "normal")), {name: plain[name] for name in plain if name != "level"})


def as_difficulty(mix: Mix | Difficulty) -> Difficulty:
    """Return a difficulty; a mix alone leaves all else as usual."""
    return mix if isinstance(mix, Difficulty) else Difficulty(mix.weights)
