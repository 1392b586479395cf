"""Conversations to fine-tune on, as verl's SFT trainer takes them: the tokens a rollout would have, and its mask.

verl's own dataset renders every message alone, which is not what a rollout sees; here a recorded conversation goes
through the `TokenStream` of rollouts, and what the teacher wrote stands where a policy's samples would.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

import torch
from torch.utils.data import Dataset
from transformers import AutoConfig
from verl.utils.tokenizer.continuous_token import ContinuousTokenBuilder
from verl.utils.tokenizer.continuous_token_wiring import create_continuous_token_builder

from cove_rl.episode.chat import Chat
from cove_rl.errors import InputError
from cove_rl.training.builder import quick
from cove_rl.training.results import bounded
from cove_rl.training.settings import read_settings
from cove_rl.training.sft_sources import Conversation, open_source
from cove_rl.training.tokens import TokenError, chat_tokens

Row = dict[str, torch.Tensor]
"""`input_ids`, `position_ids` and `loss_mask`, one entry per token."""


class Conversations(Dataset[Row]):
    """Recorded conversations, or the oracle's solutions of one split's tasks.

    The loss is on the assistant's tokens alone; its greeting is a part of the prompt, as it is in a rollout. Row `i` is
    the same in every process and is read when it is asked for, so memory does not grow with the data.

    Args:
        parquet_files: verl's name for what `data.train_files` and `data.val_files` give: splits of `data.cove`, files
            and folders; see `open_source`.
        tokenizer: the policy's.
        config: verl's `data` node. Besides verl's keys `max_length` and `truncation` ("error", or "right" to cut the
            end) it holds `cove`, the environment's settings, `choose`, which tasks to take of a split, and
            `model_path`, the policy's folder.
        processor: not used; verl passes it.
        max_samples: at most so many conversations; -1 for all.

    Raises:
        InputError: if there is no such split or file, or `truncation` is neither.
    """

    def __init__(
        self, parquet_files: Any, tokenizer: Any, config: Any, processor: Any = None, max_samples: int = -1
    ) -> None:
        self._builder = token_builder(tokenizer, config)
        self._tokenizer = tokenizer
        self._result_tokens = read_settings(config["cove"]).result_tokens
        self._max_length = int(config["max_length"])
        self._truncation = str(config["truncation"])
        if self._truncation not in ("error", "right"):
            raise InputError(
                f"data.truncation is '{self._truncation}'; conversations are cut 'right', or it is an 'error'"
            )
        names = [parquet_files] if isinstance(parquet_files, str) else [str(name) for name in parquet_files]
        self._source = open_source(names, config)
        self._length = len(self._source) if max_samples < 0 else min(len(self._source), max_samples)

    def __len__(self) -> int:
        return self._length

    def conversation(self, index: int) -> Conversation:
        """Return the conversation of a row."""
        if not 0 <= index < self._length:
            raise IndexError(index)
        return self._source.conversation(index)

    def __getitem__(self, index: int) -> Row:
        found = self.conversation(index)
        try:
            stream = chat_tokens(self._builder, [self._bounded(chat) for chat in found.chats], found.tools)
        except TokenError as error:
            raise InputError(f"{found.place}: {error}") from None
        if len(stream.ids) > self._max_length:
            if self._truncation == "error":
                raise InputError(
                    f"{found.place}: {len(stream.ids)} tokens, data.max_length is {self._max_length}: raise it, or cut "
                    "with data.truncation=right"
                )
            if len(stream.prompt) >= self._max_length:
                raise InputError(
                    f"{found.place}: the prompt alone has {len(stream.prompt)} tokens: raise data.max_length"
                )
            stream.cut(self._max_length - len(stream.prompt))
        return row(stream.ids, [0] * len(stream.prompt) + stream.mask)

    def _bounded(self, chat: Chat) -> Chat:
        """Cut a tool result that is too long, as a rollout does."""
        if chat["role"] != "tool":
            return chat
        return {**chat, "content": bounded(self._tokenizer, chat["content"], self._result_tokens)}


class CopyDrills(Dataset[Row]):
    """A random piece of text that comes twice; the loss is on the second time.

    They teach a new model to copy what it has read, which is how ids get from a tool's result into the next call. That
    skill takes long to form from conversations alone.

    Args:
        parquet_files: names the drills: training and validation have different ones.
        tokenizer: the policy's.
        config: verl's `data` node; a drill has up to `max_length` tokens, and there are `drills` of them.
        processor: not used; verl passes it.
        max_samples: at most so many drills; -1 for all.
    """

    def __init__(
        self, parquet_files: Any, tokenizer: Any, config: Any, processor: Any = None, max_samples: int = -1
    ) -> None:
        special = set(tokenizer.all_special_ids)
        self._tokens = [token for token in range(len(tokenizer)) if token not in special]
        self._digits = [tokenizer.convert_tokens_to_ids(digit) for digit in "0123456789"]
        self._name = str(parquet_files)
        self._longest = int(config["max_length"]) // 2
        drills = int(config["drills"])
        self._length = drills if max_samples < 0 else min(drills, max_samples)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> Row:
        if not 0 <= index < self._length:
            raise IndexError(index)
        rng = Random(f"{self._name}:{index}")  # noqa: S311  (reproducible sampling)
        piece: list[int] = []
        length = rng.randint(SHORTEST_PIECE, self._longest)
        while len(piece) < length:  # words with numbers among them, as in the results of tools
            piece += rng.choices(self._tokens, k=rng.randint(1, 8)) + rng.choices(
                self._digits, k=rng.choice((0, 0, 4, 10))
            )
        piece = piece[:length]
        return row(piece * 2, [0] * (length + 1) + [1] * (length - 1))


SHORTEST_PIECE = 16
"""Tokens of a drill's piece, at least."""


def token_builder(tokenizer: Any, config: Any) -> ContinuousTokenBuilder:
    """Return the token builder that a rollout of the policy uses.

    Args:
        tokenizer: the policy's.
        config: verl's `data` node with `model_path`; which builder it is depends on the model's type.
    """
    model_type = AutoConfig.from_pretrained(config["model_path"]).model_type
    kwargs = dict(config.get("apply_chat_template_kwargs") or {})
    return quick(create_continuous_token_builder(tokenizer, hf_model_type=model_type, chat_template_kwargs=kwargs))


def row(ids: Sequence[int], mask: Sequence[int]) -> Row:
    """Return tokens and loss mask as the tensors verl's SFT trainer takes (`data.pad_mode=no_padding`)."""
    return {
        "input_ids": torch.tensor(ids),
        "position_ids": torch.arange(len(ids)),
        "loss_mask": torch.tensor(mask),
    }
