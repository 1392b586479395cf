"""A customer without a model: a state machine that knows its task and talks in the domain's wordings.

It opens with a part of its story, reveals the rest as it is asked or as topics end, agrees to proposals that match its
goals, corrects those that do not, and ends the conversation once everything it wanted was dealt with. All of it follows
from the task's seed and what the agent says.
"""

from collections.abc import Sequence
from enum import Enum
from random import Random

from cove_rl.episode.trajectory import Message
from cove_rl.speech.grammar import Sentence
from cove_rl.speech.speech import speech_of
from cove_rl.tasks.task import Task, is_actionable
from cove_rl.users.listening import differs, ear_of
from cove_rl.users.turn import Turn
from cove_rl.world.hint import Hint, Request

REMARKS = {"terse": 0.0, "normal": 0.25, "chatty": 0.7}
"""Probability of a remark before, and again after, what is said (ours: one message in two has one when "normal")."""
REVEALS = {"reserved": 0.15, "normal": 0.5, "open": 1.0}
"""Probability that an element of a request is told at its first mention (ours)."""


class Stage(Enum):
    """How far a request has come."""

    TOLD = 1
    INSISTED = 2
    AGREED = 3


class ScriptedUser:
    """Plays the customer of one task.

    Args:
        task: the task; its requests are made in their order.
    """

    name = "scripted"

    def __init__(self, task: Task) -> None:
        self._task = task
        self._speech = speech_of(task.domain)
        self._ear = ear_of(task.domain)
        self._rng = Random(f"{task.seed}:user")  # noqa: S311  (wording, not security)
        self._next = 0
        self._stage = Stage.TOLD
        self._identified = False
        self._told: set[str] = set()

    async def reply(self, conversation: Sequence[Message]) -> Message:
        """Return the customer's next message."""
        return Message("user", self.decide(conversation).text)

    def decide(self, conversation: Sequence[Message]) -> Turn:
        """Return what the customer says next, sentence by sentence; call it once per turn."""
        if not any(message.role == "user" for message in conversation):
            return self._turn(self._opening())
        said = conversation[-1].content
        if not said.strip():
            return self._turn([self._line("silence")])
        return self._turn(self._answer(said))

    @property
    def untold(self) -> int:
        """How many of the task's requests have not been mentioned."""
        return len(self._task.requests) - self._next

    @property
    def _request(self) -> Request:
        """The request that is being talked about: the last one told."""
        return self._task.requests[self._next - 1]

    def _opening(self) -> list[Sentence]:
        sentences = [self._line("hello")] if self._rng.random() < 0.8 else []
        if len(self._task.requests) > 1 and self._rng.random() < 0.3:
            sentences.append(self._line("several"))
        return sentences + self._tell_next()

    def _answer(self, text: str) -> list[Sentence]:
        heard = self._ear.listen(text)
        request = self._request
        known = self._known(request)
        asked = [slot for slot in known if slot in heard.asks]
        if self._identified and len(asked) > 1:
            asked.remove("identity") if "identity" in asked else None  # a zip code, say, is then one of an address
        forbidden = not is_actionable(request.constraint)
        if forbidden and heard.refused and self._told.issuperset(asked):
            return self._take_refusal(request)  # whatever else the agent asks or offers is not what was wanted
        if asked:
            self._identified = self._identified or "identity" in asked
            return self._inform([known[slot] for slot in asked], text)
        if heard.offers and not (heard.refused and self._wrong(request, text)):
            return self._judge(request, text)
        if heard.refused and self._stage is not Stage.AGREED:
            return self._take_refusal(request)
        if heard.waits and not (heard.done or heard.more or "?" in text):
            return [self._line("waiting")]
        if self._stage is Stage.AGREED or heard.done:
            return self._close()
        if heard.more:
            return self._insist(request)
        if heard.asks or "?" in text:
            return [self._line("no_preference")]
        return [self._line("waiting")]

    def _known(self, request: Request) -> dict[str, Hint]:
        """The hints that can be asked for now, by slot."""
        hints = {hint.slot: hint for hint in self._task.identity[:1]}
        hints.update((hint.slot, hint) for hint in request.hints)
        return hints

    def _inform(self, hints: Sequence[Hint], text: str) -> list[Sentence]:
        """Answer a question; say that ids are not known when one was asked for."""
        sentences = []
        if self._asks_for_id(text) and not any(hint.exact for hint in hints):
            sentences.append(self._line("forgot"))
        self._told.update(hint.slot for hint in hints)
        return sentences + [self._say("inform", {hint.slot: hint}) for hint in hints]

    @staticmethod
    def _asks_for_id(text: str) -> bool:
        words = text.lower()
        return any(cue in words for cue in (" id", "number", "#"))

    def _judge(self, request: Request, text: str) -> list[Sentence]:
        """Agree to a proposal or correct it."""
        if not self._wrong(request, text):
            self._stage = Stage.AGREED
            return [self._say("yes", {})]
        return [self._say("no", {}), *self._tell(request, {hint.slot for hint in request.hints})]

    def _wrong(self, request: Request, text: str) -> bool:
        """Whether a proposal shows, in its words, that it means something else."""
        checks = [hint.check for hint in request.hints if hint.check is not None]
        return self._ear.is_about_another(request.act, text) or any(differs(check, text) for check in checks)

    def _take_refusal(self, request: Request) -> list[Sentence]:
        """Accept that something cannot be done, unless it should be possible: then insist once."""
        possible = is_actionable(request.constraint) and not request.constraint.transfer
        if possible and self._stage is Stage.TOLD:
            return self._insist(request)
        return [self._line("accept"), *self._close()]

    def _insist(self, request: Request) -> list[Sentence]:
        if self._stage is Stage.INSISTED:
            return self._close()
        self._stage = Stage.INSISTED
        return [self._line("insist"), *self._tell(request, {hint.slot for hint in request.hints})]

    def _close(self) -> list[Sentence]:
        """Go on to the next request, or end the conversation."""
        if self._next < len(self._task.requests):
            return [self._line("next"), *self._tell_next()] if self._rng.random() < 0.5 else self._tell_next()
        return self._finish()

    def _finish(self) -> list[Sentence]:
        return [self._line("bye")]

    def _tell_next(self) -> list[Sentence]:
        """Mention the next request with as much of it as this customer tells unasked."""
        request = self._task.requests[self._next]
        self._next += 1
        self._stage = Stage.TOLD
        self._told = set()
        share = REVEALS[self._task.persona.openness]
        return self._tell(request, {hint.slot for hint in request.hints if self._rng.random() < share})

    def _tell(self, request: Request, slots: set[str]) -> list[Sentence]:
        """Say a request with the hints of these slots: one sentence that carries most of them, then the rest."""
        hints = {hint.slot: hint for hint in request.hints if hint.slot in slots}
        self._told.update(hints)
        shapes = [shape for shape in self._speech.grammar.shapes_of(request.act) if shape <= set(hints)]
        carried = max(shapes, key=lambda shape: (len(shape), sorted(shape)))
        sentences = [self._say(request.act, {slot: hints[slot] for slot in hints if slot in carried})]
        rest = [self._say("inform", {slot: hint}) for slot, hint in hints.items() if slot not in carried]
        return sentences + rest

    def _say(self, act: str, hints: dict[str, Hint]) -> Sentence:
        return self._speech.grammar.compose(act, hints, self._rng)

    def _line(self, key: str) -> Sentence:
        return Sentence(key, self._speech.customer.say(key, self._rng))

    def _turn(self, sentences: list[Sentence]) -> Turn:
        """Add a remark before or after what is said, as mood and verbosity have it."""
        share = REMARKS[self._task.persona.verbosity]
        remarks = self._speech.moods[self._task.persona.mood]
        before = [self._remark(remarks["before"])] if self._rng.random() < share else []
        stops = sentences[-1].act == "bye"
        after = [self._remark(remarks["after"])] if not stops and self._rng.random() < share else []
        return Turn((*before, *sentences, *after), stops)

    def _remark(self, remarks: Sequence[str]) -> Sentence:
        return Sentence("remark", self._rng.choice(remarks))
