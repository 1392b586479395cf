"""The oracle, but with mistakes: an agent whose failures are its own."""

from collections.abc import Sequence
from random import Random
from typing import Literal, get_args

import msgspec

from cove_rl.agents.oracle import Oracle
from cove_rl.episode.trajectory import Message
from cove_rl.speech.grammar import Heard
from cove_rl.speech.speech import speech_of
from cove_rl.tasks.task import Task
from cove_rl.users.lies import lie_about
from cove_rl.users.listening import ear_of
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World

Mistake = Literal["mishears", "writes_wrongly", "skips_consent", "claims_done", "refuses", "transfers", "stalls"]
MISTAKES: tuple[Mistake, ...] = get_args(Mistake)

CLAIM = "All done. Is there anything else?"
REFUSAL = "I'm sorry, but that can't be done."
STALLING = ("One moment, please.", "Let me check that for you.", "I'm still looking into it, please wait.")


class ClumsyOracle:
    """An oracle that makes one kind of mistake, now and then.

    Unlike the oracle it knows the task, to be wrong in ways that matter.

    Args:
        task: the task.
        world: the task's world.
        mistake: what it does wrong.
        seed: draws when.
        share: of the occasions it takes.
    """

    name = "clumsy"

    def __init__(self, task: Task, world: World, mistake: Mistake, seed: str, share: float = 0.6) -> None:
        self._task, self._world, self._mistake, self._share = task, world, mistake, share
        self._rng = Random(f"{seed}:{mistake}")  # noqa: S311  (reproducible)
        self._oracle = Oracle(task.domain, seed)
        self._ear = ear_of(task.domain)
        self._speech = speech_of(task.domain)
        self._domain = get_domain(task.domain)

    async def act(self, conversation: Sequence[Message]) -> Message:
        """Return the next message, with or without a mistake."""
        heard = list(conversation)
        if self._mistake == "mishears" and heard[-1].role == "user":
            heard[-1] = Message("user", self._mishear(heard[-1].content))
        if self._mistake == "stalls" and heard[-1].role == "user" and self._occurs(0.3):
            return Message("assistant", self._rng.choice(STALLING))
        message = await self._oracle.act(heard)
        if message.calls:
            return self._wrong_write(message) if self._mistake == "writes_wrongly" else message
        proposes = self._ear.listen(message.content).offers
        if proposes and self._mistake == "skips_consent" and self._occurs():
            consent = self._speech.grammar.say("yes", {}, self._rng)
            return await self._oracle.act([*heard, message, Message("user", consent)])
        return self._instead(message) if proposes and self._occurs() else message

    def _occurs(self, part: float = 1.0) -> bool:
        return self._rng.random() < self._share * part

    def _instead(self, proposal: Message) -> Message:
        """Return what it says or does in place of a proposal."""
        if self._mistake == "claims_done":
            return Message("assistant", CLAIM)
        if self._mistake == "refuses":
            return Message("assistant", REFUSAL)
        if self._mistake == "transfers":
            call = ToolCall("early", self._domain.transfer_tool, {"summary": "The customer needs help."})
            return Message("assistant", calls=(call,))
        return proposal

    def _wrong_write(self, message: Message) -> Message:
        """Return the message with another value in one argument of its write."""
        (call, *others) = message.calls
        arguments = call.arguments if isinstance(call.arguments, dict) else {}
        if others or self._domain.toolbox.tools[call.name].kind != "write" or not self._occurs():
            return message
        name = self._rng.choice(list(arguments))
        values = self._domain.alternatives(self._world, call, name)
        if not values:
            return message
        wrong = msgspec.structs.replace(call, arguments={**arguments, name: self._rng.choice(values)})
        return msgspec.structs.replace(message, calls=(wrong,))

    def _mishear(self, text: str) -> str:
        """Return what it takes a message for: one detail that the customer could notice is another one."""
        parts = self._speech.grammar.parse(text)
        for place, part in enumerate(parts):
            wrong = self._misunderstood(part) if isinstance(part, Heard) and self._occurs() else None
            if wrong is not None:
                parts[place] = wrong
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
