"""The rollout engine: what it returns is what the model says, however many ask and whoever goes away."""

import asyncio
import time
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import pytest
import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from cove_rl.training.hf.engine import EngineLimits, HfEngine
from cove_rl.training.hf.request import Generated, Sampling

GREEDY = Sampling(temperature=0.0)
VOCABULARY = 64


@pytest.fixture(scope="module")
def model() -> Any:
    """A model small enough to run in milliseconds, with weights large enough that no two logits tie."""
    torch.manual_seed(0)
    shape: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "head_dim": 8}
    heads: dict[str, Any] = {"num_attention_heads": 2, "num_key_value_heads": 1}
    config = Qwen3Config(
        vocab_size=VOCABULARY, tie_word_embeddings=True, initializer_range=0.5, pad_token_id=0, **shape, **heads
    )
    return Qwen3ForCausalLM(config).eval()


@pytest.fixture
def engine(model: Any) -> Iterator[HfEngine]:
    """An engine around it."""
    engine = HfEngine(model)
    yield engine
    engine.close()


def prompts(count: int, seed: int = 0) -> list[list[int]]:
    """Return prompts of different lengths."""
    rng = Random(seed)
    return [[rng.randrange(1, VOCABULARY) for _ in range(rng.randrange(1, 40))] for _ in range(count)]


@torch.no_grad()
def forward(model: Any, prompt: list[int], tokens: list[int], temperature: float = 1.0) -> list[float]:
    """Return the log-probabilities of the tokens from one plain forward pass."""
    logits = model(torch.tensor([prompt + tokens])).logits[0, len(prompt) - 1 : -1].float()
    scores = torch.log_softmax(logits / temperature, dim=-1)
    return [float(scores[row, token]) for row, token in enumerate(tokens)]


@torch.no_grad()
def greedy(model: Any, prompt: list[int], limit: int) -> list[int]:
    """Return the likeliest tokens, one plain forward pass each."""
    ids = list(prompt)
    for _ in range(limit):
        ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
    return ids[len(prompt) :]


async def ask(engine: HfEngine, asked: list[list[int]], limit: int, sampling: Sampling) -> list[Generated]:
    return await asyncio.gather(*(engine.generate(prompt, limit, sampling) for prompt in asked))


async def test_many_at_once_get_what_each_would_get_alone(engine: HfEngine, model: Any) -> None:
    asked = prompts(40)
    together = await ask(engine, asked, 12, GREEDY)
    assert [one.tokens for one in together] == [greedy(model, prompt, 12) for prompt in asked]
    alone = [(await ask(engine, [prompt], 12, GREEDY))[0].tokens for prompt in asked[:8]]
    assert alone == [one.tokens for one in together[:8]]
    assert {one.reason for one in together} == {"length"}


@pytest.mark.parametrize(
    "sampling",
    [Sampling(), Sampling(temperature=0.6), Sampling(temperature=1.3, top_p=0.7), Sampling(top_k=5), GREEDY],
    ids=repr,
)
async def test_logprobs_are_the_models_over_the_whole_vocabulary(
    engine: HfEngine, model: Any, sampling: Sampling
) -> None:
    asked = prompts(20, seed=1)
    for prompt, answer in zip(asked, await ask(engine, asked, 10, sampling), strict=True):
        expected = forward(model, prompt, answer.tokens, sampling.temperature or 1.0)
        assert answer.logprobs == pytest.approx(expected, abs=1e-5)


async def test_sampling_follows_the_models_distribution(engine: HfEngine, model: Any) -> None:
    answers = await ask(engine, [[3, 5, 8]] * 2000, 1, Sampling(temperature=2.0))
    counts = torch.bincount(torch.tensor([one.tokens[0] for one in answers]), minlength=VOCABULARY)
    expected = torch.tensor([forward(model, [3, 5, 8], [token], 2.0)[0] for token in range(VOCABULARY)]).exp()
    assert float((counts / 2000 - expected).abs().sum()) < 0.25  # chance alone comes to 0.14


async def test_it_stops_at_a_stop_token_and_keeps_it(engine: HfEngine, model: Any) -> None:
    prompt = prompts(1, seed=2)[0]
    whole = greedy(model, prompt, 20)
    stop = whole[7]
    first = whole.index(stop)
    stopped, free = await asyncio.gather(
        engine.generate(prompt, 20, GREEDY, frozenset([stop])), engine.generate(prompt, 20, GREEDY)
    )
    assert (stopped.tokens, stopped.reason) == (whole[: first + 1], "stop")
    assert (free.tokens, free.reason) == (whole, "length")
    assert len(stopped.logprobs) == len(stopped.tokens)


async def test_limits_are_each_requests_own(engine: HfEngine) -> None:
    limits = [1, 2, 5, 11]
    answers = await asyncio.gather(*(engine.generate([4, 9], limit, Sampling()) for limit in limits))
    assert [len(one.tokens) for one in answers] == limits


async def test_requests_that_differ_in_sampling_do_not_mix(engine: HfEngine, model: Any) -> None:
    asked = prompts(12, seed=3)
    kinds = [GREEDY, Sampling(top_k=1), Sampling(temperature=0.5, top_k=1)] * 4
    answers = await asyncio.gather(*(engine.generate(p, 6, kind) for p, kind in zip(asked, kinds, strict=True)))
    assert [one.tokens for one in answers] == [greedy(model, prompt, 6) for prompt in asked]
    for prompt, kind, answer in zip(asked, kinds, answers, strict=True):
        expected = forward(model, prompt, answer.tokens, kind.temperature or 1.0)
        assert answer.logprobs == pytest.approx(expected, abs=1e-5)


