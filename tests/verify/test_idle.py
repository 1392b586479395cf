"""Agents that do not act score nothing, on every task; a verifier that pays them is noticed."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cove_rl.cli.main import app
from cove_rl.verify import verifier


@pytest.fixture
def tasks(tmp_path: Path) -> str:
    file = tmp_path / "tasks.jsonl"
    result = CliRunner().invoke(app, ["tasks", "sample", "--seed", "5", "-n", "60", "--out", str(file)])
    assert result.exit_code == 0
    return str(file)


def test_idleness_is_not_paid(tasks: str) -> None:
    result = CliRunner().invoke(app, ["verify", "idle", "--tasks", tasks, "--json"])
    assert result.exit_code == 0
    assert '"nothing": 0.0' in result.stdout
    assert '"reads": 0.0' in result.stdout


def test_a_verifier_that_pays_for_reading_is_noticed(tasks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    end = verifier._End
    paying = lambda steps, redundant, transferred, acted: end(steps, redundant, transferred, True)  # noqa: E731
    monkeypatch.setattr(verifier, "_End", paying)
    result = CliRunner().invoke(app, ["verify", "idle", "--tasks", tasks])
    assert result.exit_code == 1
