"""Small plans, and workers that do what tests want."""

import asyncio
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from cove_rl.synth.attempt import Entry, Player
from cove_rl.synth.example import Example, load_examples
from cove_rl.synth.manifest import Manifest
from cove_rl.synth.plan import Plan, teachers_from, users_from
from cove_rl.synth.synthesis import synthesize
from cove_rl.synth.workers import Alone, Workers
from cove_rl.tasks.difficulty import Difficulty
from cove_rl.world.domain import get_domain
from cove_rl.world.world import WorldRef

SIZE = {"users": 60, "orders": 130}
CLUMSY = "clumsy writes_wrongly=0.5 refuses=0.3"


@cache
def ref(seed: int = 7) -> WorldRef:
    """A small retail world."""
    return get_domain("retail").world(seed, SIZE).ref


def plan(*, teachers: Sequence[str] = ("oracle",), users: Sequence[str] = ("scripted",), **changes: Any) -> Plan:
    """A plan with tasks from small retail worlds, in shards of 4."""
    settings: dict[str, Any] = {
        "worlds": ((ref(7), ref(8)),),
        "seed": 7,
        "difficulty": Difficulty(requests=(3.0, 2.0, 1.0)),
        "teachers": teachers_from(teachers),
        "users": users_from(users),
        "shard": 4,
    }
    return Plan(**settings | changes)


def make(
    folder: Path, number: int, made_of: Plan, workers: Callable[[], Workers] | None = None, **how: Any
) -> Manifest:
    """Fill a folder."""
    return synthesize(made_of, number, folder, workers or (lambda: Alone(made_of)), **how)


def content(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def ledger(folder: Path) -> list[Entry]:
    """All ledgers of a folder."""
    lines = [line for path in sorted(folder.glob("ledger-*")) for line in path.read_bytes().splitlines()]
    return [msgspec.json.decode(line, type=Entry) for line in lines]


def examples(folder: Path) -> list[Example]:
    """The examples of a folder."""
    return list(load_examples(folder))


def played(made_of: Plan, index: int) -> bytes:
    """What becomes of a task; remembered, as tests ask again and again."""
    return _played(made_of)(index)


_CACHES: dict[bytes, Callable[[int], bytes]] = {}


def _played(made_of: Plan) -> Callable[[int], bytes]:
    key = msgspec.json.encode(made_of.identity())
    if key not in _CACHES:
        player = Player(made_of)
        _CACHES[key] = cache(lambda index: asyncio.run(player.play(index)))
    return _CACHES[key]


class PulledPlugError(BaseException):
    """The process has died."""


class Hasty:
    """Workers who are done in any order, and die after a number of tasks."""

    chunk = 3

    def __init__(self, made_of: Plan, rng: Random, lifetime: int | None = None, capacity: int = 7) -> None:
        self.busy, self.capacity, self.taken = 0, capacity, list[int]()
        self._plan, self._rng, self._left = made_of, rng, lifetime
        self._given: list[int] = []

    def submit(self, indices: Sequence[int]) -> None:
        self._given += indices
        self.taken += indices
        self.busy += len(indices)

    def results(self) -> list[bytes]:
        if self._left == 0:
            raise PulledPlugError
        self._left = None if self._left is None else self._left - 1
        self.busy -= 1
        return [played(self._plan, self._given.pop(self._rng.randrange(len(self._given))))]

    def close(self) -> None:
        self._given.clear()
