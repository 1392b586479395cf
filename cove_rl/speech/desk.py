"""The oracle's side of a conversation, written as a script: say something, hear the answer, call a tool."""

from collections import deque
from collections.abc import Generator, Mapping, Sequence
from random import Random
from typing import Any, Union

import msgspec

from cove_rl.speech.grammar import Heard
from cove_rl.speech.speech import Speech
from cove_rl.world.hint import Hint


class Say(msgspec.Struct, frozen=True):
    """A step of the script: say this to the customer; the answer is what they reply."""

    text: str


class Use(msgspec.Struct, frozen=True):
    """A step of the script: make these calls in one turn; the answer is one `Answer` per call."""

    calls: tuple[tuple[str, dict[str, Any]], ...]


class Answer(msgspec.Struct, frozen=True):
    """What a call returned."""

    content: str
    error: bool


Step = Union[Say, Use]  # noqa: UP007  (used at run time on Python 3.10)
Script = Generator[Step, Any, Any]
"""A script yields steps and is sent their answers."""


class Asked(msgspec.Struct):
    """A request as the customer has worded it so far.

    Attributes:
        act: what they ask for.
        hints: its elements by slot.
        corrections: how often they corrected a proposal made for it.
    """

    act: str
    hints: dict[str, Hint]
    corrections: int = 0


class Desk:
    """Where the oracle sits: it knows the domain's language, hears what is said and nothing else.

    Attributes:
        speech: the domain's language.
        requests: requests heard and not yet dealt with.
        loose: hints heard outside a request, by slot, the latest of each.
        consent: what the customer's last message said to a proposal: "yes", "no" or "".
    """

    def __init__(self, speech: Speech, rng: Random) -> None:
        self.speech = speech
        self.requests: deque[Asked] = deque()
        self.loose: dict[str, Hint] = {}
        self.consent = ""
        self._rng = rng
        self._said: list[str] = []

    def tell(self, key: str, **values: str) -> None:
        """Put a sentence into the next message to the customer."""
        self._said.append(self.speech.agent.say(key, self._rng, **values))

    def word(self, key: str, **values: str) -> str:
        """Return one wording of a sentence, to be used elsewhere."""
        return self.speech.agent.say(key, self._rng, **values)

    def listen(self) -> Script:
        """Send what has been told and take in the customer's reply."""
        text = " ".join(self._said)
        self._said = []
        self.take_in((yield Say(text)))

    def take_in(self, text: str) -> None:
        """Understand a message of the customer: requests, hints, consent."""
        self.consent = ""
        for heard in self.speech.grammar.hear(text):
            self._take(heard)

    def _take(self, heard: Heard) -> None:
        if heard.act in ("yes", "no"):
            self.consent = heard.act
        elif heard.act == "inform":
            self.loose.update(heard.hints)
        else:
            self.requests.append(Asked(heard.act, dict(heard.hints)))

    def use(self, name: str, **arguments: Any) -> Generator[Step, Any, Answer]:
        """Make one call and return its answer."""
        answers: Sequence[Answer] = yield Use(((name, arguments),))
        return answers[0]

    def use_all(self, calls: Sequence[tuple[str, dict[str, Any]]]) -> Generator[Step, Any, Sequence[Answer]]:
        """Make several calls in one turn and return their answers."""
        answers: Sequence[Answer] = yield Use(tuple(calls))
        return answers

    def need(self, asked: Asked, slot: str, question: str) -> Generator[Step, Any, Hint | None]:
        """Return the request's hint for a slot, asking for it if need be, twice at most; None if it stays unknown.

        The answer may restate the whole request, as customers do: that counts as the answer, not as a new request.
        """
        for _ in range(2):
            self._absorb(asked)
            if slot in asked.hints:
                break
            self.tell(question)
            yield from self.listen()
        self._absorb(asked)
        return asked.hints.get(slot)

    def need_all(self, asked: Asked, questions: Mapping[str, str]) -> Generator[Step, Any, None]:
        """Ask in one message for those slots of a request that are still unknown.

        Args:
            asked: the request.
            questions: slot -> the question to ask for it.
        """
        self._absorb(asked)
        missing = [question for slot, question in questions.items() if slot not in asked.hints]
        for question in missing:
            self.tell(question)
        if missing:
            yield from self.listen()
            self._absorb(asked)

    def confirm(self, asked: Asked, proposal: str, **values: str) -> Generator[Step, Any, bool]:
        """State what would be done and return whether the customer agrees.

        If they correct it instead, the request goes to the front of `requests` with what they said, twice at most.
        """
        self.tell(proposal, **values)
        yield from self.listen()
        if self.consent == "no" and asked.corrections < 2:
            self._absorb(asked, corrected=True)
            asked.corrections += 1
            self.requests.appendleft(asked)
        return self.consent == "yes"

    def _absorb(self, asked: Asked, *, corrected: bool = False) -> None:
        """Add to a request what was said since: loose hints, and the same request told again."""
        for other in [
            one for one in self.requests if one.act == asked.act and (corrected or not _contradict(one, asked))
        ]:
            self.requests.remove(other)
            asked.hints.update(other.hints)
        asked.hints.update(self.loose)
        self.loose = {}


def _contradict(one: Asked, other: Asked) -> bool:
    """Return whether two mentions cannot be of the same request: they describe some element differently."""
    return any(slot in other.hints and other.hints[slot] != hint for slot, hint in one.hints.items())
