"""Customers with a planted fault around the scripted one, for tests and ablations. They record what they did."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from random import Random

import msgspec

from cove_rl.endpoints.usage import Usage
from cove_rl.episode.episode import STOP
from cove_rl.episode.sides import User
from cove_rl.episode.trajectory import Message
from cove_rl.sandbox import read_yaml
from cove_rl.speech.speech import Speech, speech_of
from cove_rl.tasks.task import Task
from cove_rl.users.faults import Fault, FaultySettings
from cove_rl.users.lies import lie_about
from cove_rl.users.listening import differs, ear_of
from cove_rl.users.scripted import ScriptedUser
from cove_rl.users.turn import Turn
from cove_rl.world.domain import get_domain
from cove_rl.world.hint import Hint

QUIET = frozenset({"waiting", "no_preference", "remark", "silence"})
"""Lines by which a customer leaves it to the agent to go on."""
ANSWERS = frozenset({"inform", "forgot", "remark"})
"""Sentences an answer to a question is made of."""


class Planted(msgspec.Struct, frozen=True):
    """A fault a customer really committed.

    Attributes:
        kind: what it was, as the audit names it.
        number: in which of the customer's messages, from 0.
        request: the request that was being talked about before it, by its place in the task; None before the first.
    """

    kind: str
    number: int
    request: int | None = None


class Scene(msgspec.Struct, frozen=True):
    """What a planter looks at.

    Attributes:
        task: the task.
        speech: what is said in its domain.
        rng: decides.
        number: which of the customer's messages this will be, from 0.
        turn: what a customer without faults says now.
        untold: requests not mentioned before this message.
        last: the customer's last message, and its sentences' acts and slots as `act` and `act.slot`.
        heard: what the agent has said so far.
    """

    task: Task
    speech: Speech
    rng: Random
    number: int
    turn: Turn
    untold: int
    last: tuple[str, frozenset[str]]
    heard: str

    @property
    def acts(self) -> set[str]:
        """The acts of the honest message."""
        return {sentence.act for sentence in self.turn.sentences}

    @property
    def answers(self) -> bool:
        """Whether the honest message answers a question with what was asked for."""
        return "inform" in self.acts and self.acts <= ANSWERS

    def say(self, act: str, *hints: Hint) -> str:
        """Return a sentence in the grammar's words."""
        return self.speech.grammar.say(act, {hint.slot: hint for hint in hints}, self.rng)

    def line(self, key: str) -> str:
        """Return a line without information."""
        return self.speech.customer.say(key, self.rng)


class Spoilt(msgspec.Struct, frozen=True):
    """A faulty message: its text, and the faults it commits."""

    text: str
    kinds: tuple[str, ...]


Planter = Callable[[Scene], Spoilt | None]
"""Returns the faulty message in place of the honest one, or None where there is no occasion for the fault."""


def stops_early(scene: Scene) -> Spoilt | None:
    """Stop at once, at any message but the first."""
    if scene.number == 0 or scene.turn.stops:
        return None
    kinds = [kind for kind, is_so in _what_is_left(scene).items() if is_so]
    return Spoilt(f"{scene.line('bye')} {STOP}", tuple(kinds)) if kinds else None


def _what_is_left(scene: Scene) -> dict[str, bool]:
    """Return what stopping now would leave undone."""
    return {
        "stopped_unrevealed": scene.untold > 0,
        "stopped_at_proposal": bool(scene.acts & {"yes", "no"}),
        "stopped_at_question": scene.answers,
        "stopped_midway": scene.acts <= QUIET,
    }


def _stops(kind: str) -> Planter:
    def planter(scene: Scene) -> Spoilt | None:
        return stops_early(scene) if _what_is_left(scene)[kind] else None

    return planter


def leaked_id(scene: Scene) -> Spoilt | None:
    """Add an id of the goal, which nobody has told the customer."""
    goals = [msgspec.to_builtins(one) for one in scene.task.constraints]
    ids = [value for goal in goals for name, value in goal.items() if name.endswith("_id") and isinstance(value, str)]
    told = (*scene.task.identity, *(hint for request in scene.task.requests for hint in request.hints))
    given = repr(told) + scene.heard
    secret = [value for value in ids if value not in given]
    if scene.turn.stops or not secret:
        return None
    return Spoilt(f"{scene.turn.text} The number is {scene.rng.choice(secret)}.", ("leaked_id",))


def invented_request(scene: Scene) -> Spoilt | None:
    """Ask for something that is not in the task, of an order that is, if that can be said."""
    wanted = {request.act for request in scene.task.requests}
    grammar = scene.speech.grammar
    acts = [act for act in grammar.acts() if act not in {*wanted, "yes", "no", "inform"}]
    if scene.number == 0 or not acts:
        return None
    act = scene.rng.choice(acts)
    hints = [hint for hint in scene.task.requests[0].hints if frozenset({hint.slot}) in grammar.shapes_of(act)]
    said = scene.say(act, *hints[:1])
    honest = "" if scene.turn.stops else f"{scene.turn.text} "
    return Spoilt(honest + said, ("invented_request",))


