"""`cove tau2 replay`: counts for a person or a program, every disagreement named, and the exit status."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cove_rl.cli.tau2 import app


@pytest.fixture
def altered(tau2: Path, tmp_path: Path) -> Path:
    """The first recorded run with one price in a result changed."""
    run = json.loads((tau2 / "trajectories" / "retail.jsonl").read_text().splitlines()[0])
    result = next(message for message in run["messages"] if message["role"] == "tool" and "{" in message["content"])
    result["content"] = result["content"].replace("}", "]", 1)
    path = tmp_path / "runs.jsonl"
    path.write_text(json.dumps(run) + "\n")
    return path


def _replay(*arguments: str | Path, domain: str = "retail") -> Any:
    return CliRunner().invoke(app, ["replay", "--domain", domain, *map(str, arguments)])


@pytest.mark.parametrize("domain", ["airline", "retail"])
def test_agreement_is_a_table_of_counts_and_status_0(tau2: Path, domain: str) -> None:
    result = _replay("--data", tau2, domain=domain)
    assert result.exit_code == 0, result.output
    assert "disagreements" in result.output
    assert f"{domain}: recorded runs replayed" in result.output


@pytest.mark.parametrize(("domain", "unchecked"), [("airline", 6), ("retail", 0)])
def test_agreement_as_json(tau2: Path, domain: str, unchecked: int) -> None:
    """The benchmark did not look at the database of every airline run: some ended too early."""
    result = _replay("--data", tau2, "--json", domain=domain)
    found = json.loads(result.stdout)
    assert found["totals"]["disagreements"] == 0
    assert found["totals"]["db_agreed"] == found["totals"]["db_compared"] == found["totals"]["runs"] - unchecked
    assert found["notable"] == []


def test_a_disagreement_is_explained_and_gives_status_1(tau2: Path, altered: Path) -> None:
    result = _replay("--data", tau2, "--runs", altered)
    assert result.exit_code == 1
    assert "text: recorded" in " ".join(result.output.split())


def test_a_disagreement_as_json_gives_status_1(tau2: Path, altered: Path) -> None:
    result = _replay("--data", tau2, "--runs", altered, "--json")
    assert result.exit_code == 1
    (run,) = json.loads(result.stdout)["notable"]
    assert [one["kind"] for one in run["disagreements"]] == ["text"]


@pytest.fixture
def overpaid(tau2: Path, tmp_path: Path) -> Path:
    """The first recorded run with the other reward."""
    run = json.loads((tau2 / "trajectories" / "retail.jsonl").read_text().splitlines()[0])
    run["reward_info"]["reward"] = 1.0 - run["reward_info"]["reward"]
    path = tmp_path / "runs.jsonl"
    path.write_text(json.dumps(run) + "\n")
    return path


def test_rewards_of_all_domains_agree(tau2: Path) -> None:
    result = CliRunner().invoke(app, ["replay", "--reward", "--data", str(tau2)])
    assert result.exit_code == 0, result.output
    assert result.output.index("airline: rewards") < result.output.index("retail: rewards")
    assert "the line has no task" in result.output


def test_rewards_as_json(tau2: Path) -> None:
    found = json.loads(CliRunner().invoke(app, ["replay", "--reward", "--data", str(tau2), "--json"]).stdout)
    assert [one["domain"] for one in found] == ["airline", "retail"]
    for one in found:
        totals = one["totals"]
        assert totals["runs"] == totals["graded"] == totals["agreeing"] + totals["explained"]
        assert totals["disagreeing"] == 0
        assert len(one["notable"]) == totals["explained"]


def test_another_reward_is_named_and_gives_status_1(tau2: Path, overpaid: Path) -> None:
    result = _replay("--reward", "--data", tau2, "--runs", overpaid)
    assert result.exit_code == 1
    assert "recorded" in result.output
    assert "ours" in result.output


def test_a_folder_without_runs_is_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["replay", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "trajectories/NAME.jsonl" in str(result.exception)


def test_a_missing_folder_is_an_error_with_its_path(tmp_path: Path) -> None:
    result = _replay("--data", tmp_path)
    assert result.exit_code == 1
    assert "db.json" in str(result.exception)
