"""The tiny policy: a tokenizer of the domain's own text, and a model that fits it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cove_rl.world.domain import get_domain

from .cases import solved
from .engines import (
    MARKS,
    AutoConfig,
    AutoTokenizer,
    QwenContinuousTokenBuilder,
    Size,
    build_model,
    build_tiny,
    build_tokenizer,
    conversation_tokens,
    quick,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_any_text_comes_back_as_it_was(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text


def test_digits_and_line_breaks_stand_alone_and_marks_are_whole(tokenizer: Any) -> None:
    assert len(tokenizer.encode("0123456789", add_special_tokens=False)) == 10
    assert len(tokenizer.encode("\n\n\n", add_special_tokens=False)) == 3
    for mark in (*MARKS, "<|im_start|>", "<|im_end|>", "<|endoftext|>"):
        assert len(tokenizer.encode(f"a{mark}b", add_special_tokens=False)) == 3
    assert {"<|im_start|>", "<|im_end|>", "<|endoftext|>"} == set(tokenizer.all_special_tokens)


def test_a_conversation_about_one_request_fits_in_4096_tokens(tokenizer: Any) -> None:
    builder = quick(QwenContinuousTokenBuilder(tokenizer))
    for one in (one for one in solved() if len(one.task.requests) == 1):
        assert len(conversation_tokens(builder, get_domain("retail"), one.trajectory.messages).ids) < 4096


def test_it_is_the_same_each_time(tokenizer: Any) -> None:
    assert build_tokenizer(["retail"], 4096, 20).get_vocab() == tokenizer.get_vocab()


def test_the_model_fits_the_tokenizer_and_its_seed_decides_its_weights(tokenizer: Any) -> None:
    size = Size(vocabulary=4096, hidden=24, layers=1, heads=2, positions=512)
    one, same, other = (build_model(tokenizer, size, seed) for seed in (1, 1, 2))
    assert one.config.vocab_size == len(tokenizer)
    assert (one.config.eos_token_id, one.config.pad_token_id) == (tokenizer.eos_token_id, tokenizer.pad_token_id)
    weights: list[Any] = [model.get_input_embeddings().weight for model in (one, same, other)]
    assert weights[0].equal(weights[1])
    assert not weights[0].equal(weights[2])


@pytest.mark.parametrize("seed", [3])
def test_a_folder_holds_both(tmp_path: Path, seed: int) -> None:
    size = Size(vocabulary=1000, hidden=24, layers=1, heads=2, positions=512)
    parameters = build_tiny(tmp_path / "tiny", ["retail"], size, conversations=2, seed=seed)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "tiny")
    config = AutoConfig.from_pretrained(tmp_path / "tiny")
    assert config.model_type == "qwen3"
    assert config.vocab_size == len(tokenizer) <= 1000
    assert 1000 * 24 < parameters < 1000 * 24 * 2
    assert tokenizer.chat_template.startswith("{#-")
    assert set(tokenizer.all_special_tokens) == {"<|im_start|>", "<|im_end|>", "<|endoftext|>"}