def confirmed_wrong(scene: Scene) -> Spoilt | None:
    """Agree to a proposal that ought to be corrected."""
    return Spoilt(scene.say("yes"), ("confirmed_wrong",)) if "no" in scene.acts else None


def denied_right(scene: Scene) -> Spoilt | None:
    """Turn down a proposal that ought to be agreed to."""
    return Spoilt(scene.say("no"), ("denied_right",)) if "yes" in scene.acts else None


def ignored_question(scene: Scene) -> Spoilt | None:
    """Say something without content in place of an answer."""
    if not scene.answers or scene.number == 0:
        return None
    return Spoilt(scene.line(scene.rng.choice(["waiting", "no_preference"])), ("ignored_question",))


def told_all_at_once(scene: Scene) -> Spoilt | None:
    """Tell everything in the first message, although it is in nobody's character."""
    if scene.number > 0 or scene.task.persona.openness == "open":
        return None
    sentences = [scene.say("inform", hint) for hint in scene.task.identity[:1]]
    for request in scene.task.requests:
        sentences += [scene.say(request.act), *(scene.say("inform", hint) for hint in request.hints)]
    return Spoilt(" ".join(sentences), ("told_all_at_once",))


def repeated(scene: Scene) -> Spoilt | None:
    """Say the last message again, where an answer to something else is due."""
    text, told = scene.last
    slots = {slot for sentence in scene.turn.sentences for slot in sentence.hints}
    if not scene.answers or not told or slots & told:
        return None
    return Spoilt(text, ("repeated",))


def never_stopped(scene: Scene) -> Spoilt | None:
    """Say thanks and stay."""
    return Spoilt(scene.line("waiting"), ("never_stopped",)) if scene.turn.stops else None


def _says(kind: str) -> Planter:
    """Return a planter that says one of the things in `faults.yaml`."""

    def planter(scene: Scene) -> Spoilt | None:
        if scene.turn.stops:
            return None
        tool = scene.rng.choice(list(get_domain(scene.task.domain).toolbox.tools))
        text: str = scene.rng.choice(read_yaml("faults.yaml")[kind])
        return Spoilt(text.replace("{tool}", tool), (kind,))

    return planter


PLANTERS: Mapping[Fault, Planter] = {
    "stops_early": stops_early,
    "stopped_unrevealed": _stops("stopped_unrevealed"),
    "stopped_at_proposal": _stops("stopped_at_proposal"),
    "stopped_at_question": _stops("stopped_at_question"),
    "stopped_midway": _stops("stopped_midway"),
    "leaked_id": leaked_id,
    "invented_request": invented_request,
    "confirmed_wrong": confirmed_wrong,
    "denied_right": denied_right,
    "ignored_question": ignored_question,
    "told_all_at_once": told_all_at_once,
    "repeated": repeated,
    "rubbish": _says("rubbish"),
    "spoke_as_agent": _says("spoke_as_agent"),
    "tool_syntax": _says("tool_syntax"),
    "never_stopped": never_stopped,
    "ran_out": ignored_question,
}
"""Fault -> what plants it; "contradicted" is a whole task told wrongly instead."""

ALWAYS: frozenset[Fault] = frozenset({"never_stopped", "ran_out", "told_all_at_once"})
"""Faults that are committed at every occasion; the others once or twice."""


