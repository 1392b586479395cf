"""Conversations from the customer's side, to train a user model on: its instructions, what it hears, what it says."""

from collections.abc import Sequence
from typing import Any

from cove_rl.episode.episode import is_spoken
from cove_rl.episode.trajectory import Message
from cove_rl.synth.example import Example
from cove_rl.users.model import instructions, swapped


def customer_row(example: Example) -> dict[str, Any]:
    """Return `messages` with the roles swapped, as a served user model is sent them.

    The system's message holds what the customer knows and wants. What the agent spoke is the user's, what the customer
    said the assistant's, the stop at the end of the last message included. Calls and results are left out, for a
    customer never sees them, and so is what comes after the customer's last message.
    """
    spoken = _heard(example.trajectory.messages)
    return {"messages": [{"role": "system", "content": instructions(example.task)}, *map(swapped, spoken)]}


def _heard(messages: Sequence[Message]) -> list[Message]:
    spoken = [message for message in messages if is_spoken(message)]
    while spoken and spoken[-1].role != "user":
        spoken.pop()
    return spoken
