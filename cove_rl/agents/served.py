"""An assistant played by a served language model that calls tools."""

import re
from collections.abc import Sequence
from random import Random
from time import monotonic

from cove_rl.agents.settings import ServedSettings
from cove_rl.endpoints.endpoint import Endpoint, endpoint_of
from cove_rl.endpoints.failure import EndpointError
from cove_rl.endpoints.reply import Reply, RequestedCall
from cove_rl.endpoints.spent import Spent
from cove_rl.endpoints.usage import Usage
from cove_rl.episode.chat import Chat, parsed_arguments, sent_messages, system_message
from cove_rl.episode.sides import Agent
from cove_rl.episode.trajectory import Message
from cove_rl.tasks.task import Task
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World

_CALL_AS_TEXT = re.compile(r"</?(?:tool_call|function_call)s?>|<\|(?:tool|python_tag)|\[TOOL_CALLS\]|<function=")
"""What a model writes to call a tool, which its server should have read."""


class ServedAgent:
    """Plays the assistant of one conversation with a served model.

    The model is told the domain's policy and tools, and sees the conversation; nothing of the task. What it says
    follows from those and a seed alone, as far as the server's seeds go, so it can go on with a conversation that
    another agent began.

    Args:
        domain: the domain's name.
        seed: seeds the replies.
        endpoint: where the model is served.
        tries: replies that are asked for before one that is no use fails the agent.
        seconds: how long a message may take, its retries included.
        policy: what it is told in place of the domain's policy.
    """

    def __init__(
        self, domain: str, seed: str, endpoint: Endpoint, tries: int, seconds: float, policy: str | None = None
    ) -> None:
        self.name = f"openai:{endpoint.settings.model}"
        self.spent = Spent()
        self._seed = seed
        self._endpoint = endpoint
        self._tries = tries
        self._seconds = seconds
        own = system_message(get_domain(domain))
        self._system: Chat = own if policy is None else {**own, "content": policy}
        self._tools = get_domain(domain).toolbox.schemas()

    async def act(self, conversation: Sequence[Message]) -> Message:
        """Return the assistant's next message.

        Raises:
            EndpointError: if there is none in time, or none that is of use.
        """
        end = monotonic() + self._seconds
        chat = [self._system, *sent_messages(conversation)]
        fault = ""
        for attempt in range(self._tries):
            reply = await self._ask(chat, f"{self._seed}:agent:{len(conversation)}:{attempt}", end - monotonic())
            fault = fault_in(reply)
            if not fault:
                return Message("assistant", reply.text, calls_of(reply.calls, conversation))
            self.spent.useless += 1
        raise EndpointError(
            "useless", f"endpoint {self._endpoint.name}: {self._tries} replies were no use; the last was {fault}"
        )

    async def _ask(self, chat: list[Chat], seed: str, seconds: float) -> Reply:
        self.spent.calls += 1
        number = Random(seed).getrandbits(31)  # noqa: S311  (reproducible sampling)
        try:
            reply = await self._endpoint.complete(chat, seed=number, seconds=max(seconds, 0.0), tools=self._tools)
        except EndpointError:
            self.spent.failures += 1
            raise
        self.spent.retries += reply.attempts - 1
        self.spent.prompt_tokens += reply.prompt_tokens
        self.spent.completion_tokens += reply.completion_tokens
        return reply


def fault_in(reply: Reply) -> str:
    """Return why a reply is no use as an assistant's message, and what to do about it; "" if it is of use."""
    if reply.cut:
        return "cut off: raise endpoint.max_tokens"
    if not reply.text and not reply.calls:
        return "empty"
    if _CALL_AS_TEXT.search(reply.text):
        return "a tool call as text: start the server with the tool-call parser of the model"
    return ""


def calls_of(requested: Sequence[RequestedCall], conversation: Sequence[Message]) -> tuple[ToolCall, ...]:
    """Return the calls a model asks for, with ids that no other call of the conversation has."""
    taken = {call.id for message in conversation for call in message.calls}
    calls = []
    for one in requested:
        name = one.id if one.id and one.id not in taken else _new_id(taken)
        taken.add(name)
        calls.append(ToolCall(name, one.name, parsed_arguments(one.arguments or "{}")))
    return tuple(calls)


def _new_id(taken: set[str]) -> str:
    number = len(taken) + 1
    while f"call_{number}" in taken:
        number += 1
    return f"call_{number}"


class ServedAgents:
    """Assistants played by one served model.

    Raises:
        InputError: if the endpoint needs an API key that the environment does not have.
    """

    takes_over = True

    def __init__(self, settings: ServedSettings, seconds: float) -> None:
        self._settings = settings
        self._seconds = seconds
        self._endpoint = endpoint_of(settings.endpoint)

    def agent(self, task: Task, world: World) -> Agent:
        """Return the assistant of a task."""
        return ServedAgent(task.domain, task.seed, self._endpoint, self._settings.tries, self._seconds)

    def usage(self) -> dict[str, Usage]:
        """Return what the endpoint was used for so far."""
        return {self._endpoint.name: self._endpoint.usage()}
