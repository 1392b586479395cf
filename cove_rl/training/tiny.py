"""A tiny Qwen3 and a tokenizer trained on a domain's own text, so that a whole conversation is short for a CPU."""

import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from cove_rl.episode.chat import chat_messages, system_message
from cove_rl.files import atomic_folder
from cove_rl.sandbox import read_text
from cove_rl.synth.tasks import Sampling
from cove_rl.tasks.sampler import Mix
from cove_rl.training.settings import Settings
from cove_rl.training.wiring import wire_copying
from cove_rl.world.domain import get_domain

log = logging.getLogger(__name__)

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MARKS = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>")
COPIED = r"#[A-Z]+(?=\d)|[\w.]+@[\w.]*\w|[a-z]+_[a-z]+_(?=\d)|\d|\n"
"""Pieces of text that no token reaches across."""
ROTATION = 1_000_000.0
"""Base of the rotary embedding, as in Qwen3."""
TRAINING_WORLD = 990_001
"""Seed of the world whose conversations the tokenizer is trained on; no split uses it."""


class Size(msgspec.Struct, frozen=True):
    """The shape of the model (ours: about 4 million parameters, which learn in minutes on two cores)."""

    vocabulary: int = 8192
    hidden: int = 192
    layers: int = 4
    heads: int = 6
    positions: int = 8192


def build_tiny(
    path: Path, domains: Sequence[str], size: Size, conversations: int = 300, seed: int = 0, *, copying: bool = False
) -> int:
    """Write a randomly initialised model and its tokenizer to a folder; return the number of parameters.

    Args:
        path: the folder, in Hugging Face's format.
        domains: whose texts the tokenizer is trained on.
        size: the model's shape.
        conversations: conversations of the oracle to train the tokenizer on, per domain.
        seed: seeds the weights.
        copying: begin with attention that can copy; see `cove_rl.training.wiring`.
    """
    tokenizer = build_tokenizer(domains, size.vocabulary, conversations)
    model = build_model(tokenizer, size, seed)
    if copying:
        wire_copying(model, seed)
    with atomic_folder(path) as folder:
        tokenizer.save_pretrained(folder)
        model.save_pretrained(folder)
    return sum(parameter.numel() for parameter in model.parameters())


def make_model(settings: Settings, path: Path) -> None:
    """Make a tiny model where there is none, if the settings ask for one."""
    if not settings.tiny_model or path.exists():
        return
    log.warning("%s does not exist: a tiny model with random weights is made there", path)
    build_tiny(path, sorted(settings.domains), Size())


def build_model(tokenizer: PreTrainedTokenizerFast, size: Size, seed: int = 0) -> Qwen3ForCausalLM:
    """Return a randomly initialised model for a tokenizer; `seed` seeds its weights."""
    torch.manual_seed(seed)
    return Qwen3ForCausalLM(_config(tokenizer, size))


def _config(tokenizer: PreTrainedTokenizerFast, size: Size) -> Qwen3Config:
    return Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=size.hidden,
        intermediate_size=4 * size.hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.heads,
        head_dim=size.hidden // size.heads,
        max_position_embeddings=size.positions,
        rope_parameters={"rope_type": "default", "rope_theta": ROTATION},
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def build_tokenizer(domains: Sequence[str], vocabulary: int, conversations: int) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer trained on policies, tool schemas and conversations.

    Merges may cross spaces, so a recurring phrase (a line of the policy, a JSON key) becomes few tokens. What has to be
    copied is cut the same way wherever it stands: e-mail addresses and the words of an id begin and end a token, and
    digits stay single. A line break is a token of its own, as Qwen's builder wants it.
    """
    core = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(COPIED), behavior="isolated")
    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.pre_tokenizer = pre_tokenizers.Sequence([split, as_bytes])
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[*SPECIAL, *MARKS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(_texts(domains, conversations), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token=SPECIAL[2],
        pad_token=SPECIAL[0],
        extra_special_tokens=[SPECIAL[1]],
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = read_text("model/chat_template.jinja")
    return tokenizer


def _texts(domains: Sequence[str], conversations: int) -> Iterator[str]:
    """Yield what the model will read: the fixed texts with every other conversation, and what is said and returned."""
    for name in domains:
        domain = get_domain(name)
        sampling = Sampling(domain.world(TRAINING_WORLD).ref, TRAINING_WORLD, Mix())
        fixed = [str(system_message(domain)["content"]), *(_json(tool) for tool in domain.toolbox.schemas())]
        for number, sampled in enumerate(sampling(list(range(conversations)))):
            if number % 2 == 0:
                yield from fixed
            for chat in chat_messages(sampled.solved.trajectory.messages):
                yield chat["content"]
                yield from (_json(call["function"]) for call in chat.get("tool_calls", ()))


def _json(value: Any) -> str:
    return json.dumps(value)
