"""A run on a machine: what it needs, whether that fits, and what to change if it does not."""

from collections.abc import Iterator

import msgspec

from cove_rl.planning import memory
from cove_rl.planning.batches import Quantity, batches
from cove_rl.planning.memory import GIB, RESERVE, Figure, total
from cove_rl.planning.run import Run
from cove_rl.planning.shape import Shape

ACTOR, MODEL, ENGINE = "actor_rollout_ref.actor", "actor_rollout_ref.model", "actor_rollout_ref.rollout"


class Plan(msgspec.Struct, frozen=True):
    """What a run needs.

    Attributes:
        model: its name, as it was given.
        parameters: of the model.
        gpu: bytes of a GPU.
        training: what a GPU holds in an update, at worst.
        rollout: what it holds while trajectories are sampled.
        host: what a node's main memory holds.
        token: the KV cache of one token on one GPU.
        cached: tokens that an engine's KV cache holds.
        longest: trajectories of the greatest length that it holds at once; more wait, or are computed again.
        batches: of a step.
        faults: why it does not fit, with what to change; empty if it does.
    """

    model: str
    parameters: int
    gpu: int
    training: list[Figure]
    rollout: list[Figure]
    host: list[Figure]
    token: Figure
    cached: int
    longest: int
    batches: list[Quantity]
    faults: list[str]


def plan(model: str, shape: Shape, run: Run, gpu: int) -> Plan:
    """Return what a run of a model needs on GPUs of `gpu` bytes."""
    reserve = Figure("reserve", RESERVE, "context, buffers, graphs, fragments: a fixed allowance")
    asleep = [] if run.sleeps else memory.rollout(shape, run, gpu)[-2:]
    training = [*memory.training(shape, run), *asleep, reserve]
    rollout = [*memory.rollout(shape, run, gpu), reserve]
    token = memory.token(shape, run)
    cached = max(rollout[-2].bytes // token.bytes, 0)
    return Plan(
        model=model,
        parameters=shape.parameters,
        gpu=gpu,
        training=training,
        rollout=rollout,
        host=memory.host(shape, run),
        token=token,
        cached=cached,
        longest=cached // run.trajectory,
        batches=batches(run),
        faults=[*_misfits(shape, run), *_overflows(run, training, rollout, cached, gpu)],
    )


def _misfits(shape: Shape, run: Run) -> Iterator[str]:
    """Yield what cannot be whatever the memory."""
    if run.world % run.tensor:
        yield f"engines of {run.tensor} do not divide {run.world} GPUs: change {ENGINE}.tensor_model_parallel_size"
    if shape.heads % run.tensor:
        yield f"{shape.heads} heads cannot be split over engines of {run.tensor} GPUs"
    if run.world % run.sequence or shape.heads % run.sequence:
        yield (
            f"sequences over {run.sequence} GPUs do not divide {run.world} GPUs and {shape.heads} heads: "
            f"change {ACTOR}.ulysses_sequence_parallel_size"
        )
    if run.world % run.shards:
        yield f"shards of {run.shards} do not divide {run.world} GPUs: change {ACTOR}.fsdp_config.fsdp_size"
    if run.trajectory > run.context:
        yield f"a trajectory of {run.trajectory:,} tokens is more than the engine takes: {ENGINE}.max_model_len"
    if run.context > shape.longest:
        yield f"the engine is to take {run.context:,} tokens, the model {shape.longest:,}: lower {ENGINE}.max_model_len"
    if run.trajectory > run.room * run.sequence:
        yield (
            f"a trajectory of {run.trajectory:,} tokens fits no micro-batch of {run.room * run.sequence:,}: raise "
            f"{ACTOR}.ppo_max_token_len_per_gpu or {ACTOR}.ulysses_sequence_parallel_size"
        )
    if run.trajectories < run.world // run.sequence:
        yield f"{run.trajectories} trajectories leave some of {run.world // run.sequence} workers without any"


def _overflows(run: Run, training: list[Figure], rollout: list[Figure], cached: int, gpu: int) -> Iterator[str]:
    """Yield what there is no room for."""
    if total(training) > gpu:
        yield f"an update needs {_gib(total(training))} of {_gib(gpu)}: {_relief(run, training)}"
    if total(rollout) > gpu:
        yield (
            f"sampling needs {_gib(total(rollout))} of {_gib(gpu)}: lower {ENGINE}.gpu_memory_utilization, or set "
            f"{ACTOR}.fsdp_config.param_offload=true and optimizer_offload=true"
        )
    if cached < run.trajectory:
        yield (
            f"the KV cache holds {cached:,} tokens, less than one trajectory of {run.trajectory:,}: raise "
            f"{ENGINE}.tensor_model_parallel_size or gpu_memory_utilization"
        )


def _relief(run: Run, training: list[Figure]) -> str:
    """Return what would take most off an update."""
    sizes = {figure.name: figure.bytes for figure in training}
    per_token = sum(size for name, size in sizes.items() if name == "logits" or name.startswith("activations"))
    state = sum(sizes.get(name, 0) for name in ("weights", "gradients", "AdamW's two moments"))
    if not run.sleeps:
        return f"set {ENGINE}.free_cache_engine=true"
    if state > per_token:
        return f"take more GPUs, set {ACTOR}.fsdp_config.offload_policy=true, or train LoRA ({MODEL}.lora_rank=32)"
    if not run.checkpointing:
        return f"set {MODEL}.enable_gradient_checkpointing=true"
    return (
        f"halve {ACTOR}.ppo_max_token_len_per_gpu and double {ACTOR}.ulysses_sequence_parallel_size, or set "
        f"{MODEL}.use_fused_kernels=true"
    )


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
