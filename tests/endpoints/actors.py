"""Served models that play well: a customer who knows the tasks by their prompts, and an agent that is the oracle."""

from collections.abc import Sequence
from functools import cache

from cove_rl.agents.oracle import Oracle
from cove_rl.episode.chat import parsed_arguments, sent_messages
from cove_rl.episode.trajectory import Message
from cove_rl.synth.tasks import Sampling, finished
from cove_rl.tasks.sampler import Mix
from cove_rl.tasks.task import Task
from cove_rl.users.model import instructions
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import Domain, get_domain

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


def seen(body: Body) -> list[Message]:
    """Return what was said and returned so far, as the assistant's side sees it."""
    return [_message(one) for one in body["messages"][1:]]


def _message(chat: Body) -> Message:
    calls = [
        ToolCall(one["id"], one["function"]["name"], parsed_arguments(one["function"]["arguments"]))
        for one in chat.get("tool_calls", ())
    ]
    content, call_id = chat["content"], chat.get("tool_call_id", "")
    return Message(chat["role"], content, tuple(calls), call_id, chat["role"] == "tool" and content.startswith("Error"))


def serve(body: Body) -> Body:
    """Return the oracle's next message in a conversation that it plays from the beginning."""
    messages = seen(body)
    oracle, reply = Oracle(_domain(body).name, "served"), Message("assistant")
    for place, message in enumerate(messages):
        answered = place + 1 == len(messages) or messages[place + 1].role == "assistant"
        if message.role != "assistant" and answered:
            reply = finished(oracle.act(messages[: place + 1]))
    return sent_messages([reply])[0]


def _domain(body: Body) -> Domain:
    """Return the domain whose policy is the prompt."""
    (domain,) = (one for one in map(get_domain, ("retail", "airline")) if one.policy == body["messages"][0]["content"])
    assert body["tools"] == domain.toolbox.schemas()
    return domain
