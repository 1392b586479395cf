"""The agent loop: a policy on verl's rollout engine plays the assistant of an episode, token by token."""

import logging
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

import msgspec
from verl.experimental.agent_loop.agent_loop import AgentLoopBase, AgentLoopMetrics, AgentLoopOutput, register
from verl.experimental.agent_loop.tool_agent_loop import SPEC_DECODE_EXTRA_KEYS
from verl.tools.schemas import OpenAIFunctionToolSchema
from verl.workers.rollout.replica import TokenOutput

from cove_rl.audit.audit import audit
from cove_rl.audit.finding import Audit
from cove_rl.endpoints.spent import spent_by
from cove_rl.episode.chat import Chat, chat_messages, system_message
from cove_rl.episode.episode import Episode, Limits
from cove_rl.episode.outcome import Outcome
from cove_rl.episode.sides import User
from cove_rl.episode.trajectory import Message
from cove_rl.errors import CoveError, InputError
from cove_rl.tasks.task import Task, decode_task
from cove_rl.tasks.worlds import Worlds
from cove_rl.training.builder import quick
from cove_rl.training.deadline import LateError, PunctualUser, within
from cove_rl.training.record import Finished, record
from cove_rl.training.results import bounded
from cove_rl.training.settings import Settings, settings_of
from cove_rl.training.tokens import TokenStream
from cove_rl.training.turns import TurnReader
from cove_rl.users.kinds import users_of
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.domain import Domain, get_domain

log = logging.getLogger(__name__)
_WORLDS = Worlds()

ABORTED = ("aborted", "abort")
"""Why an engine stopped that was made to: as verl says it, and as SGLang does, whose word verl passes on."""


class EpisodeFailedError(CoveError):
    """An episode failed for reasons that are not the agent's, in every attempt; verl drops its group and refills it."""


class Rollout(msgspec.Struct):
    """One attempt at an episode: its state, tokens, customer, what the audit says, and where the seconds went."""

    episode: Episode
    stream: TokenStream
    user: User
    audit: Audit | None = None
    generating: float = 0.0
    elsewhere: float = 0.0
    preempted: int = -1
    fields: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def failure(self) -> str:
        """What went wrong that is not the agent's doing; "" if nothing did, so that the attempt can be scored."""
        outcome = self.audit.outcome if self.audit else self.episode.outcome
        if outcome is None:
            return "interrupted: the episode was still under way"
        if not outcome.scores:
            return f"{outcome.ending}: {outcome.detail}"
        return "" if self.stream.response else f"{outcome.ending}: the agent had not spoken yet"

    def took(self, output: TokenOutput) -> None:
        """Keep what verl's metrics want to know about the generation of one turn."""
        if output.num_preempted is not None:
            self.preempted = max(self.preempted, 0) + output.num_preempted
        for key, value in output.extra_fields.items():
            if key in SPEC_DECODE_EXTRA_KEYS and key in self.fields:
                self.fields[key] += value
            elif key == "max_global_steps" or key not in self.fields:
                self.fields[key] = value


