"""`cove eval`: one command to play and to go on, one to print again, one to compare; mistakes are one line."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cove_rl.cli.main import app
from cove_rl.evaluation import suite as suites
from cove_rl.evaluation.suite import Suite
from cove_rl.evaluation.trials import RUN, TRIALS
from tests.evaluation.runs import suite


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every suite of ours is a small one, made at once."""

    def own_suite(name: str, tasks: int | None = None, workers: int = 1, advance: Any = None) -> Suite:
        suites.own_split(name)
        return suite(tasks or 6)

    monkeypatch.setattr(suites, "own_suite", own_suite)


def run(*words: str | Path) -> Any:
    return CliRunner().invoke(app, ["eval", *map(str, words)])


@pytest.fixture
def oracle(tmp_path: Path) -> Path:
    result = run("--agent", "oracle", "--suite", "retail", "-k", "2", "--out", tmp_path / "oracle")
    assert result.exit_code == 0, result.output
    return tmp_path / "oracle"


def test_a_run_is_a_table_a_folder_and_a_report(oracle: Path) -> None:
    assert {path.name for path in oracle.iterdir()} == {"run.json", "trials.jsonl", "report.json"}
    result = run("report", oracle)
    assert result.exit_code == 0
    for words in ("pass^1", "pass^2", "95% interval", "by kind of constraint", "How conversations ended", "planned"):
        assert words in result.stdout
    assert "worst" not in result.stdout
    again = run("--agent", "oracle", "--suite", "retail", "-k", "2", "--out", oracle)
    assert again.stdout == result.stdout


def test_json_is_the_report(oracle: Path) -> None:
    found = json.loads(run("report", oracle, "--json").stdout)
    assert found == json.loads((oracle / "report.json").read_text())
    assert [one["value"] for one in found["pass_k"]] == [1.0, 1.0]
    assert (
        json.loads(run("--agent", "oracle", "--suite", "retail", "-k", "2", "--out", oracle, "--json").stdout) == found
    )


def test_the_worst_tasks_come_first(tmp_path: Path) -> None:
    result = run("--agent", "clumsy claims_done=0.5", "--suite", "retail", "-k", "3", "--out", tmp_path / "run")
    assert "The worst tasks" in result.stdout
    lines = json.loads((tmp_path / "run" / "report.json").read_text())["tasks"]
    rates = [line["successes"] / line["trials"] for line in lines]
    assert rates == sorted(rates)
    assert rates[0] < 1


def test_two_runs_side_by_side(oracle: Path, tmp_path: Path) -> None:
    run("--agent", "clumsy claims_done=1", "--suite", "retail", "-k", "1", "--out", tmp_path / "idle")
    result = run("compare", tmp_path / "idle", oracle)
    assert result.exit_code == 0, result.output
    assert "success (pass^1)" in result.stdout
    assert "Gained most" in result.stdout
    assert "Lost most" not in result.stdout
    found = json.loads(run("compare", tmp_path / "idle", oracle, "--json").stdout)
    assert (found["success"]["value"], found["better"], found["worse"]) == (1.0, 6, 0)
    assert "Lost most" in run("compare", oracle, tmp_path / "idle").stdout


def test_runs_that_differ_in_more_than_the_agent_are_refused(oracle: Path, tmp_path: Path) -> None:
    run("--agent", "oracle", "--suite", "retail", "--user", "hybrid strict=true", "--out", tmp_path / "other")
    result = run("compare", oracle, tmp_path / "other")
    assert result.exit_code == 1
    assert "user kind 'scripted' and 'hybrid'" in " ".join(result.stderr.split())


def test_a_run_that_has_not_finished_says_what_is_missing(oracle: Path) -> None:
    lines = (oracle / TRIALS).read_bytes().splitlines(keepends=True)
    (oracle / TRIALS).rename(oracle / "all")
    (oracle / f"{TRIALS}.partial").write_bytes(b"".join(lines[:-3]))
    result = run("report", oracle)
    assert result.exit_code == 0
    assert "has not finished: 1 tasks; trials of" in " ".join(result.stdout.split())
    assert "9" in result.stdout


def test_without_a_name_the_folder_is_named_after_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("--agent", "clumsy claims_done=1", "--suite", "retail", "-k", "1", "--tasks", "1").exit_code == 0
    assert (tmp_path / "eval" / "retail-clumsy-claims_done-1" / RUN).exists()


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--suite", "retail"], "say who plays and what"),
        (["--agent", "oracle", "--suite", "telecom"], "there is no suite 'telecom'; there are retail, airline, mix"),
        (["--agent", "nobody", "--suite", "retail"], "the agent's kind is one of"),
        (["--agent", "oracle", "--suite", "retail", "--user", "nobody"], "the user's kind is one of"),
        (["--agent", "oracle", "--suite", "tau2:retail"], "take --data"),
        (["--agent", "oracle", "--suite", "tau2:retail", "--data", "x", "--user", "scripted"], "tasks.json"),
        (["report", "nowhere"], "is it a folder of cove eval"),
        (["compare", "nowhere", "elsewhere"], "is it a folder of cove eval"),
    ],
)
def test_a_mistake_is_one_line(words: list[str], fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert result.exit_code == 1
    assert fault in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []
