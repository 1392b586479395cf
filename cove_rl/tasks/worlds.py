"""Find the world a task speaks of: generated again from its seed, or read from a file."""

from functools import lru_cache
from pathlib import Path

from cove_rl.errors import InputError
from cove_rl.world.domain import get_domain
from cove_rl.world.files import load_world
from cove_rl.world.world import World, WorldRef

KEPT = 32
"""Generated worlds that stay in memory: four for training, one each for validation and test, of every domain of a mix,
with room to spare (ours). A retail world takes 1.5 MB."""


class Worlds:
    """Worlds by fingerprint; generated ones are kept, the last `KEPT` of them.

    Args:
        files: world files to take worlds from before any is generated.
    """

    def __init__(self, files: tuple[Path, ...] = ()) -> None:
        self._loaded = {world.ref.fingerprint: world for world in map(load_world, files)}
        self._generated = lru_cache(maxsize=KEPT)(self._generate)

    def find(self, ref: WorldRef) -> World:
        """Return the world with that fingerprint.

        Raises:
            InputError: if it can neither be found nor generated, or comes out different.
        """
        found = self._loaded.get(ref.fingerprint)
        if found is not None:
            return found
        return self._generated(ref.domain, ref.seed, tuple(ref.size.items()), ref.fingerprint)

    @staticmethod
    def _generate(domain: str, seed: int | None, size: tuple[tuple[str, int], ...], fingerprint: str) -> World:
        if seed is None:
            raise InputError(f"world {fingerprint[:16]} was not generated from a seed: name its file with --world")
        world = get_domain(domain).world(seed, dict(size))
        if world.ref.fingerprint != fingerprint:
            raise InputError(
                f"the task's world has fingerprint {fingerprint[:16]}, but {domain} seed {seed} now generates "
                f"{world.ref.fingerprint}: use the version that made the task, or name the world's file with --world"
            )
        return world
