"""Plans: sums are right, figures grow with what they should grow with, and a case that was worked out by hand."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.planning import memory
from cove_rl.planning.batches import batches
from cove_rl.planning.memory import GIB, total
from cove_rl.planning.plan import plan
from cove_rl.planning.run import Run
from cove_rl.planning.shape import KNOWN, Shape, read_shape

from .shapes import PAPER, runs, shapes

QWEN = read_shape("Qwen/Qwen3-4B-Instruct-2507")


def changed(run: Run, **values: Any) -> Run:
    return msgspec.structs.replace(run, **values)


def sizes(figures: list[memory.Figure]) -> dict[str, int]:
    return {figure.name: figure.bytes for figure in figures}


def test_the_papers_run_by_hand() -> None:
    made = plan("Qwen3-4B", QWEN, PAPER, 80 * GIB)
    parameters = 36 * (2560 * (4096 + 1024 + 1024) + 4096 * 2560 + 3 * 2560 * 9728 + 256 + 5120) + 151936 * 2560 + 2560
    assert parameters == made.parameters == 4_022_468_096
    assert sizes(made.training) == {
        "weights": 2_011_234_048,
        "gradients": 2_011_234_048,
        "AdamW's two moments": 4_022_468_096,
        "gathered blocks": 1_009_308_160 + 3_111_649_280,
        "activations kept": 32768 * 36 * 2560 * 2,
        "activations of one block": 32768 * (4 * 2560 + 2 * 40 * 128 + 3 * 9728) * 4,
        "logits": 49_786_388_480,
        "reserve": 6 * GIB,
    }
    rollout = sizes(made.rollout)
    assert rollout["engine's weights"] == 8_044_936_192
    assert rollout["KV cache"] == int((80 * GIB - 2_011_234_048) * 0.6) - 8_044_936_192
    assert made.token.bytes == 147_456
    assert made.longest == rollout["KV cache"] // 147_456 // 32768 == 8
    assert made.faults == []
    counts = {one.name: one.count for one in made.batches}
    assert counts["trajectories of a step"] == 1024
    assert counts["tokens of a step"] == 2**25
    assert counts["micro-batches of a worker"] == 64
    assert counts["steps"] == 200


@given(shapes(), runs(), st.integers(8, 200))
def test_figures_are_no_less_than_nothing_but_the_cache(shape: Shape, run: Run, gib: int) -> None:
    made = plan("m", shape, run, gib * GIB)
    figures = [*made.training, *made.rollout, *made.host]
    assert all(figure.bytes >= 0 for figure in figures if figure.name != "KV cache")
    assert all(figure.formula and figure.name for figure in figures)
    assert made.cached >= 0
    assert all(quantity.count >= 0 for quantity in made.batches)


@given(shapes(), runs())
def test_shards_together_hold_everything_once(shape: Shape, run: Run) -> None:
    whole = total(memory.states(shape, changed(run, shards=1)))
    parts = run.shards * total(memory.states(shape, run))
    assert whole <= parts < whole + 3 * run.shards


MORE: dict[str, Callable[[Run], int | bool]] = {
    "room": lambda run: run.room * 2,
    "master": lambda run: run.master * 2,
    "shards": lambda run: run.shards * 2,
    "checkpointing": lambda run: True,
    "fused": lambda run: True,
    "host": lambda run: True,
}
"""Changes of one setting; those of the first two need more memory, those of the others no more."""


@given(shapes(), runs(), st.sampled_from(sorted(MORE)))
def test_an_update_grows_and_shrinks_as_it_should(shape: Shape, run: Run, name: str) -> None:
    before = total(memory.training(shape, run))
    after = total(memory.training(shape, changed(run, **{name: MORE[name](run)})))
    if name in ("room", "master"):
        assert after >= before
    else:
        assert after <= before


@given(shapes(), runs())
def test_lora_holds_less_of_what_is_trained(shape: Shape, run: Run) -> None:
    full, lora = (sizes(memory.states(shape, changed(run, rank=rank))) for rank in (0, 1))
    if shape.adapters(1) < shape.parameters:
        assert lora["gradients"] <= full["gradients"]
        assert lora["AdamW's two moments"] <= full["AdamW's two moments"]
    assert lora["weights"] >= full["weights"]


@given(shapes(), runs(), st.integers(8, 200))
def test_an_engine_holds_more_with_more_memory(shape: Shape, run: Run, gib: int) -> None:
    small, large = (plan("m", shape, run, size * GIB) for size in (gib, gib + 8))
    assert small.cached <= large.cached
    assert small.longest <= large.longest
    wider = plan("m", shape, changed(run, tensor=run.tensor * 2), gib * GIB)
    assert wider.token.bytes <= small.token.bytes


@given(shapes(), runs(), st.integers(8, 200))
def test_what_fits_has_room(shape: Shape, run: Run, gib: int) -> None:
    made = plan("m", shape, run, gib * GIB)
    if not made.faults:
        assert max(total(made.training), total(made.rollout)) <= gib * GIB
        assert made.longest >= 1
        assert run.trajectory <= min(run.context, run.room * run.sequence)


@given(runs())
def test_batches_lose_nothing(run: Run) -> None:
    found = {one.name: one.count for one in batches(changed(run, tensor=1, sequence=1))}
    assert found["trajectories of a step"] == run.prompts * run.group
    assert found["trajectories of an engine"] * found["engines"] >= run.trajectories
    assert found["trajectories of a worker"] * found["workers that train"] >= run.trajectories
    assert 1 <= found["micro-batches of a worker"] <= found["trajectories of a worker"]
    assert found["updates of a step"] * run.minibatch >= run.prompts * run.repeats
    assert found["steps"] * run.prompts <= run.tasks * run.epochs


@pytest.mark.parametrize(
    ("changes", "model", "gib", "fault"),
    [
        ({"tensor": 3}, "Qwen3-4B", 80, "engines of 3 do not divide 16"),
        ({"sequence": 3}, "Qwen3-4B", 80, "ulysses_sequence_parallel_size"),
        ({"shards": 5}, "Qwen3-4B", 80, "fsdp_size"),
        ({"context": 16384}, "Qwen3-4B", 80, "max_model_len"),
        ({"room": 16384}, "Qwen3-4B", 80, "fits no micro-batch"),
        ({"context": 65536, "room": 65536}, "Qwen3-4B", 160, "the model 40,960"),
        ({"prompts": 1, "group": 8}, "Qwen3-4B", 80, "leave some of 16 workers"),
        ({}, "Qwen3-4B", 40, "use_fused_kernels"),
        ({"shards": 1}, "Qwen3-4B", 80, "offload_policy"),
        ({"share": 0.95}, "Qwen3-4B", 80, "lower actor_rollout_ref.rollout.gpu_memory_utilization"),
        ({}, "Qwen3-235B-A22B", 80, "the KV cache holds 0 tokens"),
        ({"sleeps": False}, "Qwen3-4B", 80, "free_cache_engine=true"),
        ({"checkpointing": False}, "Qwen3-4B", 80, "enable_gradient_checkpointing=true"),
    ],
)
def test_what_does_not_fit_is_said_with_what_to_change(
    changes: dict[str, Any], model: str, gib: int, fault: str
) -> None:
    made = plan(model, KNOWN[model], changed(PAPER, **changes), gib * GIB)
    assert any(fault in one for one in made.faults), made.faults
