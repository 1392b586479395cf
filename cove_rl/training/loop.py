"""The agent loop: a policy on verl's rollout engine plays the assistant of an episode, token by token."""

import asyncio
import logging
from collections.abc import Sequence
from functools import cache
from time import perf_counter
from typing import Any
from uuid import uuid4

import msgspec
from verl.experimental.agent_loop.agent_loop import AgentLoopBase, AgentLoopMetrics, AgentLoopOutput, register
from verl.experimental.agent_loop.tool_parser import ToolParser
from verl.tools.schemas import OpenAIFunctionToolSchema

from cove_rl.episode.episode import Episode, Limits
from cove_rl.episode.outcome import Outcome
from cove_rl.episode.sides import User
from cove_rl.episode.trajectory import Message
from cove_rl.errors import CoveError
from cove_rl.tasks.task import Task, decode_task
from cove_rl.tasks.worlds import Worlds
from cove_rl.training.chat import Chat, chat_messages, system_message
from cove_rl.training.settings import Settings, read_settings
from cove_rl.training.tokens import TokenStream
from cove_rl.training.turns import TurnReader
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.domain import Domain, get_domain

log = logging.getLogger(__name__)
_WORLDS = Worlds()


class EpisodeFailedError(CoveError):
    """An episode failed for reasons that are not the agent's, in every attempt; verl drops its group and refills it."""


class Rollout(msgspec.Struct):
    """One attempt at an episode: its state, its tokens and where the time went, in seconds."""

    episode: Episode
    stream: TokenStream
    generating: float = 0.0
    elsewhere: float = 0.0
    fields: dict[str, Any] = msgspec.field(default_factory=dict)


class DeadlineUser:
    """A customer who has to answer in time.

    Args:
        user: who plays the customer.
        seconds: the deadline of each answer.
    """

    def __init__(self, user: User, seconds: float) -> None:
        self.name = user.name
        self._user = user
        self._seconds = seconds

    async def reply(self, conversation: Sequence[Message]) -> Message:
        """Return the customer's answer, or raise `TimeoutError`."""
        return await asyncio.wait_for(self._user.reply(conversation), self._seconds)


