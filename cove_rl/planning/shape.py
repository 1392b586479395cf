"""The shape of a decoder-only transformer: what its numbers of parameters and of bytes per token follow from."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cove_rl.errors import InputError

Count = Annotated[int, Meta(ge=1)]


class Shape(msgspec.Struct, frozen=True):
    """A model as Qwen3 is built: grouped-query attention with normed queries and keys, a gated MLP or experts.

    Models of the same plan with biases or without those norms (Qwen2, Llama) differ by less than one in a thousand.

    Attributes:
        layers: blocks of attention and MLP.
        hidden: width of the residual stream.
        intermediate: width of a dense block's MLP; unused where there are experts.
        heads: of queries.
        kv_heads: of keys and values.
        head: width of one head.
        vocabulary: rows of the embedding.
        tied: whether the output layer is the embedding.
        longest: positions the model was made for.
        experts: in a block; 0 for a dense model.
        chosen: experts that a token goes through.
        expert: width of an expert.
    """

    layers: Count
    hidden: Count
    intermediate: Count
    heads: Count
    kv_heads: Count
    head: Count
    vocabulary: Count
    tied: bool
    longest: Count
    experts: int = 0
    chosen: int = 0
    expert: int = 0

    @property
    def attention(self) -> tuple[tuple[int, int], ...]:
        """(in, out) of the four linear layers of attention: query, key, value, output."""
        query, key = self.heads * self.head, self.kv_heads * self.head
        return (self.hidden, query), (self.hidden, key), (self.hidden, key), (query, self.hidden)

    @property
    def mlp(self) -> tuple[tuple[int, int], ...]:
        """(in, out) of the linear layers of a dense MLP: gate, up, down; none where there are experts."""
        if self.experts:
            return ()
        return (self.hidden, self.intermediate), (self.hidden, self.intermediate), (self.intermediate, self.hidden)

    @property
    def block(self) -> int:
        """Parameters of one block."""
        linear = sum(rows * columns for rows, columns in (*self.attention, *self.mlp))
        experts = self.experts * (3 * self.hidden * self.expert + self.hidden)
        return linear + experts + 2 * self.head + 2 * self.hidden

    @property
    def embeddings(self) -> int:
        """Parameters of the embedding and, if it has its own, of the output layer."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def parameters(self) -> int:
        """Parameters of the model."""
        return self.layers * self.block + self.embeddings + self.hidden

    def adapters(self, rank: int) -> int:
        """Parameters of LoRA of this rank on every linear layer but the output; experts are no linear layers."""
        sides = sum(rows + columns for rows, columns in (*self.attention, *self.mlp))
        return self.layers * rank * sides


def _qwen3(layers: int, hidden: int, intermediate: int, heads: int, **others: Any) -> Shape:
    fixed = {"kv_heads": 8, "head": 128, "vocabulary": 151936, "tied": False, "longest": 40960}
    return Shape(layers, hidden, intermediate, heads, **{**fixed, **others})


def _mixture(layers: int, hidden: int, intermediate: int, heads: int, expert: int) -> Shape:
    return _qwen3(layers, hidden, intermediate, heads, kv_heads=4, experts=128, chosen=8, expert=expert)


KNOWN = {
    "Qwen3-0.6B": _qwen3(28, 1024, 3072, 16, tied=True),
    "Qwen3-1.7B": _qwen3(28, 2048, 6144, 16, tied=True),
    "Qwen3-4B": _qwen3(36, 2560, 9728, 32, tied=True),
    "Qwen3-8B": _qwen3(36, 4096, 12288, 32),
    "Qwen3-30B-A3B": _mixture(48, 2048, 6144, 32, 768),
    "Qwen3-235B-A22B": _mixture(94, 4096, 12288, 64, 1536),
}
"""Models whose shape need not be looked up: the values of their config.json (https://huggingface.co/Qwen)."""

LONG, LONG_POSITIONS = "-2507", 262144
"""The releases of July 2025 have the same shapes and more positions."""


def read_shape(model: str) -> Shape:
    """Return the shape of a model.

    Args:
        model: a config.json, a folder that has one, or a name such as ``Qwen/Qwen3-4B-Instruct-2507``.

    Raises:
        InputError: if there is no such file, it is not of this kind of model, or the name is not known.
    """
    path = Path(model)
    if path.is_dir():
        path /= "config.json"
    if path.is_file():
        return _from_file(path)
    name = model.rsplit("/", 1)[-1]
    for known, shape in KNOWN.items():
        if name == known or name.startswith(f"{known}-"):
            return msgspec.structs.replace(shape, longest=LONG_POSITIONS) if name.endswith(LONG) else shape
    raise InputError(f"the shape of '{model}' is not known: give its config.json, or one of {', '.join(KNOWN)}")


class _Config(msgspec.Struct):
    """A config.json of Hugging Face's, as far as it is needed."""

    num_hidden_layers: Count
    hidden_size: Count
    intermediate_size: Count
    num_attention_heads: Count
    vocab_size: Count
    max_position_embeddings: Count
    num_key_value_heads: Count | None = None
    head_dim: Count | None = None
    tie_word_embeddings: bool = False
    num_experts: int = 0
    num_experts_per_tok: int = 0
    moe_intermediate_size: int = 0
    n_routed_experts: int | None = None
    num_local_experts: int | None = None
    kv_lora_rank: int | None = None


def _from_file(path: Path) -> Shape:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_Config)
    except (OSError, msgspec.MsgspecError) as error:
        raise InputError(f"{path} is no configuration of a model: {error}") from None
    if found.n_routed_experts or found.num_local_experts or found.kv_lora_rank:
        raise InputError(f"{path} is of a model that is built otherwise than Qwen3: its memory would be miscounted")
    return Shape(
        layers=found.num_hidden_layers,
        hidden=found.hidden_size,
        intermediate=found.intermediate_size,
        heads=found.num_attention_heads,
        kv_heads=found.num_key_value_heads or found.num_attention_heads,
        head=found.head_dim or found.hidden_size // found.num_attention_heads,
        vocabulary=found.vocab_size,
        tied=found.tie_word_embeddings,
        longest=found.max_position_embeddings,
        experts=found.num_experts,
        chosen=found.num_experts_per_tok,
        expert=found.moe_intermediate_size,
    )
