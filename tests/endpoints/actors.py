"""A served model that plays well: it knows the tasks by their prompts, and says what the scripted user would."""

from collections.abc import Sequence
from functools import cache

from cove_rl.episode.trajectory import Message
from cove_rl.synth.tasks import Sampling, finished
from cove_rl.tasks.sampler import Mix
from cove_rl.tasks.task import Task
from cove_rl.users.model import instructions
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.domain import get_domain

from .server import Body

WORLD = get_domain("retail").world(7)


@cache
def tasks(count: int = 40) -> tuple[Task, ...]:
    """Tasks that the oracle solves with the scripted user."""
    return tuple(one.solved.task for one in Sampling(WORLD.ref, 4, Mix())(list(range(count))))


@cache
def _by_prompt() -> dict[str, Task]:
    return {instructions(task): task for task in tasks()}


def conversation(body: Body) -> list[Message]:
    """Return what was said so far, as the customer's side sees it."""
    roles = {"user": "assistant", "assistant": "user"}
    return [Message(roles[one["role"]], one["content"]) for one in body["messages"][1:]]  # type: ignore[arg-type]


def act(body: Body) -> str:
    """Return what the scripted user says next."""
    return _next(_by_prompt()[body["messages"][0]["content"]], conversation(body))


def _next(task: Task, said: Sequence[Message]) -> str:
    user, reply = ScriptedUser(task), ""
    for place, message in enumerate(said):
        if message.role == "assistant":
            reply = finished(user.reply(said[: place + 1])).content
    return reply
