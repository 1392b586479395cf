"""What is kept depends on what was kept before: duplicates, near duplicates, shares. Tasks come in their order."""

from collections import Counter
from collections.abc import Callable, Mapping

from cove_rl.synth.attempt import Entry, Played
from cove_rl.synth.likeness import Seen
from cove_rl.synth.plan import Balance, Plan

SLACK = 1.5
"""A group may take so many times its fair share ..."""
FREE = 10
"""... and so many examples more, so that small sets are not picked over (both ours)."""
BUCKET = 10
"""Turns of a bucket."""

GROUPS: Mapping[Balance, Callable[[Entry], frozenset[str]]] = {
    "kinds": lambda entry: frozenset(entry.kinds),
    "constraints": lambda entry: frozenset({str(len(entry.kinds))}),
    "turns": lambda entry: frozenset({str(entry.turns // BUCKET)}),
}
"""What is balanced -> the groups an example is in."""


class Selection:
    """Decides on one task after the other.

    Args:
        plan: says which duplicates count, and what is balanced.
    """

    def __init__(self, plan: Plan) -> None:
        self._goals: set[str] = set()
        self._near = None if plan.near is None else Seen(plan.near)
        self._shares = {name: Shares() for name in plan.balance}

    def reason(self, played: Played) -> str:
        """Return why a conversation that could be kept is not; "" if it is."""
        if played.entry.goal in self._goals:
            return "duplicate"
        if self._near is not None and self._near.has_like(played.sketch):
            return "near"
        groups = {name: GROUPS[name](played.entry) for name in self._shares}
        return "balance" if any(not shares.has_room(groups[name]) for name, shares in self._shares.items()) else ""

    def add(self, entry: Entry, sketch: tuple[int, ...]) -> None:
        """Take note of what was decided."""
        kept = not entry.reason
        for name, shares in self._shares.items():
            shares.add(GROUPS[name](entry), kept)
        if kept:
            self._goals.add(entry.goal)
            if self._near is not None:
                self._near.add(sketch)


class Shares:
    """How many examples of each group were kept."""

    def __init__(self) -> None:
        self._kept: Counter[str] = Counter()
        self._total = 0

    def has_room(self, groups: frozenset[str]) -> bool:
        """Return whether an example can be kept without any of its groups getting too large."""
        known = self._kept.keys() | groups
        cap = SLACK * self._total / len(known) + FREE
        return all(self._kept[group] < cap for group in groups)

    def add(self, groups: frozenset[str], kept: bool) -> None:
        """Count an example; one that was not kept makes its groups known."""
        for group in groups:
            self._kept[group] += kept
            self._total += kept
