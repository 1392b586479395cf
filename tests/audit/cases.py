"""Tasks, and conversations about them that are written down or held."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from msgspec.structs import replace

from cove_rl.agents.oracle import Oracle
from cove_rl.audit.audit import audit
from cove_rl.audit.finding import Audit
from cove_rl.episode.episode import STOP, Limits, run_episode
from cove_rl.episode.outcome import Ending, outcome_of
from cove_rl.episode.sides import Agent, User
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.synth.tasks import sample_task
from cove_rl.tasks.sampler import Mix
from cove_rl.tasks.task import Persona, Task
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain
from cove_rl.world.hint import Request
from cove_rl.world.world import World

T = TypeVar("T")
SIZES = {
    "retail": {"users": 160, "orders": 350},
    "airline": {"flights": 120, "users": 100, "reservations": 400},
}
"""Domain -> the size of its world: a third of the usual one, or less."""
DOMAINS = tuple(SIZES)


@cache
def world(domain: str = "retail") -> World:
    """A world of a domain."""
    return get_domain(domain).world(11, SIZES[domain])


@cache
def tasks(domain: str = "retail", count: int = 60) -> tuple[Task, ...]:
    """That many tasks of the world."""

    async def draw() -> tuple[Task, ...]:
        one, mix = get_domain(domain), Mix()
        sampled = [await sample_task(one, world(domain), 3, index, mix) for index in range(count)]
        return tuple(one.solved.task for one in sampled)

    with ThreadPoolExecutor(1) as thread:  # the caller may be a test that runs in a loop of its own
        return thread.submit(asyncio.run, draw()).result()


def single(wanted: Callable[[Request], bool]) -> Task:
    """A task cut down to one such request, of a customer who tells what they are asked."""
    for task in tasks():
        for request in task.requests:
            if wanted(request):
                return replace(task, requests=(request,), persona=Persona("neutral", "terse", "reserved"))
    raise AssertionError("no task has such a request")


def held(task: Task, user: User, agent: Agent | None = None, limits: Limits | None = None) -> Trajectory:
    """A conversation that is held, by default with the oracle."""
    play = run_episode(task, world(task.domain), agent or Oracle(task.domain, task.seed), user, limits)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, play).result()


def written(task: Task, *lines: str | ToolCall, ending: Ending = "user_stop") -> Trajectory:
    """A conversation that is written down: the agent's and the customer's lines in turn, after the greeting.

    It begins with the customer; a call is the agent's, and does not change whose turn it is.
    """
    messages, turn = [Message("assistant", "Hi! How can I help you today?")], "user"
    for line in lines:
        if isinstance(line, ToolCall):
            messages += [Message("assistant", calls=(line,)), Message("tool", "{}", call_id=line.id)]
            continue
        messages.append(Message("user" if turn == "user" else "assistant", line))
        turn = "assistant" if turn == "user" else "user"
    return Trajectory(task.id, task.world, "written", "written", tuple(messages), outcome_of(ending))


def spoken(*texts: str) -> list[Message]:
    """A conversation in which both sides speak in turn, the agent first."""
    return [Message("user" if place % 2 else "assistant", text) for place, text in enumerate(texts)]


def found(task: Task, *lines: str | ToolCall, ending: Ending = "user_stop") -> Audit:
    """The audit of a conversation that is written down."""
    return audit(task, world(task.domain), written(task, *lines, ending=ending))


def solving(task: Task) -> list[ToolCall]:
    """Calls that solve a task: those the oracle makes."""
    return held(task, ScriptedUser(task)).calls()


def stop(text: str = "That's everything, thank you.") -> str:
    """A last message."""
    return f"{text} {STOP}"


class Parrot:
    """An agent that says the given texts, one after the other and then anew."""

    name = "parrot"

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = list(texts)
        self._said = 0

    async def act(self, conversation: Sequence[Message]) -> Message:
        self._said += 1
        return Message("assistant", self._texts[(self._said - 1) % len(self._texts)])