async def test_a_cancelled_request_hurts_no_other(engine: HfEngine, model: Any) -> None:
    long = asyncio.create_task(engine.generate([1, 2, 3], 100_000, Sampling()))
    asked = prompts(6, seed=4)
    others = [asyncio.create_task(engine.generate(prompt, 8, Sampling(top_k=1))) for prompt in asked]
    await asyncio.sleep(0.3)
    others[2].cancel()
    long.cancel()
    answers = await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 60)
    assert isinstance(answers[2], asyncio.CancelledError)
    kept = [(prompt, one) for prompt, one in zip(asked, answers, strict=True) if isinstance(one, Generated)]
    assert len(kept) == 5
    assert all(one.tokens == greedy(model, prompt, 8) for prompt, one in kept)
    assert (await asyncio.wait_for(engine.generate([5], 3, GREEDY), 60)).reason == "length"


async def test_a_deadline_answers_with_what_there_is(model: Any) -> None:
    engine = HfEngine(model, EngineLimits(seconds=0.5))
    started = time.monotonic()
    answer = await asyncio.wait_for(engine.generate([1, 2], 100_000, Sampling()), 60)
    assert (answer.reason, time.monotonic() - started < 30) == ("aborted", True)
    assert 0 < len(answer.tokens) == len(answer.logprobs)
    assert (await engine.generate([5], 3, GREEDY)).reason == "length"
    engine.close()


async def test_abort_answers_everyone(engine: HfEngine) -> None:
    asked = [asyncio.create_task(engine.generate(prompt, 100_000, Sampling())) for prompt in prompts(5)]
    waiting = asyncio.create_task(engine.generate([1], 100_000, GREEDY))  # another way to draw: the next batch
    await asyncio.sleep(0.3)
    engine.abort()
    answers = await asyncio.wait_for(asyncio.gather(*asked, waiting), 60)
    assert {one.reason for one in answers} == {"aborted"}
    assert answers[-1].tokens == []


async def test_a_failing_batch_fails_its_requests_and_the_next_one_runs(
    engine: HfEngine, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: Any, **__: Any) -> None:
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(model, "generate", burst)
        answers = await asyncio.gather(*(engine.generate([1], 2, GREEDY) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in answers] == [MemoryError] * 3
    assert (await engine.generate([1], 2, GREEDY)).reason == "length"


@pytest.mark.parametrize(("prompt", "limit"), [([], 4), ([1], 0)])
async def test_impossible_requests_are_refused(engine: HfEngine, prompt: list[int], limit: int) -> None:
    with pytest.raises(ValueError, match="needs a prompt"):
        await engine.generate(prompt, limit, GREEDY)


async def test_batches_keep_to_their_limits(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = HfEngine(model, EngineLimits(rows=4, tokens=100))
    shapes: list[tuple[int, int]] = []
    generate = model.generate

    def watched(ids: torch.Tensor, **kwargs: Any) -> Any:
        shapes.append((ids.shape[0], ids.shape[1]))
        return generate(ids, **kwargs)

    monkeypatch.setattr(model, "generate", watched)
    asked = prompts(30, seed=5)
    answers = await ask(engine, asked, 3, GREEDY)
    engine.close()
    assert all(rows <= 4 and (rows * width <= 100 or rows == 1) for rows, width in shapes)
    monkeypatch.undo()
    assert [one.tokens for one in answers] == [greedy(model, prompt, 3) for prompt in asked]


async def test_a_next_turn_reads_only_what_is_new_and_says_the_same(model: Any) -> None:
    model = deepcopy(model).double()  # so that a wrong position shows, and rounding does not
    engine, fresh = HfEngine(model), Random(7)
    read: list[int] = []
    hook = model.model.register_forward_pre_hook(
        lambda _, __, kwargs: read.append(kwargs["input_ids"].numel()), with_kwargs=True
    )
    shared = [fresh.randrange(1, VOCABULARY) for _ in range(200)]  # a system prompt
    talks = [shared + [fresh.randrange(1, VOCABULARY) for _ in range(fresh.randrange(1, 9))] for _ in range(12)]
    for turn in range(4):
        read.clear()
        answers = await ask(engine, talks, 6, Sampling(temperature=0.8))
        assert turn == 0 or max(read) <= 12 * 16, "it read whole conversations again"
        for number, (talk, answer) in enumerate(zip(talks, answers, strict=True)):
            assert answer.logprobs == pytest.approx(forward(model, talk, answer.tokens, 0.8), abs=2e-6)
            said = [fresh.randrange(1, VOCABULARY) for _ in range(fresh.randrange(1, 9))]
            talks[number] = talk + answer.tokens + said
    newcomer = [*shared, 5, 6]
    assert (await engine.generate(newcomer, 6, GREEDY)).tokens == greedy(model, newcomer, 6)
    hook.remove()
    engine.close()


async def test_new_weights_are_used_from_the_next_batch_on(model: Any) -> None:
    torch.manual_seed(1)
    other = Qwen3ForCausalLM(model.config).eval()
    engine = HfEngine(Qwen3ForCausalLM(model.config))
    engine.load(model.state_dict())
    prompt = prompts(1, seed=6)[0]
    before = (await engine.generate(prompt, 10, GREEDY)).tokens
    engine.load(other.state_dict())  # what it has read is forgotten with them
    after = (await engine.generate(prompt, 10, GREEDY)).tokens
    with pytest.raises(KeyError, match=r"no\.such"):
        engine.load({"no.such": torch.zeros(1)})
    engine.close()
    assert (before, after) == (greedy(model, prompt, 10), greedy(other, prompt, 10))
    with pytest.raises(RuntimeError, match="closed"):
        await engine.generate(prompt, 1, GREEDY)
