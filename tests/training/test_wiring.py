"""The start for tiny models: they copy what they have read before they have learnt anything."""

from typing import Any

import pytest

from cove_rl.errors import InputError

torch = pytest.importorskip("torch", reason="needs the train extra")

from .fine_tuning import Size, build_model, wire_copying  # noqa: E402


def accuracy(model: Any, tokens: Any) -> float:
    """Return how often the likeliest token is the right one when a segment comes for the second time."""
    length = tokens.shape[1]
    with torch.no_grad():
        logits = model(input_ids=tokens.repeat(1, 2)).logits[:, length:-1]
    found: float = (logits.argmax(-1) == tokens[:, 1:]).float().mean().item()
    return found


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("length", [16, 100])
def test_a_wired_model_copies_and_a_random_one_does_not(tokenizer: Any, seed: int, length: int) -> None:
    tokens = torch.randint(10, len(tokenizer), (4, length), generator=torch.Generator().manual_seed(seed))
    model = build_model(tokenizer, Size(vocabulary=4096), seed).eval()
    assert accuracy(model, tokens) < 0.1
    wire_copying(model, seed)
    assert accuracy(model, tokens) > 0.85


@pytest.mark.parametrize("size", [Size(layers=1), Size(heads=3, hidden=192), Size(hidden=72)])
def test_a_model_that_is_too_small_is_an_error(tokenizer: Any, size: Any) -> None:
    with pytest.raises(InputError, match="2 layers, 4 heads"):
        wire_copying(build_model(tokenizer, size))
