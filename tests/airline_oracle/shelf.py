"""Tasks drawn and solved once for all tests here."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from cove_rl.synth.tasks import Sampled, sample_task
from cove_rl.tasks.sampler import Mix
from cove_rl.tasks.task import Task
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World

DOMAIN = get_domain("airline")


@cache
def world() -> World:
    """An airline world of the usual size: a smaller one has too few flights to choose from."""
    return DOMAIN.world(7)


@cache
def sampled() -> tuple[Sampled, ...]:
    """The first 400 tasks of that world, solved."""

    async def draw() -> tuple[Sampled, ...]:
        return tuple([await sample_task(DOMAIN, world(), 0, index, Mix()) for index in range(400)])

    with ThreadPoolExecutor(1) as thread:  # the caller may be a test that runs in a loop of its own
        return thread.submit(asyncio.run, draw()).result()


def tasks() -> tuple[Task, ...]:
    """The tasks alone."""
    return tuple(one.solved.task for one in sampled())
