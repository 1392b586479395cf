"""`cove model`: what it writes, and what it says when it cannot."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cove_rl.cli import model
from cove_rl.cli.main import app

SMALL = ["--vocabulary", "600", "--hidden", "24", "--layers", "1", "--heads", "2"]


def cove(*words: str) -> Any:
    return CliRunner().invoke(app, ["model", *words])


def test_without_the_train_extra_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "NEEDED", ("torch_of_nobody", "msgspec"))
    result = cove("tiny", "--out", str(tmp_path / "tiny"))
    assert result.exit_code == 1
    assert result.stderr.startswith("error: cove model tiny needs torch_of_nobody: install the train extra with pip")
    assert not (tmp_path / "tiny").exists()


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--hidden", "100", "--heads", "6"], "no multiple of 12"),
        (["--domain", "bakery", *SMALL], "bakery"),
        (SMALL, "exists"),
    ],
)
def test_what_cannot_be_built_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], fault: str
) -> None:
    pytest.importorskip("torch", reason="needs the train extra")
    target = tmp_path / "tiny"
    if fault == "exists":
        target.mkdir()
        (target / "notes.txt").touch()
    result = cove("tiny", "--out", str(target), *words)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert fault in result.stderr


def test_a_tiny_model_loads_and_its_seed_decides_its_weights(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs the train extra")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    states = {}
    for name, seed in {"a": 1, "b": 1, "c": 2}.items():
        result = cove("tiny", "--out", str(tmp_path / name), "--seed", str(seed), "--json", *SMALL)
        assert result.exit_code == 0, result.stderr
        report = json.loads(result.stdout)
        model = AutoModelForCausalLM.from_pretrained(tmp_path / name)
        assert sum(parameter.numel() for parameter in model.parameters()) == report["parameters"]
        states[name] = model.state_dict()
    assert all(torch.equal(states["a"][key], states["b"][key]) for key in states["a"])
    assert any(not torch.equal(states["a"][key], states["c"][key]) for key in states["a"])
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "a")
    assert len(tokenizer) <= 600
    assert tokenizer.chat_template
    assert tokenizer.encode("#W0123") == tokenizer.convert_tokens_to_ids(tokenizer.tokenize("#W0123"))


def test_it_says_what_it_built(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs the train extra")
    result = cove("tiny", "--out", str(tmp_path / "tiny"), *SMALL)
    assert result.exit_code == 0
    assert "parameters" in result.stdout
    assert result.stderr.endswith(f"written to {tmp_path / 'tiny'}\n")
