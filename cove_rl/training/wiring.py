"""A start for tiny models: attention that can copy, which training from random weights takes long to find.

What a conversation asks of a policy before anything else is to say again what it has read: an id from a tool's result
belongs into the next call. Large models learn that circuit ("induction heads", arXiv 2209.11895) in pre-training. A
tiny one has none, so here its first two layers are given the circuit, and everything else stays random:

- heads of the first layer look one, two and three tokens back and write what they find where nothing else is written;
- heads of the second layer look for a place that came after the same tokens as the next one will, and take its token.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from transformers import Qwen3ForCausalLM

from cove_rl.errors import InputError

BACK = (1, 2, 3)
"""How far the heads of the first layer look back."""

EMBEDDING = 0.12
"""Standard deviation of an embedding's entry: large enough that a token which is copied is the likeliest one."""
WRITTEN = 0.4
"""How strongly the first layer writes what it found; the embeddings must stay legible beside it."""
COPIED = 1.0
"""How strongly the second layer writes the token it copies."""
SHARPNESS = (2.2, 2.5)
"""Norm weights of queries and keys by layer: how decided the choice of a place is. All four numbers are ours: they
copy 95 % of random tokens in a segment of 100 that comes twice, without any training."""

FIRM = 20.0
"""Scale of the wired queries and keys. Their norms make it meaningless to what they compute, but a step of the
optimizer, whose size is absolute, changes them so much less: or else a high learning rate washes the circuit out."""

_FAST = 4
"""Frequencies of the rotary embedding that tell neighbours apart; slower ones hardly change from token to token, and
faster ones than the fifth would make places look alike that are far away from each other."""


def wire_copying(model: Qwen3ForCausalLM, seed: int = 0) -> None:
    """Give the first two layers of a model the circuit; `seed` seeds the directions it uses.

    Raises:
        InputError: if the model is too small for it.
    """
    config = model.config
    width, size = int(config.hidden_size), int(config.hidden_size // config.num_attention_heads)
    if config.num_hidden_layers < 2 or config.num_attention_heads < 1 + len(BACK) or size < 4 * (_FAST + 1):
        raise InputError("a model that can copy needs 2 layers, 4 heads and 20 dimensions a head")
    generator = torch.Generator().manual_seed(seed)
    frame = torch.linalg.qr(torch.randn(width, width, generator=generator))[0].T
    constant, read, *written = frame[0], *(frame[1 + size * n : 1 + size * (n + 1)] for n in range(1 + len(BACK)))
    with torch.no_grad():
        _embed(model.model.embed_tokens.weight, constant)
        first, second = (layer.self_attn for layer in model.model.layers[:2])
        angles = model.model.rotary_emb.inv_freq[:_FAST]
        for head, back in enumerate(BACK):
            _look_back(_Head(first, head, size), back * angles, constant, read, written[head])
        for head in range(config.num_attention_heads):
            depth = 1 + head * len(BACK) // config.num_attention_heads
            _match(_Head(second, head, size), [read, *written[:-1]][:depth], written[:depth], generator)
        copied = torch.linalg.qr(torch.randn(width, width, generator=generator))[0]
        second.v_proj.weight.copy_(copied)
        second.o_proj.weight.copy_(COPIED * copied.T)
        for attention, sharpness in zip((first, second), SHARPNESS, strict=True):
            attention.q_norm.weight.fill_(sharpness)
            attention.k_norm.weight.fill_(sharpness)


class _Head:
    """The weights of one head, as views: rows of queries, keys and values, columns of the output."""

    def __init__(self, attention: Any, head: int, size: int) -> None:
        rows = slice(head * size, (head + 1) * size)
        self.query = attention.q_proj.weight[rows]
        self.key = attention.k_proj.weight[rows]
        self.value = attention.v_proj.weight[rows]
        self.output = attention.o_proj.weight[:, rows]
        self.half = size // 2


def _embed(embeddings: torch.Tensor, constant: torch.Tensor) -> None:
    """Scale the embeddings and give all of them the same part along one direction, which then says "a token"."""
    embeddings.mul_(EMBEDDING / embeddings.std())
    embeddings.sub_(torch.outer(embeddings @ constant, constant))
    embeddings.add_(EMBEDDING * math.sqrt(len(constant)) * constant)


def _look_back(
    head: _Head, angles: torch.Tensor, constant: torch.Tensor, read: torch.Tensor, written: torch.Tensor
) -> None:
    """Make a head attend to a fixed distance: every query is the same, and keys are turned back by that distance."""
    head.query.zero_()
    head.key.zero_()
    for place, angle in enumerate(angles.tolist()):
        head.query[place] = FIRM * constant
        head.key[place] = FIRM * math.cos(angle) * constant
        head.key[place + head.half] = FIRM * math.sin(angle) * constant
    head.value.copy_(read)
    head.output.copy_(WRITTEN * written.T)


def _match(
    head: _Head, asked: Sequence[torch.Tensor], found: Sequence[torch.Tensor], generator: torch.Generator
) -> None:
    """Make a head attend where what was `found` before a token is what is `asked` for now.

    Only slow frequencies are used, so that the distance between the two does not matter.
    """
    head.query.zero_()
    head.key.zero_()
    mixed = torch.linalg.qr(torch.randn(len(asked[0]), len(asked[0]), generator=generator))[0]
    slow = [place + half for half in (0, head.half) for place in range(_FAST + 1, head.half)]
    for number, place in enumerate(slow):
        level = number % len(asked)
        head.query[place] = FIRM * mixed[number] @ asked[level]
        head.key[place] = FIRM * mixed[number] @ found[level]
