"""Tasks to play, and a customer to talk to without an episode around it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from cove_rl.episode.episode import STOP
from cove_rl.episode.trajectory import Message
from cove_rl.speech.grammar import Heard
from cove_rl.speech.speech import speech_of
from cove_rl.tasks.sampler import Mix, draw_task
from cove_rl.tasks.task import Task, is_actionable
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.domain import GREETING, get_domain
from cove_rl.world.hint import Request
from cove_rl.world.world import World

GRAMMAR = speech_of("retail").grammar


@cache
def world() -> World:
    """A retail world of a third of the usual size."""
    return get_domain("retail").world(11, {"users": 160, "orders": 350})


@cache
def tasks(count: int = 120) -> tuple[Task, ...]:
    """That many candidates, one per index that yields one at its first draws."""
    domain = get_domain("retail")
    drawn = (
        next(filter(None, (draw_task(domain, world(), 5, index, n, Mix()) for n in range(9))), None)
        for index in range(count)
    )
    return tuple(task for task in drawn if task is not None)


def with_request(wanted: Callable[[Request], bool]) -> list[Task]:
    """Tasks whose first request is such a one."""
    return [task for task in tasks(400) if wanted(task.requests[0])]


def allowed(request: Request) -> bool:
    """Whether the request can be carried out with tools."""
    return is_actionable(request.constraint) and not request.constraint.transfer


class Talk:
    """A conversation with the customer of a task, driven by what an agent says."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.user = ScriptedUser(task)
        self.messages: list[Message] = []
        self.say(GREETING)

    @property
    def last(self) -> str:
        """The customer's last message."""
        return self.messages[-1].content

    @property
    def said(self) -> list[str]:
        """Every message of the customer."""
        return [message.content for message in self.messages if message.role == "user"]

    @property
    def over(self) -> bool:
        """Whether the customer has ended the conversation."""
        return STOP in self.last

    def say(self, text: str) -> str:
        """Say something and return the answer."""
        self.messages.append(Message("assistant", text))
        reply = asyncio.run(self.user.reply(self.messages))
        assert reply.role == "user"
        assert not reply.calls
        self.messages.append(reply)
        return reply.content

    def play(self, texts: Iterable[str]) -> "Talk":
        """Say one text after the other until the customer ends the conversation."""
        for text in texts:
            if self.over:
                break
            self.say(text)
        return self

    def heard(self) -> list[Heard]:
        """What the customer's last message says."""
        return GRAMMAR.hear(self.last)


def acts(messages: Sequence[str]) -> list[str]:
    """The requests that were made, in order; one that was told several times in a row counts once."""
    told = [heard.act for text in messages for heard in GRAMMAR.hear(text) if heard.act not in ("inform", "yes", "no")]
    return [act for number, act in enumerate(told) if number == 0 or told[number - 1] != act]
