"""Tasks of both domains and all levels, and conversations about them."""

from functools import cache

from cove_rl.agents.oracle import Oracle
from cove_rl.episode.episode import run_episode
from cove_rl.episode.sides import Agent
from cove_rl.episode.trajectory import Trajectory
from cove_rl.synth.tasks import finished
from cove_rl.tasks.difficulty import LEVELS, Level
from cove_rl.tasks.sampler import draw_task
from cove_rl.tasks.task import Task
from cove_rl.users.scripted import ScriptedUser
from cove_rl.verify.verifier import verify
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World

DOMAINS = ("retail", "airline")
DRAWS = 50


@cache
def world(domain: str) -> World:
    """A world of the usual size."""
    return get_domain(domain).world(23)


@cache
def task_of(domain: str, index: int, level: Level = "normal") -> Task:
    """A task that the oracle solves with the scripted customer."""

    for draw in range(DRAWS):
        task = draw_task(get_domain(domain), world(domain), 17, index, draw, LEVELS[level])
        if task is None:
            continue
        played = play(task, Oracle(task.domain, task.seed))
        if verify(task, world(domain), played.calls()).success and played.outcome.culprit is None:
            return task
    raise AssertionError(f"no task {index} of {domain}")


def play(task: Task, agent: Agent) -> Trajectory:
    """A conversation with the scripted customer."""
    return finished(run_episode(task, world(task.domain), agent, ScriptedUser(task)))
