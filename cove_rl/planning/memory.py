"""The bytes a GPU and its host hold in each phase of a step, each with the formula it comes from."""

import msgspec

from cove_rl.planning.run import Run
from cove_rl.planning.shape import Shape

GIB = 2**30

RESERVE = 6 * GIB
"""Ours: CUDA's context, buffers of NCCL and the engine, CUDA graphs, fragments; and "80 GB" are 79.6 GiB."""

HALF = 2
"""Bytes of a number in bfloat16: what both sides compute with."""

LOGIT, SCALED = 10, 12
"""Bytes of a logit in training: itself 2, its log-softmax in fp32 4, its gradient twice 2 (verl without flash-attn); in
verl's fused kernel itself, probability and gradient, in fp32."""

CHUNK = 512
"""Tokens whose logits verl's fused kernel has at once."""


class Figure(msgspec.Struct, frozen=True):
    """A number of bytes, and where it comes from."""

    name: str
    bytes: int
    formula: str


def total(figures: list[Figure]) -> int:
    """Return the sum."""
    return sum(figure.bytes for figure in figures)


def states(shape: Shape, run: Run) -> list[Figure]:
    """Return one GPU's part of the trainer's weights, gradients and moments, wherever they are."""
    adapters = shape.adapters(run.rank)
    trained = adapters or shape.parameters
    whole = shape.parameters + adapters
    return [
        _share("weights", whole, run.master, run.shards),
        _share("gradients", trained, run.master, run.shards),
        _share("AdamW's two moments", trained, 2 * run.master, run.shards),
    ]


def _share(name: str, parameters: int, size: int, shards: int) -> Figure:
    formula = f"{parameters:,} parameters x {size} bytes / {shards} shards"
    return Figure(name, _ceil(parameters * size, shards), formula)


def training(shape: Shape, run: Run) -> list[Figure]:
    """Return what a GPU holds at the worst moment of an update: a full micro-batch in the backward pass."""
    held = [] if run.host else states(shape, run)
    return [*held, _gathered(shape), _kept(shape, run), _layer(shape, run), _logits(shape, run)]


def _gathered(shape: Shape) -> Figure:
    """What is whole for a moment: two blocks in bf16, one's gradient in bf16 and fp32; the embeddings with theirs."""
    size = 10 * shape.block + 8 * shape.embeddings
    return Figure(
        "gathered blocks", size, f"10 bytes x {shape.block:,} of a block + 8 x {shape.embeddings:,} embeddings"
    )


def _kept(shape: Shape, run: Run) -> Figure:
    """What the forward pass leaves for the backward pass: each block's input, or all that is in it."""
    if run.checkpointing:
        size = run.room * shape.layers * shape.hidden * HALF
        return Figure("activations kept", size, f"{run.room:,} tokens x {shape.layers} x {shape.hidden} x {HALF} bytes")
    size = run.room * shape.layers * _width(shape) * HALF
    return Figure("activations kept", size, f"{run.room:,} tokens x {shape.layers} x {_width(shape):,} x {HALF} bytes")


def _layer(shape: Shape, run: Run) -> Figure:
    """One block's activations with their gradients, as the backward pass has them."""
    width = _width(shape)
    formula = f"{run.room:,} tokens x {width:,} x 2 (with gradients) x {HALF} bytes"
    return Figure("activations of one block", run.room * width * 2 * HALF, formula)


def _width(shape: Shape) -> int:
    """Return the numbers per token in one block: norms and residuals, query, key, value, output, the MLP's three."""
    attention = 4 * shape.hidden + 2 * (shape.heads + shape.kv_heads) * shape.head
    if shape.experts:
        return attention + shape.chosen * (3 * shape.expert + 2 * shape.hidden)
    return attention + 3 * shape.intermediate


def _logits(shape: Shape, run: Run) -> Figure:
    rows, size = (min(CHUNK, run.room), SCALED) if run.fused else (run.room, LOGIT)
    return Figure("logits", rows * shape.vocabulary * size, f"{rows:,} tokens x {shape.vocabulary:,} x {size} bytes")


def resident(shape: Shape, run: Run) -> list[Figure]:
    """Return what the trainer leaves on a GPU while the engine generates."""
    weights, _, moments = states(shape, run)
    kept = [] if run.host or run.weights_wait else [weights]
    return kept if run.host or run.moments_wait else [*kept, moments]


def rollout(shape: Shape, run: Run, gpu: int) -> list[Figure]:
    """Return what a GPU of `gpu` bytes holds while trajectories are sampled; the KV cache may be negative.

    SGLang takes a share of what is free when it starts (the trainer's weights are there, its moments not yet), puts the
    weights into it and makes the rest the KV cache.
    """
    weights, _, _ = states(shape, run)
    free = gpu - (0 if run.host or run.weights_wait else weights.bytes)
    engine = Figure(
        "engine's weights",
        _ceil(shape.parameters * HALF, run.tensor),
        f"{shape.parameters:,} parameters x {HALF} bytes / {run.tensor}, the engine's GPUs",
    )
    cache = Figure(
        "KV cache",
        int(free * run.share) - engine.bytes,
        f"{run.share:g} x {free / GIB:.1f} GiB free at the start - the engine's weights",
    )
    return [*resident(shape, run), engine, cache]


def token(shape: Shape, run: Run) -> Figure:
    """Return the KV cache of one token on one GPU of an engine."""
    heads = max(_ceil(shape.kv_heads, run.tensor), 1)
    formula = f"2 x {shape.layers} layers x {heads} heads x {shape.head} x {HALF} bytes"
    return Figure("KV cache of a token", 2 * shape.layers * heads * shape.head * HALF, formula)


def host(shape: Shape, run: Run) -> list[Figure]:
    """Return what the main memory of a node holds for its GPUs: what waits there, and the engines' copies."""
    weights, gradients, moments = states(shape, run)
    waiting = [weights] * (run.host or run.weights_wait) + [gradients] * run.host
    waiting += [moments] * (run.host or run.moments_wait)
    copy = _ceil(shape.parameters * HALF, run.tensor)
    return [
        *(Figure(one.name, one.bytes * run.gpus, f"{run.gpus} x ({one.formula})") for one in waiting),
        Figure("engines' copies", copy * run.gpus, f"{run.gpus} x {shape.parameters:,} x {HALF} bytes / {run.tensor}"),
    ]


def _ceil(number: int, parts: int) -> int:
    return -(-number // parts)
