"""Exported tasks: verl's own dataset reads them, and loop and reward take what it returns."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cove_rl.cli import model
from cove_rl.cli.main import app

pytest.importorskip("verl", reason="needs the train extra")

from .engines import OracleEngine, make_loop
from .fine_tuning import ChosenTasks, compose, cove_reward, read_by_verl

SMALL = ["--set", "+cove.world_size={users: 40, orders: 60}", "--set", "+cove.mix=[1.0]"]


def export(*words: str) -> Any:
    return CliRunner().invoke(app, ["tasks", "export", *words])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export")
    result = export("--out", str(path), "-n", "5", "--split", "train", "--split", "val", "--json", *SMALL)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == {str(path / "train.parquet"): 5, str(path / "val.parquet"): 5}
    return path


@pytest.mark.parametrize("split", ["train", "val"])
def test_verl_reads_the_rows_a_run_would_make(folder: Path, tokenizer: Any, split: str) -> None:
    read = read_by_verl(folder / f"{split}.parquet", tokenizer)
    overrides = [word for word in SMALL if word != "--set"]
    made = ChosenTasks(split, config=compose(["+env=cove_retail", *overrides])["data"], max_samples=5)
    assert len(read) == 5
    for index in range(5):
        row, expected = read[index], made[index]
        names = ("raw_prompt", "data_source", "reward_model", "extra_info", "index")
        assert {name: row[name] for name in names} == {name: expected[name] for name in names}


async def test_loop_and_reward_take_what_verl_read(folder: Path, tokenizer: Any) -> None:
    for row in read_by_verl(folder / "train.parquet", tokenizer):
        loop = make_loop(OracleEngine(tokenizer))
        output = await loop.run({"temperature": 1.0}, **row)
        reward = cove_reward(extra_info={**row["extra_info"], **output.extra_fields})
        assert reward["score"] == 1.0


def test_files_that_exist_are_kept(folder: Path) -> None:
    before = (folder / "train.parquet").read_bytes()
    result = export("--out", str(folder), "-n", "1", "--split", "train")
    assert result.exit_code == 1
    assert "--force" in result.stderr
    assert (folder / "train.parquet").read_bytes() == before
    result = export("--out", str(folder), "-n", "5", "--split", "train", "--force", *SMALL)
    assert result.exit_code == 0
    assert (folder / "train.parquet").read_bytes() == before  # byte for byte: the same tasks


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--env", "bakery"], "does not compose"),
        (["--split", "trian"], "no split 'trian'"),
        (["--set", "+cove.mix=none"], "mix"),
        (["--set", "nothing.at.all=1"], "does not compose"),
    ],
)
def test_what_cannot_be_exported_is_one_line(tmp_path: Path, words: list[str], fault: str) -> None:
    result = export("--out", str(tmp_path / "out"), *words)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert fault in result.stderr
    assert not (tmp_path / "out").exists()


def test_without_the_train_extra_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "NEEDED", ("torch_of_nobody",))
    result = export("--out", str(tmp_path))
    assert result.exit_code == 1
    assert "cove_rl[train]" in result.stderr
