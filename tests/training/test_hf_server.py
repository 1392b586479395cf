"""The rollout engine as verl sees it: its server, without Ray around it, and the trainer's side."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import compose, initialize_config_module

with warnings.catch_warnings():  # verl warns of every training engine that is not installed
    warnings.simplefilter("ignore")
    from verl.utils.config import omega_conf_to_dataclass

    from cove_rl.training.hf import replica as replica_module
    from cove_rl.training.hf.adapter import HfAdapter, _buckets
    from cove_rl.training.hf.replica import HfReplica, HfServer
    from cove_rl.training.tiny import Size, build_tiny

GREEDY: dict[str, Any] = {"temperature": 0, "top_p": 1.0, "top_k": -1, "logprobs": True}
ROOM = ("data.max_prompt_length=24", "data.max_response_length=16", "actor_rollout_ref.rollout.max_model_len=40")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model on disk."""
    folder = tmp_path_factory.mktemp("tiny")
    build_tiny(folder, ["retail"], Size(vocabulary=1024, hidden=24, layers=1, heads=2), conversations=4)
    return folder


def policy(tiny: Path, *overrides: str) -> Any:
    """Return verl's settings of the policy under the CPU profile."""
    with initialize_config_module("verl.trainer.config", version_base=None):
        model = f"actor_rollout_ref.model.path={tiny}"
        return compose("ppo_trainer", ["+env=cove_retail", "+profile=cpu", model, *overrides]).actor_rollout_ref


@pytest.fixture
def server(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HfServer]:
    """A server with room for 40 tokens."""
    monkeypatch.setattr(replica_module, "get_device_name", lambda: "cpu")
    config = policy(tiny, *ROOM, "actor_rollout_ref.rollout.engine_kwargs.hf.rows=4")
    server = HfServer(config.rollout, config.model)
    yield server
    server._engine.close()


async def test_an_answer_is_what_verl_expects(server: HfServer) -> None:
    await server.set_global_steps(7)
    answer = await server.generate([5, 6, 7], {**GREEDY, "max_tokens": 6}, "request")
    assert 0 < len(answer.token_ids) <= 6
    assert answer.log_probs is not None
    assert len(answer.log_probs) == len(answer.token_ids)
    assert (answer.stop_reason, answer.extra_fields["global_steps"]) == ("completed", 7)
    silent = await server.generate([5, 6, 7], {**GREEDY, "logprobs": False, "max_tokens": 6}, "request")
    assert (silent.token_ids, silent.log_probs) == (answer.token_ids, None)


@pytest.mark.parametrize(("prompt", "asked", "most"), [(3, None, 16), (3, 100, 16), (30, None, 10), (39, 5, 1)])
async def test_an_answer_fits_into_what_is_left(server: HfServer, prompt: int, asked: int | None, most: int) -> None:
    params = {**GREEDY, "temperature": 1.0} | ({"max_new_tokens": asked} if asked else {})
    answers = [await server.generate([9] * prompt, dict(params), "request") for _ in range(3)]
    assert max(len(answer.token_ids) for answer in answers) == most


async def test_servers_draw_different_numbers(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_module, "get_device_name", lambda: "cpu")
    drawn = []
    for rank in (0, 1, 0):
        config = policy(tiny, *ROOM)
        server = HfServer(config.rollout, config.model, rank)
        answer = await server.generate([5, 6, 7], {**GREEDY, "temperature": 1.0, "max_tokens": 12}, "request")
        drawn.append(answer.token_ids)
        server._engine.close()
    assert drawn[0] == drawn[2] != drawn[1]


async def test_a_prompt_that_leaves_no_room_is_refused(server: HfServer) -> None:
    with pytest.raises(ValueError, match="needs a prompt and room"):
        await server.generate([9] * 40, dict(GREEDY), "request")


async def test_it_ends_at_the_tokenizers_end_token_and_at_those_it_is_given(server: HfServer, tiny: Path) -> None:
    model = omega_conf_to_dataclass(policy(tiny).model)
    assert model.tokenizer.eos_token_id in server._stops
    whole = (await server.generate([5, 6, 7], {**GREEDY, "max_tokens": 8}, "request")).token_ids
    params = {**GREEDY, "max_tokens": 8, "stop_token_ids": [whole[0]]}
    stopped = await server.generate([5, 6, 7], params, "request")
    assert (stopped.token_ids, stopped.extra_fields["finish_reason"]) == (whole[:1], "stop")


async def test_new_weights_arrive(server: HfServer) -> None:
    before = (await server.generate([5, 6, 7], {**GREEDY, "max_tokens": 8}, "request")).log_probs
    state = server._engine._model.state_dict()
    await server.load({name: torch.zeros_like(tensor) for name, tensor in state.items()})
    after = await server.generate([5, 6, 7], {**GREEDY, "max_tokens": 2}, "request")
    flat = -float(torch.tensor(state["model.embed_tokens.weight"].shape[0]).log())
    assert after.log_probs == pytest.approx([flat] * len(after.token_ids), abs=1e-5)
    assert before != after.log_probs


async def test_verls_other_calls_are_answered(server: HfServer) -> None:
    for call in ("wake_up", "sleep", "clear_kv_cache", "release_kv_cache", "resume_kv_cache", "resume_generation"):
        await getattr(server, call)()
    await server.abort_all_requests(reject_request=True)


@pytest.mark.parametrize("limit", [1, 40, 10_000])
def test_weights_are_sent_in_buckets_with_nothing_lost(limit: int) -> None:
    weights = {f"weight.{number}": torch.full((number + 1,), float(number)) for number in range(9)}
    buckets = list(_buckets(weights.items(), limit))
    assert [name for bucket in buckets for name in bucket] == list(weights)
    assert all(torch.equal(tensor, weights[name]) for bucket in buckets for name, tensor in bucket.items())
    assert len(buckets) == {1: 9, 40: 4, 10_000: 1}[limit]


async def test_wire_formats_it_does_not_know_are_refused() -> None:
    adapter = HfAdapter.__new__(HfAdapter)
    with pytest.raises(ValueError, match="delta_flush"):
        await adapter.update_weights(iter(()), wire_format="delta_flush")


async def test_a_model_is_not_split(tiny: Path) -> None:
    config = policy(tiny, "actor_rollout_ref.rollout.tensor_model_parallel_size=2")
    replica = HfReplica(0, config.rollout, config.model, gpus_per_node=2)
    with pytest.raises(ValueError, match="does not split a model"):
        await replica.launch_servers()
