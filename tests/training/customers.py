"""Customers for tests: one who says what they are told to, and some who do not behave."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from cove_rl.episode.episode import STOP
from cove_rl.episode.trajectory import Message


class Talker:
    """Says the given texts, then stops; keeps what was said to it."""

    name = "talker"

    def __init__(self, *texts: str) -> None:
        self._texts = [*texts, STOP]
        self.heard: list[str] = []

    async def reply(self, conversation: Sequence[Message]) -> Message:
        self.heard.append(conversation[-1].content)
        return Message("user", self._texts.pop(0))


class Chatterbox:
    """Never stops."""

    name = "chatterbox"

    async def reply(self, conversation: Sequence[Message]) -> Message:
        return Message("user", f"Another {len(conversation)} words.")


class Hanging:
    """Never answers."""

    name = "hanging"

    async def reply(self, conversation: Sequence[Message]) -> Message:
        await asyncio.Event().wait()
        raise AssertionError


class Stubborn(Hanging):
    """Never answers, and does not let itself be cancelled for a while."""

    name = "stubborn"

    async def reply(self, conversation: Sequence[Message]) -> Message:
        for _ in range(50):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.1)
        return Message("user", "Sorry, I was away.")


class Answering:
    """Gives one answer, of whatever kind, or raises it."""

    name = "answering"

    def __init__(self, answer: object) -> None:
        self._answer = answer

    async def reply(self, conversation: Sequence[Message]) -> Message:
        if isinstance(self._answer, BaseException):
            raise self._answer
        return self._answer  # type: ignore[return-value]