class FaultyUser:
    """Plays the customer like the scripted user, but for one kind of fault.

    Args:
        task: the task.
        settings: which fault, and how often.
        episode: tells apart episodes of one task: each draws anew whether it is faulty, and where.

    Attributes:
        planted: the faults committed so far.
    """

    name = "faulty"

    def __init__(self, task: Task, settings: FaultySettings, episode: int = 0) -> None:
        rng = Random(f"{task.seed}:{settings.seed}:{episode}:{settings.fault}")  # noqa: S311  (reproducible)
        self._faulty = rng.random() < settings.share
        self._fault: Fault = settings.fault
        self._left = 1000 if settings.fault in ALWAYS else rng.choice((1, 1, 2))
        self._task, self._rng = task, rng
        self._speech = speech_of(task.domain)
        self._lie: tuple[int | None, Hint] | None = None
        if self._faulty and settings.fault == "contradicted":
            self._lie = _lie(task, self._speech, rng)
        self._user = ScriptedUser(task if self._lie is None else _told_wrongly(task, *self._lie))
        self._number = 0
        self._last: tuple[str, frozenset[str]] = ("", frozenset())
        self._ear = ear_of(task.domain)
        self._lost: set[int] = set()
        self.planted: list[Planted] = []

    async def reply(self, conversation: Sequence[Message]) -> Message:
        """Return the customer's next message."""
        untold = self._user.untold
        turn = self._user.decide(conversation)
        spoilt = self._spoilt(turn, untold, conversation) if self._faulty else None
        if spoilt is not None and spoilt.text != turn.text:
            self._left -= 1
            topic = len(self._task.requests) - untold - 1 if self._number else None
            self.planted += [Planted(kind, self._number, topic) for kind in spoilt.kinds]
        self._note_loss(turn, untold, turn.text if spoilt is None else spoilt.text)
        self._note_lies(turn, conversation[-1].content)
        self._note_confusion(turn, conversation[-1].content)
        told = frozenset(slot for sentence in turn.sentences for slot in sentence.hints)
        text = self._user.spell(turn) if spoilt is None else spoilt.text
        if spoilt is not None and turn.text not in text and any(one.act == "yes" for one in turn.sentences):
            self._user.take_back()
        if text != self._last[0]:
            self._last = (text, told if spoilt is None else frozenset())
        self._number += 1
        return Message("user", text)

    def _spoilt(self, turn: Turn, untold: int, conversation: Sequence[Message]) -> Spoilt | None:
        planter = PLANTERS.get(self._fault)
        sure = self._fault in ALWAYS or self._rng.random() < 0.6
        if planter is None or not self._left or not sure:
            return None
        heard = " ".join(message.content for message in conversation if message.role == "assistant")
        scene = Scene(self._task, self._speech, self._rng, self._number, turn, untold, self._last, heard)
        return planter(scene)

    def _note_lies(self, turn: Turn, said: str) -> None:
        """Record what a task told wrongly has made the customer say: the lie, and consent to a wrong proposal."""
        if self._lie is None:
            return
        request, lie = self._lie
        if any(lie in sentence.hints.values() for sentence in turn.sentences):
            self.planted.append(Planted("contradicted", self._number))
        if request is None or request != self._topic or not any(one.act == "yes" for one in turn.sentences):
            return
        (check,) = (hint.check for hint in self._task.requests[request].hints if hint.slot == lie.slot)
        if check is not None and differs(check, said):
            self.planted.append(Planted("confirmed_wrong", self._number, request))

    def _note_loss(self, turn: Turn, untold: int, text: str) -> None:
        """Record that the customer stops with a request that a faulty message had hidden."""
        if turn.text not in text and self._fault != "told_all_at_once":
            self._lost |= {self._topic} if self._user.untold < untold else set()
        elif any(sentence.act == self._task.requests[self._topic].act for sentence in turn.sentences):
            self._lost.discard(self._topic)
        if STOP in text and turn.stops and self._lost:
            self.planted.append(Planted("stopped_unrevealed", self._number))

    def _note_confusion(self, turn: Turn, said: str) -> None:
        """Record what comes of telling everything at once: what is told later in their mind is not answered for now."""
        if not any(one.kind == "told_all_at_once" for one in self.planted):
            return
        acts = {one.act for one in turn.sentences}
        slots = {hint.slot for request in self._task.requests for hint in request.hints}
        if acts <= QUIET and self._ear.listen(said).asks & slots:
            self.planted.append(Planted("ignored_question", self._number))
        if "no" in acts:
            self.planted.append(Planted("denied_right", self._number))

    @property
    def _topic(self) -> int:
        """The request that is being talked about, by its place in the task."""
        return len(self._task.requests) - self._user.untold - 1


def _lie(task: Task, speech: Speech, rng: Random) -> tuple[int | None, Hint] | None:
    """Return a wrong hint in place of one of the task's, and the request it is of; None stands for the identity.

    No other request has anything to say of the same element, so that it is wrong wherever it is said.
    """
    slots = Counter(hint.slot for request in task.requests for hint in request.hints)
    places: list[tuple[int | None, Hint]] = [(None, hint) for hint in task.identity[:1]]
    for number, request in enumerate(task.requests):
        places += [(number, hint) for hint in request.hints if slots[hint.slot] == 1]
    rng.shuffle(places)
    found = ((number, lie_about(hint, speech.grammar, rng)) for number, hint in places)
    return next(((number, lie) for number, lie in found if lie is not None), None)


def _told_wrongly(task: Task, request: int | None, lie: Hint) -> Task:
    """Return the task with a wrong hint in place of the right one."""
    if request is None:
        return msgspec.structs.replace(task, identity=_swapped(task.identity, lie))
    requests = list(task.requests)
    requests[request] = msgspec.structs.replace(requests[request], hints=_swapped(requests[request].hints, lie))
    return msgspec.structs.replace(task, requests=tuple(requests))


def _swapped(hints: tuple[Hint, ...], lie: Hint) -> tuple[Hint, ...]:
    return tuple(lie if hint.slot == lie.slot else hint for hint in hints)


class FaultyUsers:
    """Faulty users of a run. Every time a task is asked for is an episode of its own, retries included."""

    takes_over = False

    def __init__(self, settings: FaultySettings, seconds: float) -> None:
        self._settings = settings
        self._episodes: Counter[str] = Counter()

    def user(self, task: Task) -> User:
        """Return the customer of a task."""
        self._episodes[task.id] += 1
        return FaultyUser(task, self._settings, self._episodes[task.id])

    def usage(self) -> dict[str, Usage]:
        """Return nothing: no endpoint is asked."""
        return {}
