"""Fixtures: a world, and solved tasks of it."""

import asyncio

import pytest

from cove_rl.synth.tasks import Solved, sample_task
from cove_rl.tasks.sampler import Mix
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World

from .cases import WORLD


@pytest.fixture(scope="session")
def world() -> World:
    return WORLD


@pytest.fixture(scope="session")
def solved() -> list[Solved]:
    """Forty tasks, solved; among them every kind of refusal and a hand-over."""

    async def sample() -> list[Solved]:
        domain = get_domain("retail")
        return [(await sample_task(domain, WORLD, 4, index, Mix())).solved for index in range(40)]

    return asyncio.run(sample())
