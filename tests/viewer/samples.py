"""Conversations of every kind the viewer must show: solved, failed, spoilt by the customer, and hostile."""

import asyncio
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from cove_rl.agents.clumsy import ClumsyOracle
from cove_rl.agents.oracle import Oracle
from cove_rl.agents.settings import Mistake
from cove_rl.episode.episode import run_episode
from cove_rl.episode.outcome import outcome_of
from cove_rl.episode.sides import Agent, User
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.synth.example import Example, facts_of
from cove_rl.synth.tasks import Sampling
from cove_rl.tasks.difficulty import Difficulty
from cove_rl.tasks.task import Task
from cove_rl.users.faults import FaultySettings
from cove_rl.users.faulty import FaultyUser
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World

SCRIPT = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
TURNED = "abc\u202egnp.exe\u202c\u0000\u0007\u001b[31m"
HEBREW = "שלום, אני רוצה לבטל את ההזמנה W123"
LONG = "word " * 250_000


@cache
def world(domain: str) -> World:
    """Return a small world."""
    return get_domain(domain).world(7)


@cache
def tasks(domain: str, count: int) -> tuple[Task, ...]:
    """Return tasks of the world."""
    sampled = Sampling(world(domain).ref, 4, Difficulty())(list(range(count)))
    return tuple(one.solved.task for one in sampled)


def played(task: Task, agent: Agent, user: User) -> Example:
    """Return the conversation of two sides about a task."""
    trajectory = asyncio.run(run_episode(task, world(task.domain), agent, user))
    return Example(task, trajectory, facts_of(task, world(task.domain), trajectory))


def solved(task: Task) -> Example:
    """Return a conversation in which everything is done."""
    return played(task, Oracle(task.domain, task.seed), ScriptedUser(task))


def failed(task: Task, mistake: Mistake = "writes_wrongly") -> Example:
    """Return a conversation in which the agent makes one kind of mistake wherever it can."""
    agent = ClumsyOracle(task, world(task.domain), {mistake: 1.0}, task.seed)
    return played(task, agent, ScriptedUser(task))


def spoilt(task: Task) -> Example:
    """Return a conversation that the customer leaves too early."""
    user = FaultyUser(task, FaultySettings("stopped_unrevealed", 1.0), 0)
    return played(task, Oracle(task.domain, task.seed), user)


def hostile(task: Task) -> Example:
    """Return a conversation full of what breaks pages."""
    call = ToolCall("c1", SCRIPT, {"note": SCRIPT, "deep": [[[TURNED]]], "big": 2**60})
    messages = (
        Message("assistant", SCRIPT),
        Message("user", TURNED),
        Message("assistant", LONG, (call, ToolCall("c2", "", "{not json" + "\u2028"))),
        Message("tool", '{"a": "' + SCRIPT.replace('"', "'") + '"}', call_id="c1", error=True),
        Message("user", HEBREW + SCRIPT),
        Message("assistant", "\ud7ff" + "\x7f" * 3000 + "👩‍👩‍👧"),
    )
    trajectory = Trajectory(SCRIPT, task.world, SCRIPT, TURNED, messages, outcome_of("user_failure", SCRIPT))
    return Example(msgspec.structs.replace(task, id=SCRIPT), trajectory, facts_of(task, world(task.domain), trajectory))


@cache
def examples() -> tuple[Example, ...]:
    """Return a mixture: eight of retail and four of airline, the hostile one last."""
    retail, airline = tasks("retail", 8), tasks("airline", 4)
    return (
        *map(solved, retail[:3]),
        failed(retail[3]),
        failed(retail[4], "extra_writes"),
        failed(retail[5], "claims_done"),
        spoilt(next(one for one in retail if len(one.requests) > 1)),
        *map(solved, airline[:3]),
        failed(airline[3]),
        hostile(retail[7]),
    )


def write(path: Path, records: Any) -> Path:
    """Write records as JSON lines."""
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in records))
    return path
