"""The two sides of a conversation, as the episode sees them."""

from collections.abc import Sequence
from typing import Protocol

from cove_rl.episode.trajectory import Message


class User(Protocol):
    """Whoever plays the customer."""

    @property
    def name(self) -> str:
        """What to call this kind of user in records and metrics."""
        ...

    async def reply(self, conversation: Sequence[Message]) -> Message:
        """Return the customer's next message (role "user"); with `STOP` in its content it is the last.

        Args:
            conversation: what was said so far: the assistant's messages without calls, and the customer's own. Calls,
                text beside them and their results are not among them.
        """
        ...


class Agent(Protocol):
    """Whoever plays the assistant."""

    @property
    def name(self) -> str:
        """What to call this agent in records and metrics."""
        ...

    async def act(self, conversation: Sequence[Message]) -> Message:
        """Return the assistant's next message (role "assistant"): a text for the customer, or tool calls."""
        ...
