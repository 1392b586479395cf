"""What the model has read before, as keys and values: the next turn of a conversation reads only what is new."""

from collections.abc import Sequence
from typing import Any, cast

import msgspec
import numpy as np
import torch
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

from cove_rl.training.hf.growing import GrowingLayer

SHORTEST = 16
"""Tokens in common that are worth the copying (ours)."""

Layer = tuple[torch.Tensor, torch.Tensor]
"""Keys and values of one layer: heads x tokens x width each."""


class Prefix(msgspec.Struct, frozen=True):
    """Tokens the model has read, and what it kept of them.

    Attributes:
        tokens: the tokens.
        layers: keys and values, layer by layer.
    """

    tokens: Any
    layers: tuple[Layer, ...]


class Known(msgspec.Struct, frozen=True):
    """How much of a prompt has been read before: the first `length` tokens of `prefix`."""

    length: int = 0
    prefix: Prefix | None = None


class Prefixes:
    """Prefixes of the conversations that spoke last.

    Args:
        config: the model's. A model whose layers keep something else than keys and values of all tokens is never
            remembered.
        limit: tokens to remember, over all conversations; 0 for none.
    """

    def __init__(self, config: Any, limit: int) -> None:
        self._config = config
        self._plain = all(type(layer) is DynamicLayer for layer in DynamicCache(config=config).layers)
        self._limit = limit if self._plain else 0
        self._kept: list[Prefix] = []

    def find(self, prompt: Sequence[int]) -> Known:
        """Return the longest beginning of a prompt that was read before; its last token is always left to read."""
        asked = np.asarray(prompt[:-1])
        lengths = [_common(asked, prefix.tokens) for prefix in self._kept]
        best = max(range(len(lengths)), key=lengths.__getitem__, default=-1)
        if best < 0 or lengths[best] < SHORTEST:
            return Known()
        return Known(lengths[best], self._kept[best])

    def cache(self, known: Sequence[Known]) -> Cache:
        """Return a cache for a batch: a row per prompt, what is known of it at the right edge, zeros before."""
        cache: Cache = DynamicCache(config=self._config)
        if self._plain:
            cache = Cache(layers=[GrowingLayer(self._config) for _ in cache.layers])
        width = max(one.length for one in known)
        example = next((one.prefix for one in known if one.prefix is not None), None)
        for number, layer in enumerate(example.layers if example else ()):
            both = [torch.zeros(len(known), kind.shape[0], width, kind.shape[2]).to(kind) for kind in layer]
            for row, one in enumerate(known):
                for kind, target in zip(one.prefix.layers[number] if one.prefix else (), both, strict=False):
                    target[row, :, width - one.length :] = kind[:, : one.length]
            cache.update(both[0], both[1], number)
        return cache

    def keep(self, tokens: Sequence[int], cache: Cache, row: int, columns: Sequence[int]) -> None:
        """Remember what a batch has read for one of its rows, in place of what it continues.

        Args:
            tokens: the tokens read.
            cache: the batch's.
            row: which row.
            columns: where the tokens are in that row.
        """
        if not self._limit or len(tokens) > self._limit:
            return
        read, full = np.asarray(tokens), cast("list[Any]", cache.layers)
        at = torch.tensor(columns, device=full[0].keys.device)
        layers = tuple((layer.keys[row][:, at], layer.values[row][:, at]) for layer in full)
        self._kept = [one for one in self._kept if _common(read, one.tokens) < len(one.tokens)]
        self._kept.append(Prefix(read, layers))
        while sum(len(one.tokens) for one in self._kept) > self._limit:
            self._kept.pop(0)

    def clear(self) -> None:
        """Forget everything, as the weights have changed."""
        self._kept = []


def _common(one: Any, other: Any) -> int:
    """Return how many tokens two sequences have in common at their beginnings."""
    length = min(len(one), len(other))
    differ = one[:length] != other[:length]
    return int(differ.argmax()) if differ.any() else length
