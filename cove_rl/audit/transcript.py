"""A conversation as the audit reads it: each message of the customer, with what the agent had said before it."""

import re
from collections.abc import Sequence
from functools import cache

import msgspec

from cove_rl.episode.trajectory import Message
from cove_rl.speech.grammar import Heard
from cove_rl.speech.speech import Speech, speech_of
from cove_rl.users.listening import AgentSaid, Ear, ear_of

_MARK = re.compile(r"###[A-Z-]+###")
"""What ends a conversation: ours, and the benchmark's others."""
_WORD = re.compile(r"\w+")
_END = re.compile(r"(?<=[.!?])\s+")


class Said(msgspec.Struct, frozen=True):
    """One message of the customer.

    Attributes:
        number: its place among the customer's messages, from 0.
        place: its place among the trajectory's messages.
        text: what it says, without the mark that ends a conversation.
        stops: whether it ends the conversation.
        heard: the sentences the grammar knows.
        loose: the sentences nobody knows: neither the grammar nor the lines without information.
        agent: the last thing the agent said to the customer before; "" if nothing.
        comes_to: what that comes to.
    """

    number: int
    place: int
    text: str
    stops: bool
    heard: tuple[Heard, ...]
    loose: tuple[str, ...]
    agent: str
    comes_to: AgentSaid

    def has(self, act: str) -> bool:
        """Return whether a sentence of this act is in it."""
        return any(one.act == act for one in self.heard)

    @property
    def asks_for(self) -> tuple[Heard, ...]:
        """The sentences that make a request."""
        return tuple(one for one in self.heard if one.act not in ("yes", "no", "inform"))


class Reader:
    """Reads the messages of a conversation.

    Args:
        ear: what agents' messages come to.
        speech: what is said in the domain; None where nobody knows, so that everything the customer says is loose.
    """

    def __init__(self, ear: Ear, speech: Speech | None) -> None:
        self._ear = ear
        self._speech = speech
        self._lines = {plain(one) for text in _lines(speech) for one in sentences(text)}

    def read(self, messages: Sequence[Message]) -> tuple[Said, ...]:
        """Return the customer's messages in their order; calls, and text beside them, are nobody's words."""
        found: list[Said] = []
        agent = ""
        for place, message in enumerate(messages):
            if message.role == "assistant" and not message.calls:
                agent = message.content
            if message.role == "user":
                found.append(self._said(len(found), place, message.content, agent))
        return tuple(found)

    def _said(self, number: int, place: int, content: str, agent: str) -> Said:
        text = _MARK.sub("", content).strip()
        parts = self._speech.grammar.parse(text) if self._speech else sentences(text)
        heard = tuple(part for part in parts if isinstance(part, Heard))
        loose = tuple(part for part in parts if isinstance(part, str) and part and plain(part) not in self._lines)
        stops = _MARK.search(content) is not None
        return Said(number, place, text, stops, heard, loose, agent, self._ear.listen(agent))

    def is_line(self, text: str) -> bool:
        """Return whether a text is made of lines without information alone."""
        return all(plain(one) in self._lines for one in sentences(text.strip()))


@cache
def reader_of(domain: str) -> Reader:
    """Return the reader of a domain's conversations."""
    return Reader(ear_of(domain), speech_of(domain))


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return _END.split(text)


def plain(text: str) -> str:
    """Return the words of a text, in lower case, with a space between them."""
    return " ".join(_WORD.findall(text.lower()))


def _lines(speech: Speech | None) -> list[str]:
    """Return what customers say without giving any information."""
    if speech is None:
        return []
    remarks = [text for mood in speech.moods.values() for texts in mood.values() for text in texts]
    return [*speech.customer.texts(), *remarks]
