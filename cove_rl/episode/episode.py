"""The state machine of one conversation."""

import asyncio
from collections.abc import Sequence

import msgspec

from cove_rl.episode.outcome import Ending, Outcome, outcome_of
from cove_rl.episode.sides import Agent, User
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.tasks.task import Task
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import GREETING, Domain, get_domain
from cove_rl.world.state import State
from cove_rl.world.world import World

STOP = "###STOP###"
"""What a customer's last message ends with (CoVe, and tau2-bench)."""

TOO_LATE = "Error: The conversation was handed over before this call; it was not run."
"""The result of calls that follow a transfer in the same message."""


class Limits(msgspec.Struct, frozen=True):
    """How long a conversation may get. Both defaults are CoVe's.

    Attributes:
        user_turns: messages of the customer.
        agent_turns: messages of the agent after its greeting, those with calls included.
    """

    user_turns: int = 32
    agent_turns: int = 40


class Episode:
    """One conversation, driven one agent message at a time.

    `start` opens it; then every message of the agent goes to `step`, which answers with what the agent sees next: the
    results of its calls, or the customer's reply. Only the customer
    ends a conversation, besides a transfer and the limits.
    """

    __slots__ = ("_domain", "_turns", "_user", "limits", "messages", "outcome", "state", "task")

    def __init__(self, task: Task, world: World, user: User, limits: Limits | None = None) -> None:
        self.task = task
        self.limits = limits or Limits()
        self.state = State(world)
        self.messages: list[Message] = []
        self.outcome: Outcome | None = None
        self._domain: Domain = get_domain(task.domain)
        self._user = user
        self._turns = {"assistant": 0, "user": 0}

    async def start(self) -> tuple[Message, ...]:
        """Greet the customer; return the greeting and the customer's first message."""
        self.messages.append(Message("assistant", GREETING))
        await self._hear_user()
        return tuple(self.messages)

    async def step(self, message: Message) -> tuple[Message, ...]:
        """Take one message of the agent and return what it sees next.

        A message with calls has them run in order; its text, if any, is kept but not spoken. A message without calls
        is spoken to the customer, even when it is empty. When the episode is over, `outcome` is set and what is
        returned is the last the agent sees.

        Raises:
            RuntimeError: if the episode is not under way.
        """
        if self.outcome is not None or not self.messages:
            raise RuntimeError("the episode has not been started, or is over")
        before = len(self.messages) + 1
        self.messages.append(message)
        self._turns["assistant"] += 1
        if message.calls:
            self._run(message.calls)
        elif self._turns["user"] >= self.limits.user_turns:
            self._end("max_user_turns")
        else:
            await self._hear_user()
        if self.outcome is None and self._turns["assistant"] >= self.limits.agent_turns:
            self._end("max_agent_turns")
        return tuple(self.messages[before:])

    async def _hear_user(self) -> None:
        try:
            reply = await self._user.reply([message for message in self.messages if is_spoken(message)])
        except asyncio.CancelledError:
            self._end("interrupted", "cancelled while the user was being asked")
            raise
        except Exception as error:  # whatever a user raises is the user's failure, never the agent's
            self._end("user_failure", f"{type(error).__name__}: {error}")
            return
        self._turns["user"] += 1
        self.messages.append(reply)
        if STOP in reply.content:
            self._end("user_stop")

    def _run(self, calls: Sequence[ToolCall]) -> None:
        """Run calls in order. A transfer ends the episode: calls after it are answered, not run."""
        for call in calls:
            if self.outcome is not None:
                self.messages.append(Message("tool", TOO_LATE, call_id=call.id, error=True))
                continue
            try:
                result = self._domain.toolbox.call(self.state, call)
            except Exception as error:  # a defect of ours must not count against the agent
                self._end("tool_failure", f"{call.name}: {type(error).__name__}: {error}")
                return
            self.messages.append(Message("tool", result.content, call_id=call.id, error=result.error))
            if call.name == self._domain.transfer_tool and not result.error:
                self._end("transfer")

    def fail(self, ending: Ending, detail: str) -> None:
        """End the episode from outside, for a failure while the agent was being asked."""
        if self.outcome is None:
            self._end(ending, detail)

    def _end(self, ending: Ending, detail: str = "") -> None:
        self.outcome = outcome_of(ending, detail)

    def trajectory(self, agent: str) -> Trajectory:
        """Return the record of the episode so far; `agent` names who played the assistant."""
        outcome = self.outcome or outcome_of("interrupted", "the episode was still under way")
        return Trajectory(self.task.id, self.task.world, agent, self._user.name, tuple(self.messages), outcome)


def is_spoken(message: Message) -> bool:
    """Return whether both sides see a message; calls, text beside them and results are the agent's alone."""
    return message.role != "tool" and not message.calls


async def run_episode(task: Task, world: World, agent: Agent, user: User, limits: Limits | None = None) -> Trajectory:
    """Play one conversation to its end and return its record."""
    episode = Episode(task, world, user, limits)
    await episode.start()
    while episode.outcome is None:
        try:
            message = await agent.act(episode.messages)
        except Exception as error:  # the agent's machine failed, not its judgement
            episode.fail("agent_failure", f"{type(error).__name__}: {error}")
            break
        await episode.step(message)
    return episode.trajectory(agent.name)
