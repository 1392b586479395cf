"""What the rollout engine remembers of earlier conversations."""

from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import Qwen3Config
from transformers.cache_utils import DynamicCache, DynamicLayer

from cove_rl.training.hf.batch import Layout
from cove_rl.training.hf.growing import GrowingLayer
from cove_rl.training.hf.prefixes import SHORTEST, Known, Prefixes

HEADS, WIDTH, LAYERS = 2, 4, 3
SHAPE: dict[str, Any] = {"num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "num_key_value_heads": HEADS}
CONFIG = Qwen3Config(head_dim=WIDTH, **SHAPE)
TOKENS = st.lists(st.integers(0, 3), min_size=1, max_size=60)


def keys_of(tokens: list[int], layer: int) -> torch.Tensor:
    """Return keys that tell which token they are of: heads x tokens x width."""
    return (torch.tensor(tokens, dtype=torch.float32) + 10 * layer)[None, :, None].expand(HEADS, -1, WIDTH)


def remember(prefixes: Prefixes, tokens: list[int]) -> None:
    """Have it keep a conversation, as the only row of a batch."""
    cache = DynamicCache(config=CONFIG)
    for layer in range(LAYERS):
        cache.update(keys_of(tokens, layer)[None], -keys_of(tokens, layer)[None], layer)
    prefixes.keep(tokens, cache, 0, range(len(tokens)))


def common(one: list[int], other: list[int]) -> int:
    """Return how many tokens two lists have in common at their beginnings."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


@given(st.lists(TOKENS, max_size=6), TOKENS)
def test_the_longest_beginning_is_found(kept: list[list[int]], prompt: list[int]) -> None:
    prefixes = Prefixes(CONFIG, 10_000)
    for tokens in kept:
        remember(prefixes, tokens)
    best = max((min(common(prompt, tokens), len(prompt) - 1) for tokens in kept), default=0)
    known = prefixes.find(prompt)
    assert known.length == (best if best >= SHORTEST else 0)
    assert (known.prefix is None) == (known.length == 0)


@given(st.lists(TOKENS, min_size=1, max_size=8), st.integers(0, 120))
def test_memory_is_bounded_and_the_newest_stays(kept: list[list[int]], limit: int) -> None:
    prefixes = Prefixes(CONFIG, limit)
    for tokens in kept:
        remember(prefixes, tokens)
    assert sum(len(prefix.tokens) for prefix in prefixes._kept) <= limit
    if SHORTEST <= len(kept[-1]) <= limit:
        assert prefixes.find([*kept[-1], 9]).length == len(kept[-1])
    prefixes.clear()
    assert prefixes.find([*kept[-1], 9]) == Known()


def test_a_conversation_that_goes_on_takes_the_place_of_its_beginning() -> None:
    prefixes = Prefixes(CONFIG, 10_000)
    for length in (20, 40, 60):
        remember(prefixes, list(range(length)))
    assert [len(prefix.tokens) for prefix in prefixes._kept] == [60]


def test_a_cache_has_what_is_known_at_its_right_edge() -> None:
    prefixes, one, other = Prefixes(CONFIG, 10_000), [1] * 30, [2] * 20
    remember(prefixes, one)
    remember(prefixes, other)
    known = [prefixes.find([*one[:25], 7, 7]), prefixes.find([3, 3]), prefixes.find([*other, 7])]
    assert [each.length for each in known] == [25, 0, 20]
    cache: Any = prefixes.cache(known)
    for layer in range(LAYERS):
        keys, values = cache.layers[layer].keys, cache.layers[layer].values
        assert keys.shape == (3, HEADS, 25, WIDTH)
        assert torch.equal(keys[0], keys_of(one[:25], layer))
        assert not keys[1].any()
        assert not keys[2, :, :5].any()
        assert torch.equal(keys[2, :, 5:], keys_of(other, layer))
        assert torch.equal(values, -keys)


def test_a_model_with_other_caches_is_never_remembered() -> None:
    sliding = Qwen3Config(head_dim=WIDTH, use_sliding_window=True, sliding_window=8, max_window_layers=0, **SHAPE)
    prefixes = Prefixes(sliding, 10_000)
    prefixes.keep([1] * 30, DynamicCache(config=sliding), 0, range(30))
    assert prefixes.find([1] * 40) == Known()


@given(st.lists(st.tuples(TOKENS, st.integers(0, 59)), min_size=1, max_size=6), st.integers(0, 5))
def test_a_layout_keeps_every_token_in_order(rows: list[tuple[list[int], int]], drawn: int) -> None:
    prompts = [[token + 1 for token in tokens] for tokens, _ in rows]
    known = [min(length, len(tokens) - 1) for tokens, length in rows]
    layout = Layout(prompts, known)
    ids, mask = layout.tensors(0, torch.device("cpu"))
    middle = max(known)
    for row, prompt in enumerate(prompts):
        assert ids[row][mask[row].bool()].tolist() == prompt
        assert int(mask[row, :middle].sum()) == known[row]
        assert mask[row, -1] == 1
        columns = layout.columns(row, drawn)
        assert columns[len(prompt) :] == list(range(ids.shape[1], ids.shape[1] + drawn))
        assert columns == sorted(set(columns))


@given(st.lists(st.integers(1, 200), min_size=1, max_size=8))
def test_a_growing_layer_holds_what_a_dynamic_one_does(lengths: list[int]) -> None:
    growing, dynamic = GrowingLayer(), DynamicLayer()
    for number, length in enumerate(lengths):
        keys = torch.full((2, HEADS, length, WIDTH), float(number))
        values = torch.arange(2 * HEADS * length * WIDTH, dtype=torch.float32).view_as(keys)
        for mine, theirs in zip(growing.update(keys, values), dynamic.update(keys, values), strict=True):
            assert torch.equal(mine, theirs)
    assert growing.get_seq_length() == dynamic.get_seq_length() == sum(lengths)
    assert growing.get_mask_sizes(3) == dynamic.get_mask_sizes(3)


def test_find_leaves_a_token_to_read() -> None:
    prefixes = Prefixes(CONFIG, 100)
    remember(prefixes, [1] * 30)
    assert prefixes.find([1] * 30).length == 29
