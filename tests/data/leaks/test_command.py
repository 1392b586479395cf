"""`cove data check-leak`: what it prints, and its exit status."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cove_rl.cli.leak import SHOWN, check_leak
from cove_rl.errors import InputError

app = typer.Typer()
app.command()(check_leak)


def _check(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, [*map(str, arguments)])


def _rows(path: Path, *contents: str) -> Path:
    rows = [{"messages": [{"role": "user", "content": text}]} for text in contents]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_clean_data_has_status_0_and_counts(made_up: Path, tmp_path: Path) -> None:
    result = _check(_rows(tmp_path / "a.jsonl", "Hello.", "Good day."), "--tau2", made_up)
    assert result.exit_code == 0, result.output
    assert "ferries, phones: clean" in result.stdout
    assert "rows" in result.stdout


def test_a_leak_has_status_1_and_a_line_that_says_what_and_where(made_up: Path, tmp_path: Path) -> None:
    clean, dirty = (
        _rows(tmp_path / "a.jsonl", "Hello."),
        _rows(tmp_path / "b.jsonl", "Hello.", "I'm Orla Pennywhistle!"),
    )
    result = _check(clean, dirty, "--tau2", made_up)
    assert result.exit_code == 1
    line = f"{dirty}:2: messages[0]: name Orla Pennywhistle: ... role user content i m orla pennywhistle ..."
    assert line in result.stdout.splitlines()
    assert "leaks: name" in result.stdout


def test_a_passage_says_how_many_words_it_shares(made_up: Path) -> None:
    policy = made_up / "domains" / "ferries" / "policy.md"
    result = _check(policy, "--tau2", made_up)
    assert result.exit_code == 1
    assert f"{policy}:3: policy ferries/policy.md, 31 words: ..." in result.stdout


def test_json_has_everything(made_up: Path, tmp_path: Path) -> None:
    many = _rows(tmp_path / "a.jsonl", *(["Orla Pennywhistle"] * (SHOWN + 5)))
    result = _check(many, "--tau2", made_up, "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert report["found"] == {"name": SHOWN + 5}
    assert len(report["leaks"]) == SHOWN + 5
    assert report["leaks"][-1] == {
        "kind": "name",
        "what": "Orla Pennywhistle",
        "file": str(many),
        "number": SHOWN + 5,
        "place": "messages[0]",
        "excerpt": "role user content orla pennywhistle",
        "shared": 0,
    }


def test_a_long_list_is_cut_and_says_so(made_up: Path, tmp_path: Path) -> None:
    result = _check(_rows(tmp_path / "a.jsonl", *(["Orla Pennywhistle"] * (SHOWN + 5))), "--tau2", made_up)
    assert result.stdout.count(": name Orla") == SHOWN
    assert "and 5 more" in result.output


def test_files_that_were_not_read_are_named(made_up: Path, tmp_path: Path) -> None:
    _rows(tmp_path / "a.jsonl", "Hello.")
    (tmp_path / "model.safetensors").touch()
    result = _check(tmp_path, "--tau2", made_up)
    assert result.exit_code == 0
    assert "model.safetensors" in result.output


@pytest.mark.parametrize("wrong", ["data", "tau2"])
def test_a_wrong_folder_is_an_error(made_up: Path, tmp_path: Path, wrong: str) -> None:
    data = _rows(tmp_path / "a.jsonl", "Hello.")
    (tmp_path / "empty").mkdir()
    paths = {"data": (tmp_path / "empty", made_up), "tau2": (data, tmp_path / "empty")}[wrong]
    result = _check(paths[0], "--tau2", paths[1])
    assert result.exit_code == 1
    assert isinstance(result.exception, InputError)
    assert "clean" not in result.output
