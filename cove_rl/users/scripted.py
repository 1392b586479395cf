"""A customer without a model: a state machine that knows its task and talks in the domain's wordings.

It opens with a part of its story, reveals the rest as it is asked or as topics end, agrees to proposals that match its
goals, corrects those that do not, and ends the conversation once everything it wanted was dealt with. All of it follows
from the task's seed and what the agent says.
"""

from collections.abc import Sequence
from random import Random

from msgspec.structs import replace

from cove_rl.episode.trajectory import Message
from cove_rl.speech.grammar import Sentence
from cove_rl.speech.speech import speech_of
from cove_rl.tasks.task import Task, is_actionable
from cove_rl.users.listening import AgentSaid, differs, ear_of
from cove_rl.users.manners import Manners
from cove_rl.users.memory import Memory
from cove_rl.users.topic import Stage, Topic
from cove_rl.users.turn import Turn
from cove_rl.world.hint import Hint, Request

REVEALS = {"reserved": 0.15, "normal": 0.5, "open": 1.0}
"""Probability that an element of a request is told at its first mention (ours)."""


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
        self._manners = Manners(task, self._rng)
        self._memory = Memory(task)
        self._next = 0
        self._open: list[Topic] = []
        self._identified = False

    async def reply(self, conversation: Sequence[Message]) -> Message:
        """Return the customer's next message."""
        return Message("user", self.spell(self.decide(conversation)))

    def decide(self, conversation: Sequence[Message]) -> Turn:
        """Return what the customer says next, sentence by sentence; call it once per turn."""
        if not any(message.role == "user" for message in conversation):
            return self._manners.turn(self._opening())
        said = conversation[-1].content
        if not said.strip():
            return self._manners.turn(self._manners.grumble([self._line("silence")], wasted=True))
        wrong = self._memory.astray()
        sentences = self._answer(said)
        return self._manners.turn([*self._mended(wrong), *sentences])

    def spell(self, turn: Turn) -> str:
        """Return the text of a turn with this customer's typos, if there are any; hints have none."""
        return self._manners.spell(turn)

    def take_back(self) -> None:
        """Take back the consent of the last turn: whoever plays this customer has said something else instead."""
        self._topic.stage = Stage.TOLD

    @property
    def untold(self) -> int:
        """How many of the task's requests have not been mentioned."""
        return len(self._task.requests) - self._next

    @property
    def _topic(self) -> Topic:
        """What is being talked about: of the requests that were told and not dealt with, the first."""
        return self._open[0]

    def _opening(self) -> list[Sentence]:
        sentences = [self._line("hello")] if self._rng.random() < 0.8 else []
        if len(self._task.requests) > 1 and self._rng.random() < 0.3:
            sentences.append(self._line("several"))
        return sentences + self._tell_next()

    def _answer(self, text: str) -> list[Sentence]:
        heard = self._ear.listen(text)
        settled: list[Sentence] = []
        if len(self._open) > 1:
            settled, heard = self._settle(heard)
            self._turn_to(heard, text)
        topic = self._topic
        asked = self._asked(heard, topic)
        wasted = (bool(asked) and topic.told.issuperset(asked)) or heard.waits
        return settled + self._manners.grumble(self._respond(heard, asked, text), wasted=wasted)

    def _respond(self, heard: AgentSaid, asked: Sequence[str], text: str) -> list[Sentence]:
        """Answer a message as one about the present topic."""
        topic = self._topic
        request = topic.request
        if not is_actionable(request.constraint) and heard.refused and topic.told.issuperset(asked):
            return self._take_refusal(topic)  # whatever else the agent asks or offers is not what was wanted
        if asked:
            known = self._known(request)
            self._identified = self._identified or "identity" in asked
            return self._inform(topic, [known[slot] for slot in asked], text)
        if heard.offers and not (heard.refused and self._wrong(topic, text)):
            return self._judge(topic, text)
        if heard.refused and topic.stage is not Stage.AGREED:
            return self._take_refusal(topic)
        if heard.waits and not (heard.done or heard.more or "?" in text):
            return [self._line("waiting")]
        if topic.stage is Stage.AGREED or heard.done:
            return self._correct(topic) if self._memory.is_astray(topic.number) else self._close()
        if heard.more:
            return self._insist(topic)
        if heard.asks or "?" in text:
            return [self._line("no_preference")]
        return [self._line("waiting")]

    def _asked(self, heard: AgentSaid, topic: Topic) -> list[str]:
        """Return the slots that are asked for and known."""
        asked = [slot for slot in self._known(topic.request) if slot in heard.asks]
        if self._identified and len(asked) > 1 and "identity" in asked:
            asked.remove("identity")  # a zip code, say, is then one of an address
        return asked

    def _settle(self, heard: AgentSaid) -> tuple[list[Sentence], AgentSaid]:
        """While others are open, take a topic as dealt with; return what is said to that and what is left of it."""
        if heard.done and self._topic.stage is Stage.AGREED:
            self._open.pop(0)
            return [], replace(heard, done=False)
        forbidden = [topic for topic in self._open if not is_actionable(topic.request.constraint)]
        if heard.refused and forbidden:
            self._open.remove(forbidden[0])
            return [self._line("accept")], replace(heard, refused=False)
        return [], heard

    def _turn_to(self, heard: AgentSaid, text: str) -> None:
        """Put the topic first that a message is about, as far as it shows."""
        if heard.offers or heard.asks:
            fits = (one for one in self._open if heard.asks & self._known(one.request).keys() - {"identity"})
            if heard.offers:
                fits = (one for one in self._open if not self._wrong(one, text))
            topic = next(fits, self._topic)
            self._open.remove(topic)
            self._open.insert(0, topic)

    def _known(self, request: Request) -> dict[str, Hint]:
        """The hints that can be asked for now, by slot."""
        hints = {hint.slot: hint for hint in self._task.identity[:1]}
        hints.update((hint.slot, hint) for hint in request.hints)
        return hints

    def _inform(self, topic: Topic, hints: Sequence[Hint], text: str) -> list[Sentence]:
        """Answer a question; say that ids are not known when one was asked for."""
        sentences = []
        if self._asks_for_id(text) and not any("id" in hint.values for hint in hints):
            sentences.append(self._line("forgot"))
        topic.told.update(hint.slot for hint in hints)
        return sentences + [self._say(topic.number, "inform", {hint.slot: hint}) for hint in hints]

    @staticmethod
    def _asks_for_id(text: str) -> bool:
        words = text.lower()
        return any(cue in words for cue in (" id", "number", "#"))

    def _judge(self, topic: Topic, text: str) -> list[Sentence]:
        """Agree to a proposal or correct it."""
        if self._memory.is_astray(topic.number):
            return self._correct(topic)
        if not self._wrong(topic, text):
            topic.stage = Stage.AGREED
            return [self._say(topic.number, "yes", {})]
        return [self._say(topic.number, "no", {}), *self._tell_all(topic)]

    def _correct(self, topic: Topic) -> list[Sentence]:
        """Take back what was told wrong."""
        topic.stage = Stage.TOLD
        return [self._line("rethought"), self._say(topic.number, "no", {}), *self._tell_all(topic)]

    def _mended(self, wrong: dict[int | None, Hint]) -> list[Sentence]:
        """Put right what was told wrong before this turn and has not been put right in it, unless that can wait."""
        if self._task.persona.known_traits.corrects == "late":
            return []
        left = [(number, hint) for number, hint in self._memory.astray().items() if number in wrong]
        said = [self._say(number, "inform", {hint.slot: hint}) for number, hint in left]
        return [self._line("misspoke"), *said] if said else []

    def _wrong(self, topic: Topic, text: str) -> bool:
        """Whether a proposal shows, in its words, that it means something else."""
        checks = [check for hint in topic.request.hints for check in hint.checks]
        checks.append(self._memory.regrets(topic.number))
        return self._ear.is_about_another(topic.request.act, text) or any(differs(check, text) for check in checks)

    def _take_refusal(self, topic: Topic) -> list[Sentence]:
        """Accept that something cannot be done, unless it should be possible: then insist once."""
        constraint = topic.request.constraint
        if is_actionable(constraint) and not constraint.transfer and topic.stage is Stage.TOLD:
            return self._insist(topic)
        return [self._line("accept"), *self._close()]

    def _insist(self, topic: Topic) -> list[Sentence]:
        if topic.stage is Stage.INSISTED:
            return self._close()
        topic.stage = Stage.INSISTED
        return [self._line("insist"), *self._tell_all(topic)]

    def _close(self) -> list[Sentence]:
        """Go on to the next request, or end the conversation."""
        if len(self._open) > 1:
            self._open.pop(0)
            return [self._line("next"), *self._tell_all(self._topic)]
        if self.untold:
            self._open.clear()
            return [self._line("next"), *self._tell_next()] if self._rng.random() < 0.5 else self._tell_next()
        return [self._line("bye")]

    def _tell_next(self) -> list[Sentence]:
        """Mention the next request, and others with it where that is this customer's way."""
        sentences = self._tell_one()
        for _ in range(self._task.persona.known_traits.together - 1):
            if not self.untold or not self._goes_with_others(self._next):
                break
            sentences += [self._line("next"), *self._tell_one()]
        return sentences

    def _goes_with_others(self, number: int) -> bool:
        """Whether a request can be told in the same message as those that are open.

        Two of a kind would be taken for one, a transfer ends the conversation, and while something was told wrong
        nobody could say which of them a wrong proposal is about.
        """
        request = self._task.requests[number]
        slips = any(self._memory.slips(one) for one in (number, *(topic.number for topic in self._open)))
        return not (slips or request.constraint.transfer or request.act in {one.request.act for one in self._open})

    def _tell_one(self) -> list[Sentence]:
        """Mention the next request with as much of it as this customer tells unasked."""
        topic = Topic(self._next, self._task.requests[self._next])
        self._open.append(topic)
        self._next += 1
        share = REVEALS[self._task.persona.openness]
        return self._tell(topic, {hint.slot for hint in topic.request.hints if self._rng.random() < share})

    def _tell_all(self, topic: Topic) -> list[Sentence]:
        return self._tell(topic, {hint.slot for hint in topic.request.hints})

    def _tell(self, topic: Topic, slots: set[str]) -> list[Sentence]:
        """Say a request with the hints of these slots: one sentence that carries most of them, then the rest."""
        act, hints = topic.request.act, {hint.slot: hint for hint in topic.request.hints if hint.slot in slots}
        topic.told.update(hints)
        shapes = [shape for shape in self._speech.grammar.shapes_of(act) if shape <= set(hints)]
        carried = max(shapes, key=lambda shape: (len(shape), sorted(shape)))
        sentences = [self._say(topic.number, act, {slot: hints[slot] for slot in hints if slot in carried})]
        rest = [self._say(topic.number, "inform", {slot: hint}) for slot, hint in hints.items() if slot not in carried]
        return sentences + rest

    def _say(self, number: int | None, act: str, hints: dict[str, Hint]) -> Sentence:
        """Say a sentence about the request with that number, as far as the customer has it right."""
        said = {slot: self._memory.recall(number, hint) for slot, hint in hints.items()}
        return self._speech.grammar.compose(act, said, self._rng)

    def _line(self, key: str) -> Sentence:
        return Sentence(key, self._speech.customer.say(key, self._rng))
