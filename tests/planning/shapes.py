"""Shapes and runs that the arithmetic is tried on."""

from typing import Any

from hypothesis import strategies as st

from cove_rl.planning.run import Run
from cove_rl.planning.shape import Shape

PAPER = Run(
    nodes=2,
    gpus=8,
    shards=8,
    sequence=1,
    tensor=1,
    share=0.6,
    sleeps=True,
    master=4,
    rank=0,
    weights_wait=False,
    moments_wait=False,
    host=False,
    checkpointing=True,
    fused=False,
    room=32768,
    prompt=8192,
    response=24576,
    context=32768,
    prompts=64,
    group=16,
    minibatch=64,
    repeats=1,
    tasks=12800,
    epochs=1,
)
"""The paper's machine and batch."""

powers = st.sampled_from([1, 2, 4, 8, 16])


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """Draw a model, dense or of experts."""
    experts = draw(st.sampled_from([0, 8, 128]))
    heads = draw(st.sampled_from([8, 16, 64]))
    return Shape(
        layers=draw(st.integers(1, 100)),
        hidden=draw(st.sampled_from([256, 1024, 4096])),
        intermediate=draw(st.sampled_from([512, 12288])),
        heads=heads,
        kv_heads=draw(st.sampled_from([1, 4, 8])),
        head=draw(st.sampled_from([64, 128])),
        vocabulary=draw(st.integers(1000, 200_000)),
        tied=draw(st.booleans()),
        longest=40960,
        experts=experts,
        chosen=min(experts, 8),
        expert=draw(st.sampled_from([128, 1536])) if experts else 0,
    )


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """Draw a run; not every one is of a machine that could be."""
    nodes, gpus = draw(st.sampled_from([1, 2, 8])), draw(st.sampled_from([1, 8]))
    flags = {
        name: draw(st.booleans())
        for name in ("sleeps", "weights_wait", "moments_wait", "host", "checkpointing", "fused")
    }
    values: dict[str, Any] = {
        "nodes": nodes,
        "gpus": gpus,
        "shards": draw(st.sampled_from([gpus, nodes * gpus])),
        "sequence": draw(powers),
        "tensor": draw(powers),
        "share": draw(st.floats(0.1, 0.9)),
        "master": draw(st.sampled_from([2, 4])),
        "rank": draw(st.sampled_from([0, 8, 64])),
        "room": draw(st.integers(1024, 65536)),
        "prompt": draw(st.integers(1, 8192)),
        "response": draw(st.integers(1, 32768)),
        "context": draw(st.integers(1024, 65536)),
        "prompts": draw(st.integers(1, 512)),
        "group": draw(st.integers(1, 64)),
        "minibatch": draw(st.integers(1, 512)),
        "repeats": draw(st.integers(1, 4)),
        "tasks": draw(st.integers(1, 20_000)),
        "epochs": draw(st.integers(1, 4)),
        **flags,
    }
    return Run(**values)
