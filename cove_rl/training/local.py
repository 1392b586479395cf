"""Play conversations with a policy in this process: the same loop, tokens and engine as in a run, without Ray."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch
from omegaconf import OmegaConf
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from verl.experimental.agent_loop.agent_loop import AgentLoopOutput, DictConfigWrap, ToolListWrap
from verl.workers.rollout.replica import TokenOutput

from cove_rl.audit.finding import Audit
from cove_rl.episode.trajectory import Trajectory
from cove_rl.tasks.task import Task, encode_task
from cove_rl.tasks.worlds import Worlds
from cove_rl.training.hf.engine import HfEngine
from cove_rl.training.hf.request import Sampling
from cove_rl.training.loop import CoveAgentLoop, Rollout
from cove_rl.verify.verdict import Verdict
from cove_rl.verify.verifier import verify


class Played(msgspec.Struct, frozen=True):
    """A task, how the policy went about it, and the verdict on that."""

    task: Task
    trajectory: Trajectory
    verdict: Verdict


class _Server:
    """What the loop takes for verl's server manager."""

    def __init__(self, engine: HfEngine, stop: int) -> None:
        self._engine = engine
        self._stops = frozenset({stop})

    async def generate(
        self, request_id: str, *, prompt_ids: list[int], sampling_params: dict[str, Any], **_: Any
    ) -> TokenOutput:
        limit = int(sampling_params["max_tokens"])
        answer = await self._engine.generate(prompt_ids, limit, Sampling.of(sampling_params), self._stops)
        return TokenOutput(token_ids=answer.tokens, log_probs=answer.logprobs)


class _RecordingLoop(CoveAgentLoop):
    """Keeps the conversation, of which verl gets the tokens and the calls alone."""

    trajectory: Trajectory | None = None

    def _output(self, rollout: Rollout, audits: list[Audit]) -> AgentLoopOutput:
        self.trajectory = rollout.episode.trajectory("policy")
        return super()._output(rollout, audits)


class LocalPolicy:
    """A policy on this process's engine, for conversations from one event loop or several.

    Args:
        model: the policy, in Hugging Face's format.
        config: a run's configuration, as `cove_rl.training.compose.compose` returns it.
        temperature: 0 always takes the likeliest token.
    """

    def __init__(self, model: Path, config: dict[str, Any], temperature: float = 1.0) -> None:
        tokenizer = AutoTokenizer.from_pretrained(model)
        loaded = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
        self._engine = HfEngine(loaded, pad=tokenizer.pad_token_id or 0)
        self._sampling = {"temperature": temperature}
        whole = OmegaConf.create({name: config[name] for name in ("actor_rollout_ref", "data", "cove")})
        rollout = whole.actor_rollout_ref.rollout
        rollout.prompt_length, rollout.response_length = whole.data.max_prompt_length, whole.data.max_response_length
        self._arguments: dict[str, Any] = {
            "trainer_config": DictConfigWrap(whole),
            "data_config": DictConfigWrap(whole.data),
            "server_manager": _Server(self._engine, tokenizer.eos_token_id),
            "tokenizer": tokenizer,
            "processor": None,
            "hf_model_type": AutoConfig.from_pretrained(model).model_type,
            "dataset_cls": None,
            "tools": ToolListWrap([]),
        }

    async def play(self, task: Task) -> Played:
        """Have the policy serve the customer of a task.

        Raises:
            EpisodeFailedError: if the conversation fails for reasons that are not the policy's.
        """
        loop = _RecordingLoop(**self._arguments)
        await loop.run(self._sampling, extra_info={"task": encode_task(task).decode()})
        trajectory = loop.trajectory
        assert trajectory is not None
        return Played(task, trajectory, verify(task, _WORLDS.find(task.world), trajectory.calls()))

    def close(self) -> None:
        """Stop the engine."""
        self._engine.close()


def play(model: Path, config: dict[str, Any], tasks: Sequence[Task], temperature: float = 1.0) -> list[Played]:
    """Have the policy in a folder serve the customers of some tasks, all at once.

    Args:
        model: the policy, in Hugging Face's format.
        config: a run's configuration, as `cove_rl.training.compose.compose` returns it.
        tasks: the tasks.
        temperature: 0 always takes the likeliest token.

    Raises:
        EpisodeFailedError: if a conversation fails for reasons that are not the policy's.
    """
    return asyncio.run(_play(LocalPolicy(model, config, temperature), tasks))


async def _play(policy: LocalPolicy, tasks: Sequence[Task]) -> list[Played]:
    try:
        return await asyncio.gather(*map(policy.play, tasks))
    finally:
        policy.close()


_WORLDS = Worlds()
