"""The oracle: a program that solves a task only from what the customer says and what tools return."""

from collections.abc import Sequence
from random import Random

from cove_rl.episode.trajectory import Message
from cove_rl.errors import CoveError
from cove_rl.speech.desk import Answer, Desk, Say, Script, Step
from cove_rl.speech.speech import speech_of
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain


class Oracle:
    """Plays the assistant by running the domain's `serve` script. It never sees the task, the world or the state.

    Args:
        domain: the domain's name.
        seed: seeds its wording.
    """

    name = "oracle"

    def __init__(self, domain: str, seed: str) -> None:
        self._domain = get_domain(domain)
        self._desk = Desk(speech_of(domain), Random(f"{seed}:oracle"))  # noqa: S311  (wording, not security)
        self._script: Script | None = None
        self._calls = 0

    async def act(self, conversation: Sequence[Message]) -> Message:
        """Return the script's next step as a message."""
        return self._message(self._advance(conversation))

    def _advance(self, conversation: Sequence[Message]) -> Step:
        last = conversation[-1]
        if self._script is None:
            self._desk.take_in(last.content)
            self._script = self._domain.serve(self._desk)
            return self._send(None)
        if last.role == "user":
            return self._send(last.content)
        results = []
        for message in reversed(conversation):
            if message.role != "tool":
                break
            results.append(Answer(message.content, message.error))
        return self._send(results[::-1])

    def _send(self, answer: object) -> Step:
        assert self._script is not None
        try:
            step: Step = self._script.send(answer)
        except StopIteration:
            raise CoveError(
                f"the {self._domain.name} oracle's script ended; only the customer may end a conversation"
            ) from None
        return step

    def _message(self, step: Step) -> Message:
        if isinstance(step, Say):
            return Message("assistant", step.text)
        return Message("assistant", calls=tuple(self._call(name, arguments) for name, arguments in step.calls))

    def _call(self, name: str, arguments: dict[str, object]) -> ToolCall:
        self._calls += 1
        return ToolCall(f"call_{self._calls}", name, arguments)