@register("cove_agent")
class CoveAgentLoop(AgentLoopBase):
    """Drives an `Episode` with a policy.

    Tokens are exact by construction (see `TokenStream`), checked once more at the end. What the policy says wrongly is
    answered; what others do wrong (a hanging customer, a dead engine) is tried again in a fresh state, and then fails
    the whole group instead of scoring 0.
    """

    tokenizer: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.settings: Settings = settings_of(self.config)
        self.continuous_token_builder = quick(self.continuous_token_builder)
        self._prompt_length = int(self.rollout_config.prompt_length)
        self._response_length = int(self.rollout_config.response_length)
        self._with_logprobs = bool(self.rollout_config.calculate_log_probs)

    async def run(self, sampling_params: dict[str, Any], **kwargs: Any) -> AgentLoopOutput:
        """Play one episode for a row of `CoveTasks`.

        Raises:
            EpisodeFailedError: if no attempt ended in a way that says something about the agent.
            InputError: if the row holds no task, or its prompt does not fit the configured length.
            TokenError: if the tokens are not what they must be.
        """
        task = decode_task(kwargs["extra_info"]["task"])
        failure, audits = "", []
        for attempt in range(1 + self.settings.retries):
            rollout = await self._attempt(task, sampling_params)
            audits.append(self._audited(rollout))
            failure = rollout.failure
            if not failure:
                output = self._output(rollout, audits)
                self._record(rollout, audits[-1])
                return output
            log.warning("attempt %d at task %s failed: %s", attempt + 1, task.id, failure)
        raise EpisodeFailedError(f"task {task.id}, {attempt + 1} attempts, the last one: {failure}")

    def make_user(self, task: Task) -> User:
        """Return who plays the customer of a task."""
        return users_of(self.settings.user, self.settings.deadlines.user).user(task)

    async def _attempt(self, task: Task, sampling_params: dict[str, Any]) -> Rollout:
        deadlines, domain = self.settings.deadlines, get_domain(task.domain)
        user = self.make_user(task)
        limits = Limits(self.settings.user_turns, self.settings.agent_turns)
        episode = Episode(task, _WORLDS.find(task.world), PunctualUser(user, deadlines.user), limits)
        rollout = Rollout(episode, TokenStream(self.continuous_token_builder, domain.toolbox.schemas()), user)
        try:
            await within(deadlines.episode, self._play(rollout, domain, sampling_params), "the episode")
        except InputError:
            raise  # a wrong setting stays wrong in the next attempt
        except LateError as error:
            episode.fail("agent_failure", str(error))
        except Exception as error:
            log.debug("what failed", exc_info=True)
            episode.fail("agent_failure", f"{type(error).__name__}: {error}")
        return rollout

    def _audited(self, rollout: Rollout) -> Audit:
        """Audit an attempt; only if the settings say so does that decide whether it can be scored.

        The scripted customer commits none of these faults, so their conversations are not looked through.
        """
        episode, trajectory = rollout.episode, rollout.episode.trajectory("policy")
        if type(rollout.user) is ScriptedUser:
            return Audit(trajectory.outcome)
        found = audit(episode.task, episode.state.world, trajectory)
        rollout.audit = found if self.settings.audit and episode.outcome is not None else None
        return found

    async def _play(self, rollout: Rollout, domain: Domain, sampling_params: dict[str, Any]) -> None:
        """Alternate between the policy and the episode until it is over or the tokens are spent."""
        episode, stream = rollout.episode, rollout.stream
        seen = await episode.start()
        if episode.outcome is not None:
            return
        stream.open([system_message(domain), *chat_messages(seen)])
        self._check_prompt(stream)
        reader, request_id = self._reader(domain, stream), uuid4().hex
        while episode.outcome is None:
            message = await self._generate(rollout, reader, request_id, sampling_params)
            started = perf_counter()
            seen = await episode.step(message)
            if episode.outcome is None:
                stream.observed([self._bounded(chat) for chat in chat_messages(seen)])
                if len(stream.mask) >= self._response_length:
                    episode.fail("max_tokens", "the trajectory's tokens are spent")
            rollout.elsewhere += perf_counter() - started

    async def _generate(
        self, rollout: Rollout, reader: TurnReader, request_id: str, sampling_params: dict[str, Any]
    ) -> Message:
        """Sample one turn and take it in."""
        stream = rollout.stream
        room = min(self.settings.turn_tokens, self._response_length - len(stream.mask))
        started = perf_counter()
        sampling = self.server_manager.generate(
            request_id=request_id, prompt_ids=stream.ids, sampling_params={**sampling_params, "max_tokens": room}
        )
        output = await within(self.settings.deadlines.generation, sampling, "the rollout engine's answer")
        rollout.generating += perf_counter() - started
        if output.stop_reason in ABORTED:
            raise CoveError("the rollout engine aborted the turn")
        if self._with_logprobs and output.log_probs is None:
            raise CoveError("rollout.calculate_log_probs is set, but the rollout engine returned no log-probabilities")
        message = await reader.read(output.token_ids)
        stream.sampled(output.token_ids, output.log_probs, chat_messages([message])[0])
        rollout.took(output)
        return message

    def _reader(self, domain: Domain, stream: TokenStream) -> TurnReader:
        reasons = self.tokenizer.decode(stream.prompt[-8:]).rstrip().endswith("<think>")
        return TurnReader(self.settings.tool_format, self.tokenizer, _verl_schemas(domain.name), reasons=reasons)

    def _check_prompt(self, stream: TokenStream) -> None:
        if len(stream.prompt) > self._prompt_length:
            raise InputError(
                f"the prompt has {len(stream.prompt)} tokens, rollout.prompt_length allows {self._prompt_length}: "
                "raise data.max_prompt_length"
            )

    def _bounded(self, chat: Chat) -> Chat:
        """Cut a tool result that is too long, in the middle, and say so; the episode's record keeps it whole."""
        if chat["role"] != "tool":
            return chat
        content = bounded(self.tokenizer, chat["content"], self.settings.result_tokens)
        return {**chat, "content": content}

    def _record(self, rollout: Rollout, found: Audit) -> None:
        """Keep a finished rollout, if the settings say where."""
        settings = self.settings
        if settings.record is not None:
            finished = Finished(rollout.episode, rollout.stream, found, rollout.fields.get("max_global_steps"))
            decode = self.tokenizer.decode
            record(Path(settings.record), finished, settings.scoring, decode, logprobs=self._with_logprobs)

    def _output(self, rollout: Rollout, audits: list[Audit]) -> AgentLoopOutput:
        stream, episode = rollout.stream, rollout.episode
        stream.cut(self._response_length)
        stream.check()
        outcome: Outcome | None = episode.outcome
        turns = {role: sum(message.role == role for message in episode.messages) for role in ("user", "assistant")}
        fields = {
            **rollout.fields,
            "cove_calls": msgspec.json.encode(episode.trajectory("policy").calls()).decode(),
            "cove_ending": outcome.ending if outcome else "",
            "cove_user_spent": msgspec.json.encode(spent_by(rollout.user)).decode(),
            "cove_user_turns": turns["user"],
            "cove_agent_turns": turns["assistant"] - 1,
            "cove_attempts": len(audits),
            "cove_faults": msgspec.json.encode([one.faults for one in audits]).decode(),
            "cove_blamed": [one.outcome.culprit for one in audits].count("user"),
            "cove_user_at_fault": audits[-1].outcome.culprit == "user",
            "turn_scores": [],
            "tool_rewards": [],
        }
        return AgentLoopOutput(
            prompt_ids=stream.prompt,
            response_ids=stream.response,
            response_mask=stream.mask,
            response_logprobs=stream.logprobs if self._with_logprobs else None,
            num_turns=len(episode.messages),
            metrics=AgentLoopMetrics(
                generate_sequences=rollout.generating, tool_calls=rollout.elsewhere, num_preempted=rollout.preempted
            ),
            extra_fields=fields,
        )


@cache
def _verl_schemas(domain: str) -> list[OpenAIFunctionToolSchema]:
    return [OpenAIFunctionToolSchema.model_validate(schema) for schema in get_domain(domain).toolbox.schemas()]
