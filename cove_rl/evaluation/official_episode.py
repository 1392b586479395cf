"""One conversation by the benchmark's rules: who speaks when, what ends it, and which limits there are."""

import msgspec

from cove_rl.episode.episode import STOP
from cove_rl.episode.outcome import Ending, Outcome, outcome_of
from cove_rl.episode.sides import Agent, User
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.world.domain import GREETING, Domain
from cove_rl.world.state import State

STOPS = (STOP, "###TRANSFER###", "###OUT-OF-SCOPE###")
"""What the user's last message has in it; a transfer of the agent alone ends nothing."""


class OfficialLimits(msgspec.Struct, frozen=True):
    """How long a conversation may get; the defaults are those of the benchmark's command line.

    Attributes:
        steps: messages of either side and rounds of tool calls.
        errors: calls that fail, in all.
    """

    steps: int = 200
    errors: int = 10


class OfficialEpisode:
    """Plays one conversation.

    Attributes:
        state: what the agent's calls have made of the world.
        messages: what was said and returned.
        termination: how it ended, in the benchmark's words.

    Args:
        domain: whose tools the agent has.
        state: a fresh state of the benchmark's world.
        limits: how long it may get.
    """

    def __init__(self, domain: Domain, state: State, limits: OfficialLimits) -> None:
        self.state = state
        self.messages: list[Message] = [Message("assistant", GREETING)]
        self.termination = ""
        self._domain, self._limits = domain, limits
        self._steps = self._errors = 0
        self._outcome: Outcome | None = None

    async def play(self, agent: Agent, user: User) -> Outcome:
        """Play the conversation to its end; return how it ended.

        The limits are looked at after every step but those that call tools, and override a stop of the user.
        """
        while self._outcome is None:
            await self._user_turn(user)
            self._step()
            while self._outcome is None and await self._agent_turn(agent):
                self._steps += 1
                self._call_tools()
                self._step()
            if self._outcome is None:
                self._step()
        return self._outcome

    def trajectory(self, task_id: str, agent: str, user: str) -> Trajectory:
        """Return the record of the conversation."""
        outcome = self._outcome or outcome_of("interrupted", "the conversation was still under way")
        return Trajectory(task_id, self.state.world.ref, agent, user, tuple(self.messages), outcome)

    def _step(self) -> None:
        """Count a step, and end the conversation at a limit; the benchmark's word is the outcome's detail."""
        self._steps += 1
        if self._outcome is not None and not self._outcome.scores:
            return
        limits = {
            "too_many_errors": self._errors >= self._limits.errors,
            "max_steps": self._steps >= self._limits.steps,
        }
        for word in (word for word, reached in limits.items() if reached):
            self._end("max_agent_turns", word, word)
            return

    def _end(self, ending: Ending, termination: str, detail: str = "") -> None:
        self._outcome, self.termination = outcome_of(ending, detail), termination

    async def _user_turn(self, user: User) -> None:
        spoken = [message for message in self.messages if message.role != "tool" and not message.calls]
        try:
            reply = await user.reply(spoken)
        except Exception as error:  # whatever a user raises is the user's failure, never the agent's
            self._end("user_failure", "user_error", f"{type(error).__name__}: {error}")
            return
        self.messages.append(reply)
        if any(stop in reply.content for stop in STOPS):
            self._end("user_stop", "user_stop")

    async def _agent_turn(self, agent: Agent) -> bool:
        """Take the agent's next message; return whether it calls tools."""
        try:
            message = await agent.act(self.messages)
        except Exception as error:  # the agent's machine failed, not its judgement
            self._end("agent_failure", "infrastructure_error", f"{type(error).__name__}: {error}")
            return False
        self.messages.append(message)
        return bool(message.calls)

    def _call_tools(self) -> None:
        """Run the calls of the last message."""
        for call in self.messages[-1].calls:
            try:
                result = self._domain.toolbox.call(self.state, call)
            except Exception as error:  # a defect of ours must not count against the agent
                self._end("tool_failure", "unexpected_error", f"{call.name}: {type(error).__name__}: {error}")
                return
            self._errors += result.error
            self.messages.append(Message("tool", result.content, call_id=call.id, error=result.error))