@register("cove_agent")
class CoveAgentLoop(AgentLoopBase):
    """Drives an `Episode` with a policy.

    Tokens are exact by construction (see `TokenStream`), checked once more at the end. What the policy says wrongly is
    answered; what others do wrong (a hanging customer, a dead engine) is tried again in a fresh state, and then fails
    the whole group instead of scoring 0.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.settings: Settings = read_settings(self.config.cove)

    async def run(self, sampling_params: dict[str, Any], **kwargs: Any) -> AgentLoopOutput:
        """Play one episode for a row of `CoveTasks`.

        Raises:
            EpisodeFailedError: if no attempt ended in a way that says something about the agent.
        """
        task = decode_task(kwargs["extra_info"]["task"])
        outcome: Outcome | None = None
        for attempt in range(1 + self.settings.retries):
            rollout = await self._attempt(task, dict(sampling_params))
            outcome = rollout.episode.outcome
            if outcome is not None and outcome.scores:
                return self._output(rollout, attempt + 1)
            log.warning("episode failed", extra={"task": task.id, "attempt": attempt, "outcome": outcome})
        raise EpisodeFailedError(f"task {task.id}: {outcome and outcome.ending}: {outcome and outcome.detail}")

    def make_user(self, task: Task) -> User:
        """Return who plays the customer of a task."""
        return ScriptedUser(task)

    async def _attempt(self, task: Task, sampling_params: dict[str, Any]) -> Rollout:
        deadlines, domain = self.settings.deadlines, get_domain(task.domain)
        user = DeadlineUser(self.make_user(task), deadlines.user)
        limits = Limits(self.settings.user_turns, self.settings.agent_turns)
        episode = Episode(task, _WORLDS.find(task.world), user, limits)
        rollout = Rollout(episode, TokenStream(self.continuous_token_builder, domain.toolbox.schemas()))
        try:
            await asyncio.wait_for(self._play(rollout, domain, sampling_params), deadlines.episode)
        except asyncio.TimeoutError:
            rollout.episode.fail("agent_failure", f"the episode took more than {deadlines.episode} s")
        except Exception as error:
            log.exception("attempt failed", extra={"task": task.id})
            rollout.episode.fail("agent_failure", f"{type(error).__name__}: {error}")
        return rollout

    async def _play(self, rollout: Rollout, domain: Domain, sampling_params: dict[str, Any]) -> None:
        """Alternate between the policy and the episode until it is over or the tokens are spent."""
        episode, stream, reader = rollout.episode, rollout.stream, self._reader(domain)
        seen = await episode.start()
        if episode.outcome is None:
            stream.open([system_message(domain), *chat_messages(seen)])
            self._check_prompt(stream)
        request_id = uuid4().hex
        while episode.outcome is None:
            message = await self._generate(rollout, reader, request_id, sampling_params)
            started = perf_counter()
            seen = await episode.step(message)
            if episode.outcome is None:
                stream.observed([self._bounded(chat) for chat in chat_messages(seen)])
                if len(stream.mask) >= self.rollout_config.response_length:
                    episode.fail("max_tokens", "the trajectory's tokens are spent")
            rollout.elsewhere += perf_counter() - started

    async def _generate(
        self, rollout: Rollout, reader: TurnReader, request_id: str, sampling_params: dict[str, Any]
    ) -> Message:
        """Sample one turn and take it in."""
        room = self.rollout_config.response_length - len(rollout.stream.mask)
        sampling_params["max_tokens"] = min(self.settings.turn_tokens, room)
        started = perf_counter()
        output = await asyncio.wait_for(
            self.server_manager.generate(
                request_id=request_id, prompt_ids=rollout.stream.ids, sampling_params=sampling_params
            ),
            self.settings.deadlines.generation,
        )
        rollout.generating += perf_counter() - started
        if not output.token_ids:
            raise CoveError("the rollout engine returned no tokens")
        rollout.fields.update(output.extra_fields)
        message = await reader.read(output.token_ids)
        rollout.stream.sampled(output.token_ids, output.log_probs, chat_messages([message])[0])
        return message

    def _reader(self, domain: Domain) -> TurnReader:
        parser = ToolParser.get_tool_parser(self.settings.tool_format, self.tokenizer)
        return TurnReader(parser, self.tokenizer, _verl_schemas(domain.name))

    def _check_prompt(self, stream: TokenStream) -> None:
        if len(stream.prompt) > self.rollout_config.prompt_length:
            raise CoveError(
                f"the prompt has {len(stream.prompt)} tokens, rollout.prompt_length allows "
                f"{self.rollout_config.prompt_length}: raise data.max_prompt_length"
            )

    def _bounded(self, chat: Chat) -> Chat:
        """Cut a tool result that is too long, in the middle, and say so; the episode's record keeps it whole."""
        limit = self.settings.result_tokens
        if chat["role"] != "tool" or len(chat["content"]) <= limit:  # a token is at least one character
            return chat
        tokens = self.tokenizer.encode(chat["content"], add_special_tokens=False)
        if len(tokens) <= limit:
            return chat
        head, tail = self.tokenizer.decode(tokens[: limit // 2]), self.tokenizer.decode(tokens[-(limit // 2) :])
        return {**chat, "content": f"{head} [... {len(tokens) - limit} tokens left out ...] {tail}"}

    def _output(self, rollout: Rollout, attempts: int) -> AgentLoopOutput:
        stream, episode = rollout.stream, rollout.episode
        stream.cut(self.rollout_config.response_length)
        stream.check()
        calls = episode.trajectory("policy").calls()
        turns = {role: sum(message.role == role for message in episode.messages) for role in ("user", "assistant")}
        fields = {
            **rollout.fields,
            "cove_calls": msgspec.json.encode(calls).decode(),
            "cove_ending": episode.outcome.ending if episode.outcome else "",
            "cove_user_turns": turns["user"],
            "cove_agent_turns": turns["assistant"] - 1,
            "cove_attempts": attempts,
            "turn_scores": [],
            "tool_rewards": [],
        }
        return AgentLoopOutput(
            prompt_ids=stream.prompt,
            response_ids=stream.response,
            response_mask=stream.mask,
            response_logprobs=stream.logprobs if self.rollout_config.calculate_log_probs else None,
            num_turns=len(episode.messages),
            metrics=AgentLoopMetrics(generate_sequences=rollout.generating, tool_calls=rollout.elsewhere),
            extra_fields=fields,
        )


@cache
def _verl_schemas(domain: str) -> list[OpenAIFunctionToolSchema]:
    return [OpenAIFunctionToolSchema.model_validate(schema) for schema in get_domain(domain).toolbox.schemas()]
