"""The server side of the rollout engine: a Ray actor with the model, and verl's handle on it."""

import asyncio
import os
from typing import Any

import msgspec
import ray
import torch
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
from transformers import AutoModelForCausalLM
from verl.plugin.platform import get_platform
from verl.utils.config import omega_conf_to_dataclass
from verl.utils.device import get_device_name
from verl.workers.config import HFModelConfig, RolloutConfig
from verl.workers.rollout.replica import RolloutReplica, TokenOutput

from cove_rl.training.hf.engine import EngineLimits, HfEngine
from cove_rl.training.hf.names import ROLLOUT
from cove_rl.training.hf.request import Sampling

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def server_name(replica: int, suffix: str = "") -> str:
    """Return the name a replica's server has in Ray, by which trainers find it."""
    return f"cove_hf_server_{replica}{suffix}"


class HfServer:
    """The actor: one model, one engine.

    Args:
        config: verl's rollout settings; `engine_kwargs.hf` holds those of `EngineLimits`.
        model_config: verl's model settings.
        rank: which of the servers this is. No two draw the same numbers: torch starts every process alike, and members
            of a group that sit in the same row of two servers would come out the same.
    """

    def __init__(self, config: Any, model_config: Any, rank: int = 0) -> None:
        self.config: RolloutConfig = omega_conf_to_dataclass(config)
        torch.manual_seed(self.config.seed + rank)
        model: HFModelConfig = omega_conf_to_dataclass(model_config, dataclass_type=HFModelConfig)
        self._steps: int | None = None
        self._stops = _stop_tokens(model)
        self._room = self.config.max_model_len or self.config.prompt_length + self.config.response_length
        limits = msgspec.convert(dict(self.config.engine_kwargs.get(ROLLOUT) or {}), EngineLimits)
        self._engine = HfEngine(_load(model, self.config), limits, model.tokenizer.pad_token_id or 0)

    async def generate(
        self, prompt_ids: list[int], sampling_params: dict[str, Any], request_id: str, **_: Any
    ) -> TokenOutput:
        """Continue a prompt; text only. What verl sends for images and sound is ignored.

        Raises:
            ValueError: if the prompt leaves no room for a token.
        """
        limit = sampling_params.get("max_tokens") or sampling_params.get("max_new_tokens") or self._room
        limit = min(limit, self.config.response_length, self._room - len(prompt_ids))
        stops = self._stops | frozenset(sampling_params.get("stop_token_ids") or ())
        sampling = Sampling.of(sampling_params)
        answer = await self._engine.generate(prompt_ids, limit, sampling, stops)
        return TokenOutput(
            token_ids=answer.tokens,
            log_probs=answer.logprobs if sampling_params.get("logprobs") else None,
            stop_reason="aborted" if answer.reason == "aborted" else "completed",
            extra_fields={"global_steps": self._steps, "finish_reason": answer.reason},
        )

    async def load(self, weights: dict[str, torch.Tensor]) -> None:
        """Take new values for some of the parameters."""
        await asyncio.to_thread(self._engine.load, weights)

    async def set_global_steps(self, global_steps: int | None) -> None:
        """Note which step the weights are of; answers carry it."""
        self._steps = global_steps

    async def abort_all_requests(self, reject_request: bool = False) -> None:
        """End every request with the tokens it has."""
        self._engine.abort()

    async def _nothing(self, *_: Any, **__: Any) -> None:
        """Nothing is released between steps: the model stays where it is, and a batch frees its cache at its end."""

    wake_up = sleep = clear_kv_cache = release_kv_cache = resume_kv_cache = _nothing
    resume_generation = start_profile = stop_profile = _nothing


class HfReplica(RolloutReplica):  # type: ignore[misc]  # verl has no types
    """verl's handle on a server. Every trainer worker has one of its own, on its node."""

    async def launch_servers(self) -> None:
        """Start the server next to its worker.

        Raises:
            ValueError: if the rollout is to be split over several workers.
        """
        if self.world_size != 1:
            raise ValueError("the hf rollout engine does not split a model: set tensor and pipeline parallelism to 1")
        worker: Any = self.workers[0]
        node, devices = await worker.__ray_call__.remote(_place)
        here = NodeAffinitySchedulingStrategy(node_id=node, soft=False)
        actor: Any = ray.remote(HfServer)
        server = actor.options(
            name=server_name(self.replica_rank, self.name_suffix),
            scheduling_strategy=here,
            num_cpus=0,  # it works while the trainer waits, so it needs no core of its own
            runtime_env={"env_vars": self._environment(devices)},
            max_concurrency=self.max_concurrency,
        )
        self._server_handle = server.remote(self.config, self.model_config, self.replica_rank)
        self._server_address = server_name(self.replica_rank, self.name_suffix)
        self.servers = [self._server_handle]
        await self._server_handle.set_global_steps.remote(None)

    def _environment(self, devices: str) -> dict[str, str]:
        """Return the server's environment: the worker's device, which Ray would hide, and its share of the cores."""
        platform = get_platform()
        unset = dict.fromkeys(platform.ray_noset_envvars(), "1")
        return {**unset, platform.visible_devices_envvar(): devices, "RAY_LOCAL_WORLD_SIZE": str(self.gpus_per_node)}


def _place(_: Any) -> tuple[str, str]:
    """Return the node and the visible devices of the worker this is run in."""
    devices = os.environ.get(get_platform().visible_devices_envvar(), "")
    return ray.get_runtime_context().get_node_id(), devices


def _load(model: HFModelConfig, config: RolloutConfig) -> Any:
    """Return the model; the trainer sends its own weights before the first request."""
    loaded: Any = AutoModelForCausalLM.from_pretrained(
        str(model.local_path),
        config=model.hf_config,
        dtype=DTYPES[config.dtype],
        trust_remote_code=model.trust_remote_code,
    )
    return loaded.to(get_device_name())


def _stop_tokens(model: HFModelConfig) -> frozenset[int]:
    """Return what ends a message: the tokenizer's end token and those of the model's generation settings."""
    known = getattr(model.generation_config, "eos_token_id", None)
    listed = known if isinstance(known, list) else [known]
    return frozenset(token for token in (model.tokenizer.eos_token_id, *listed) if token is not None)
