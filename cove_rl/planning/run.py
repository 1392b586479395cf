"""What of a run's composed configuration decides about memory and batches."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cove_rl.errors import InputError

Count = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(gt=0, lt=1)]


class Run(msgspec.Struct, frozen=True):
    """A run of GRPO with FSDP2 and SGLang, as far as the arithmetic goes.

    Attributes:
        nodes: machines.
        gpus: on each of them.
        shards: GPUs over which one copy of the trainer's state is split.
        sequence: GPUs over which one sequence is split in training (Ulysses).
        tensor: GPUs of one engine.
        share: of a GPU's free memory that the engine takes when it starts.
        sleeps: whether the engine gives its memory back while the trainer works.
        master: bytes of a weight, a gradient or a moment of Adam's in the trainer.
        rank: of LoRA; 0 for all parameters.
        weights_wait: on the host, while the trainer does not work.
        moments_wait: likewise those of Adam.
        host: whether weights, gradients and moments are always on the host.
        checkpointing: whether activations are computed again in the backward pass.
        fused: whether log-probabilities are computed without all logits at once.
        room: tokens of a micro-batch, on each GPU.
        prompt: tokens, at most.
        response: tokens of everything after the prompt, at most.
        context: tokens the engine accepts.
        prompts: of a step.
        group: trajectories of a prompt.
        minibatch: prompts of an update.
        repeats: times a batch is trained on.
        tasks: in the training split.
        epochs: times the split is gone through.
    """

    nodes: Count
    gpus: Count
    shards: Count
    sequence: Count
    tensor: Count
    share: Share
    sleeps: bool
    master: int
    rank: int
    weights_wait: bool
    moments_wait: bool
    host: bool
    checkpointing: bool
    fused: bool
    room: Count
    prompt: Count
    response: Count
    context: Count
    prompts: Count
    group: Count
    minibatch: Count
    repeats: Count
    tasks: Count
    epochs: Count

    @property
    def world(self) -> int:
        """GPUs of the run."""
        return self.nodes * self.gpus

    @property
    def trajectory(self) -> int:
        """Tokens of the longest trajectory, its prompt included."""
        return self.prompt + self.response

    @property
    def trajectories(self) -> int:
        """Trajectories of a step."""
        return self.prompts * self.group


def run_of(config: dict[str, Any]) -> Run:
    """Return what matters of a composed configuration (`cove_rl.training.compose`).

    Raises:
        InputError: if the run is of a kind whose memory is not described here.
    """
    policy, trainer, data, cove = (config[key] for key in ("actor_rollout_ref", "trainer", "data", "cove"))
    actor, rollout, model = policy["actor"], policy["rollout"], policy["model"]
    fsdp = actor["fsdp_config"]
    if rollout["name"] != "sglang" or actor["strategy"] != "fsdp2":
        raise InputError(
            f"only FSDP2 with SGLang is planned for: this run has {actor['strategy']} with {rollout['name']}"
        )
    if not actor["use_dynamic_bsz"]:
        raise InputError("micro-batches must be filled by tokens: set actor_rollout_ref.actor.use_dynamic_bsz=true")
    world = trainer["nnodes"] * trainer["n_gpus_per_node"]
    size = fsdp["fsdp_size"]
    values = {
        "nodes": trainer["nnodes"],
        "gpus": trainer["n_gpus_per_node"],
        "shards": size if 0 < size < world else world,
        "sequence": actor["ulysses_sequence_parallel_size"],
        "tensor": rollout["tensor_model_parallel_size"] * rollout["data_parallel_size"],
        "share": rollout["gpu_memory_utilization"],
        "sleeps": rollout["free_cache_engine"],
        "master": 4 if fsdp["model_dtype"] in (None, "fp32", "float32") else 2,
        "rank": model["lora_rank"],
        "weights_wait": fsdp["param_offload"],
        "moments_wait": fsdp["optimizer_offload"],
        "host": fsdp["offload_policy"],
        "checkpointing": model["enable_gradient_checkpointing"],
        "fused": model["use_fused_kernels"],
        "room": actor["ppo_max_token_len_per_gpu"],
        "prompt": data["max_prompt_length"],
        "response": data["max_response_length"],
        "context": rollout["max_model_len"] or data["max_prompt_length"] + data["max_response_length"],
        "prompts": data["train_batch_size"],
        "group": rollout["n"],
        "minibatch": actor["ppo_mini_batch_size"],
        "repeats": actor["ppo_epochs"],
        "tasks": cove["splits"]["train"]["tasks"],
        "epochs": trainer["total_epochs"],
    }
    try:
        return msgspec.convert(values, Run)
    except msgspec.ValidationError as error:
        raise InputError(f"the run cannot be planned: {error}") from None
