"""Deadlines that hold, for whoever else takes part in an episode: the customer, the rollout engine."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from cove_rl.episode.sides import User
from cove_rl.episode.trajectory import Message
from cove_rl.errors import CoveError

T = TypeVar("T")


class LateError(CoveError):
    """Something took longer than its deadline, or was given up from inside."""


async def within(seconds: float, doing: Awaitable[T], what: str) -> T:
    """Return what an awaitable returns, if it does so in time.

    `asyncio.wait_for` waits for what it has cancelled, which may resist for ever; here it is cancelled and left alone.

    Args:
        seconds: the deadline.
        doing: what is waited for.
        what: what to call it in an error.

    Raises:
        LateError: if the time is up, or it cancelled itself.
    """
    task = asyncio.ensure_future(doing)
    try:
        await asyncio.sleep(0)  # what answers at once needs no timer
        if not task.done():
            await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_forget)
    if not task.done():
        raise LateError(f"{what} took more than {seconds:g} s")
    if task.cancelled():
        raise LateError(f"{what} was cancelled")
    return task.result()


def _forget(task: "asyncio.Future[Any]") -> None:
    """Take note of how an abandoned task ended, so that asyncio does not complain that nobody did."""
    if not task.cancelled():
        task.exception()


class PunctualUser:
    """A customer who has to answer in time, and to say something.

    Args:
        user: who plays the customer.
        seconds: the deadline of each answer.
    """

    def __init__(self, user: User, seconds: float) -> None:
        self.name = user.name
        self._user = user
        self._seconds = seconds

    async def reply(self, conversation: Sequence[Message]) -> Message:
        """Return the customer's answer.

        Raises:
            LateError: if it does not come in time.
            CoveError: if it is no message of a customer, or an empty one.
        """
        message: object = await within(self._seconds, self._user.reply(conversation), "the customer's answer")
        if not isinstance(message, Message) or message.role != "user" or not isinstance(message.content, str):
            raise CoveError(f"the customer answered with a {type(message).__name__}, not with a message of role 'user'")
        if not message.content.strip() and not message.calls:
            raise CoveError("the customer said nothing")
        return message
