"""Shapes: their numbers of parameters are those of transformers' models, and of the models' cards."""

import json
import warnings
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.errors import InputError
from cove_rl.planning.shape import KNOWN, LONG_POSITIONS, Shape, read_shape

from .shapes import shapes

CARDS = {
    "Qwen3-0.6B": (0.6e9, 0.44e9),
    "Qwen3-1.7B": (1.7e9, 1.4e9),
    "Qwen3-4B": (4.0e9, 3.6e9),
    "Qwen3-8B": (8.2e9, 6.95e9),
    "Qwen3-30B-A3B": (30.5e9, 29.9e9),
    "Qwen3-235B-A22B": (235e9, 234e9),
}
"""Parameters with and without embeddings, rounded as the cards of the models have them."""


def as_config(shape: Shape) -> dict[str, Any]:
    """Return a shape as a config.json has it."""
    plain = {
        "num_hidden_layers": shape.layers,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head,
        "vocab_size": shape.vocabulary,
        "tie_word_embeddings": shape.tied,
        "max_position_embeddings": shape.longest,
    }
    experts = {
        "num_experts": shape.experts,
        "num_experts_per_tok": shape.chosen,
        "moe_intermediate_size": shape.expert,
    }
    return {**plain, **experts} if shape.experts else plain


@pytest.mark.parametrize("name", KNOWN)
def test_parameters_are_those_of_the_card(name: str) -> None:
    shape, (whole, inner) = KNOWN[name], CARDS[name]
    assert shape.parameters == pytest.approx(whole, rel=0.013)
    assert shape.parameters - shape.embeddings == pytest.approx(inner, rel=0.013)


@pytest.mark.parametrize("name", ["Qwen3-0.6B", "Qwen3-4B", "Qwen3-8B", "Qwen3-30B-A3B"])
def test_parameters_are_those_of_transformers(name: str) -> None:
    torch: Any = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transformers: Any = pytest.importorskip("transformers")
        shape = msgspec.structs.replace(KNOWN[name], layers=2)
        make = transformers.Qwen3MoeConfig if shape.experts else transformers.Qwen3Config
        with torch.device("meta"):
            model = transformers.AutoModelForCausalLM.from_config(make(**as_config(shape)))
    assert sum(weight.numel() for weight in model.parameters()) == shape.parameters


def test_adapters_are_those_of_peft() -> None:
    torch: Any = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transformers: Any = pytest.importorskip("transformers")
        peft: Any = pytest.importorskip("peft")
        shape = Shape(2, 64, 96, 4, 2, 16, 500, tied=False, longest=128)
        model = transformers.AutoModelForCausalLM.from_config(transformers.Qwen3Config(**as_config(shape)))
        lora = peft.LoraConfig(r=8, target_modules="all-linear", task_type="CAUSAL_LM")
        model = peft.get_peft_model(model, lora)
    assert isinstance(model, torch.nn.Module)
    assert sum(weight.numel() for weight in model.parameters() if weight.requires_grad) == shape.adapters(8)


@given(shapes())
def test_the_parts_make_the_whole(shape: Shape) -> None:
    assert shape.parameters == shape.layers * shape.block + shape.embeddings + shape.hidden
    assert msgspec.structs.replace(shape, tied=False).parameters >= shape.parameters


@given(shapes(), st.integers(1, 256))
def test_adapters_grow_with_the_rank_alone(shape: Shape, rank: int) -> None:
    assert shape.adapters(0) == 0
    assert shape.adapters(rank) == rank * shape.adapters(1) > 0


@given(shape=shapes())
def test_a_configuration_is_read_as_it_is(shape: Shape, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("model")
    (folder / "config.json").write_text(json.dumps(as_config(shape)))
    assert read_shape(str(folder)) == read_shape(str(folder / "config.json")) == shape


def test_names_of_releases() -> None:
    plain = KNOWN["Qwen3-4B"]
    assert read_shape("Qwen/Qwen3-4B") == read_shape("Qwen3-4B-Base") == plain
    longer = read_shape("Qwen/Qwen3-4B-Instruct-2507")
    assert longer == msgspec.structs.replace(plain, longest=LONG_POSITIONS)


@pytest.mark.parametrize("name", ["Qwen/Qwen3-40B", "Qwen3-4BX", "no/such/folder", ""])
def test_an_unknown_model(name: str) -> None:
    with pytest.raises(InputError, match=r"not known|no configuration"):
        read_shape(name)


@pytest.mark.parametrize(
    ("change", "fault"),
    [({"hidden_size": 0}, "hidden_size"), ({"n_routed_experts": 4}, "built otherwise"), ({"vocab_size": "x"}, "vocab")],
)
def test_a_configuration_that_is_none(change: dict[str, Any], fault: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({**as_config(KNOWN["Qwen3-4B"]), **change}))
    with pytest.raises(InputError, match=fault):
        read_shape(str(tmp_path))
