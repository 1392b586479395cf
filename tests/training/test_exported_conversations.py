"""verl's own dataset of conversations reads what is exported for it."""

import warnings
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cove_rl.cli.main import app
from cove_rl.episode.chat import chat_messages, system_message
from cove_rl.episode.episode import STOP
from cove_rl.synth.example import Example, facts_of
from cove_rl.tasks.task import decode_task
from cove_rl.world.domain import GREETING, get_domain

pytest.importorskip("verl", reason="needs the train extra")

import msgspec
from omegaconf import OmegaConf

from .cases import WORLD, solved
from .fine_tuning import read_by_verl

with warnings.catch_warnings():  # verl warns of every training engine that is not installed
    warnings.simplefilter("ignore")
    from verl.utils.dataset.multiturn_sft_dataset import MultiTurnSFTDataset

CONFIG = OmegaConf.create({"max_length": 100_000, "pad_mode": "no_padding", "ignore_input_ids_mismatch": True})
"""verl renders every message alone, which several results in a row do not survive in Qwen's template."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("exported")
    examples = [Example(one.task, one.trajectory, facts_of(one.task, WORLD, one.trajectory)) for one in solved(4)]
    (home / "a.jsonl").write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in examples))
    for form in ("verl-sft", "verl-rl", "user-sft"):
        words = ["data", "export", str(home / "a.jsonl"), "--format", form, "--out", str(home / f"{form}.parquet")]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.stderr
    return home


def test_verls_dataset_trains_on_what_the_assistant_said(folder: Path, tokenizer: Any) -> None:
    rows = MultiTurnSFTDataset(str(folder / "verl-sft.parquet"), tokenizer, CONFIG)
    assert len(rows) == 4
    for index, one in enumerate(solved(4)):
        row = rows[index]
        trained = tokenizer.decode(row["input_ids"][row["loss_mask"].bool()])
        said = [message for message in one.trajectory.messages if message.role == "assistant"]
        assert all(message.content in trained for message in said)
        assert all(call.name in trained for message in said for call in message.calls)
        assert all(m.content not in trained for m in one.trajectory.messages if m.role == "user")


def test_its_messages_render_as_a_rollouts(folder: Path, tokenizer: Any) -> None:
    rows = MultiTurnSFTDataset(str(folder / "verl-sft.parquet"), tokenizer, CONFIG)
    for messages, one in zip(rows.messages, solved(4), strict=True):
        ours = [system_message(get_domain(one.task.domain)), *chat_messages(one.trajectory.messages)]
        rendered = [tokenizer.apply_chat_template(chats, tokenize=False) for chats in (messages, ours)]
        assert rendered[0] == rendered[1]


def test_a_user_model_is_trained_on_what_the_customer_said(folder: Path, tokenizer: Any) -> None:
    rows = MultiTurnSFTDataset(str(folder / "user-sft.parquet"), tokenizer, CONFIG)
    for index, one in enumerate(solved(4)):
        row = rows[index]
        trained = tokenizer.decode(row["input_ids"][row["loss_mask"].bool()])
        said = [message.content for message in one.trajectory.messages if message.role == "user"]
        assert all(text in trained for text in said)
        assert STOP in trained
        assert GREETING not in trained


def test_tasks_are_read_as_a_run_makes_them(folder: Path, tokenizer: Any) -> None:
    read = read_by_verl(folder / "verl-rl.parquet", tokenizer)
    assert [decode_task(row["extra_info"]["task"]) for row in read] == [one.task for one in solved(4)]
    assert [row["raw_prompt"] for row in read] == [[system_message(get_domain("retail"))]] * 4
