"""The oracle, but with mistakes: an agent whose failures are its own."""

from collections.abc import Mapping, Sequence
from random import Random

import msgspec

from cove_rl.agents.oracle import Oracle
from cove_rl.agents.settings import ClumsySettings, Mistake
from cove_rl.agents.unasked import unasked_write
from cove_rl.endpoints.usage import Usage
from cove_rl.episode.sides import Agent
from cove_rl.episode.trajectory import Message
from cove_rl.speech.grammar import Heard
from cove_rl.speech.speech import speech_of
from cove_rl.tasks.task import Task
from cove_rl.users.lies import lie_about
from cove_rl.users.listening import ear_of
from cove_rl.verify.replay import replay
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain
from cove_rl.world.state import Change
from cove_rl.world.world import World

CLAIM = "All done. Is there anything else?"
REFUSAL = "I'm sorry, but that can't be done."
STALLING = ("One moment, please.", "Let me check that for you.", "I'm still looking into it, please wait.")
STALLS = 0.3
"""Part of the customer's messages that are an occasion to stall: who stalls at each of them gets nowhere."""


class Committed(msgspec.Struct, frozen=True):
    """A mistake that was really made.

    Attributes:
        mistake: which.
        place: the message it was made in, by its place among the trajectory's messages.
    """

    mistake: Mistake
    place: int


class ClumsyOracle:
    """An oracle that makes mistakes, now and then.

    Unlike the oracle it knows the task, to be wrong in ways that matter.

    Attributes:
        committed: the mistakes it has made so far. A write with a wrong value, and one that nobody asked for, are
            among them only if they changed records as nobody wanted; a consent was skipped only if a write followed.

    Args:
        task: the task.
        world: the task's world.
        shares: mistake -> share of its occasions that are taken.
        seed: draws when.
    """

    name = "clumsy"

    def __init__(self, task: Task, world: World, shares: Mapping[Mistake, float], seed: str) -> None:
        self.committed: list[Committed] = []
        self._task, self._world, self._shares = task, world, shares
        self._rng = Random(f"{seed}:{','.join(sorted(shares))}")  # noqa: S311  (reproducible)
        self._oracle = Oracle(task.domain, seed)
        self._ear = ear_of(task.domain)
        self._speech = speech_of(task.domain)
        self._domain = get_domain(task.domain)
        self._extra: set[int] = set()
        self._unheard = False

    async def act(self, conversation: Sequence[Message]) -> Message:
        """Return the next message, with or without a mistake."""
        place = len(conversation)
        self._unheard = self._unheard and conversation[-1].role != "user"
        extra = self._extra_write(conversation)
        if extra is not None:
            self._extra |= {place, place + 1}  # the call and its answer, of which the oracle knows nothing
            return self._made("extra_writes", place, Message("assistant", calls=(extra,)))
        heard = [message for at, message in enumerate(conversation) if at not in self._extra]
        if heard[-1].role == "user":
            if self._occurs("stalls", STALLS):
                return self._made("stalls", place, Message("assistant", self._rng.choice(STALLING)))
            heard[-1] = Message("user", self._mishear(heard[-1].content, place))
        message = await self._oracle.act(heard)
        if not message.calls and self._ear.listen(message.content).offers:
            message = await self._instead(message, heard, place)
        return self._write(message, conversation) if message.calls else message

    def _occurs(self, mistake: Mistake, part: float = 1.0) -> bool:
        share = self._shares.get(mistake, 0.0)
        return share > 0.0 and self._rng.random() < share * part

    def _made(self, mistake: Mistake, place: int, message: Message) -> Message:
        self.committed.append(Committed(mistake, place))
        return message

    async def _instead(self, proposal: Message, heard: Sequence[Message], place: int) -> Message:
        """Return what it says or does in place of a proposal."""
        if self._occurs("skips_consent"):
            self._unheard = True
            consent = self._speech.grammar.say("yes", {}, self._rng)
            return await self._oracle.act([*heard, proposal, Message("user", consent)])
        if self._occurs("claims_done"):
            return self._made("claims_done", place, Message("assistant", CLAIM))
        if self._occurs("refuses"):
            return self._made("refuses", place, Message("assistant", REFUSAL))
        if self._occurs("transfers"):
            call = ToolCall("early", self._domain.transfer_tool, {"summary": "The customer needs help."})
            return self._made("transfers", place, Message("assistant", calls=(call,)))
        return proposal

    def _write(self, message: Message, conversation: Sequence[Message]) -> Message:
        """Return a message with calls, perhaps with another value in one argument of its write."""
        call, *others = message.calls
        if others or not self._is_write(call):  # the oracle makes every write alone
            return message
        place = len(conversation)
        if self._unheard:
            self._made("skips_consent", place, message)
        wrong = self._wrong(call, _calls(conversation)) if self._occurs("writes_wrongly") else None
        if wrong is None:
            return message
        return self._made("writes_wrongly", place, msgspec.structs.replace(message, calls=(wrong,)))

    def _wrong(self, call: ToolCall, before: Sequence[ToolCall]) -> ToolCall | None:
        """Return a write with another value that succeeds and has another effect, if there is one."""
        right = self._changes(call, before)
        arguments = call.arguments if isinstance(call.arguments, dict) else {}
        values = [(name, value) for name in arguments for value in self._domain.alternatives(self._world, call, name)]
        self._rng.shuffle(values)
        for name, value in values:
            wrong = msgspec.structs.replace(call, arguments={**arguments, name: value})
            changes = self._changes(wrong, before)
            if changes and changes != right:
                return wrong
        return None

    def _changes(self, call: ToolCall, before: Sequence[ToolCall]) -> tuple[Change, ...]:
        """Return what a call would change now."""
        last = replay(self._domain, self._world, (*before, call))[-1]
        return last.result.changes if last.call is call else ()

    def _extra_write(self, conversation: Sequence[Message]) -> ToolCall | None:
        """Return a write nobody asked for, after one that somebody did."""
        calls, answer = _calls(conversation), conversation[-1]
        is_extra = len(conversation) - 1 in self._extra
        wrote = answer.role == "tool" and not answer.error and not is_extra and self._is_write(calls[-1])
        if not wrote or not self._occurs("extra_writes"):
            return None
        seen = [message.content for message in conversation if message.role == "tool"]
        call = unasked_write(self._task, self._world, calls, seen, self._rng)
        return call and msgspec.structs.replace(call, id=f"extra_{len(calls)}")

    def _is_write(self, call: ToolCall) -> bool:
        return self._domain.toolbox.tools[call.name].kind == "write"

    def _mishear(self, text: str, place: int) -> str:
        """Return what it takes a message for: one detail that the customer could notice is another one."""
        if "mishears" not in self._shares:
            return text
        parts = self._speech.grammar.parse(text)
        for at, part in enumerate(parts):
            wrong = self._misunderstood(part) if isinstance(part, Heard) and self._occurs("mishears") else None
            if wrong is not None:
                parts[at] = wrong
                self.committed.append(Committed("mishears", place))
        return " ".join(part if isinstance(part, str) else self._again(part) for part in parts)

    def _misunderstood(self, heard: Heard) -> Heard | None:
        hints = [hint for request in self._task.requests for hint in request.hints if hint.check is not None]
        for slot in heard.hints:
            lies = [lie_about(hint, self._speech.grammar, self._rng) for hint in hints if hint.slot == slot]
            if lies and lies[0] is not None:
                return Heard(heard.act, {**heard.hints, slot: lies[0]})
        return None

    def _again(self, heard: Heard) -> str:
        return self._speech.grammar.say(heard.act, heard.hints, self._rng)


def _calls(conversation: Sequence[Message]) -> list[ToolCall]:
    return [call for message in conversation for call in message.calls]


class ClumsyAgents:
    """Agents that make mistakes."""

    takes_over = False

    def __init__(self, settings: ClumsySettings, seconds: float) -> None:
        self._settings = settings

    def agent(self, task: Task, world: World) -> Agent:
        """Return a clumsy agent for a task."""
        return ClumsyOracle(task, world, self._settings.shares, f"{task.seed}:{self._settings.seed}")

    def usage(self) -> dict[str, Usage]:
        """Return nothing: no endpoint is asked."""
        return {}
