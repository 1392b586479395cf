"""The audit finds what was planted, and the command says how much of it."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from cove_rl.audit.recorded import audit_messages
from cove_rl.cli.main import app
from cove_rl.evaluation.audited import audit_recorded, summarise_audits
from cove_rl.synth.planted import plant
from cove_rl.synth.tasks import finished, solve
from cove_rl.tasks.task import encode_task
from cove_rl.users.faults import FaultySettings
from cove_rl.users.faulty import FaultyUser
from cove_rl.users.scripted import ScriptedUser
from cove_rl.world.domain import get_domain

from .cases import DOMAINS, held, spoken, tasks, world


@pytest.mark.parametrize("domain", DOMAINS)
def test_planted_faults_are_found_and_nothing_else(domain: str) -> None:
    report = plant(get_domain(domain), world(domain), 1, 12, lambda count: None)
    assert report.accused == 0
    assert report.faultless >= 12
    for one in report.kinds:
        assert one.planted >= 8, one.kind
        assert one.precision is not None
        assert one.recall is not None
        assert min(one.precision, one.recall) >= 0.95, one.kind


def test_synthesis_rejects_conversations_with_faults_even_harmless_ones() -> None:
    for task in tasks()[:20]:
        assert finished(solve(task, world(), ScriptedUser(task))).is_solved
        user = FaultyUser(task, FaultySettings("leaked_id", 1.0))
        solved = finished(solve(task, world(), user))
        assert solved.is_solved == (not user.planted and solved.verdict.success)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["users", "audit", *arguments])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Tasks, and for each a faultless trajectory and one of a customer who stops early."""
    some = tasks()[:6]
    runs = [held(task, ScriptedUser(task)) for task in some]
    runs += [held(task, FaultyUser(task, FaultySettings("stops_early", 1.0, 1))) for task in some]
    (tmp_path / "tasks.jsonl").write_bytes(b"\n".join(map(encode_task, some)))
    (tmp_path / "runs.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, runs)))
    return tmp_path / "runs.jsonl", tmp_path / "tasks.jsonl"


def test_the_command_reports_whose_failure_an_episode_is(files: tuple[Path, Path]) -> None:
    runs, known = map(str, files)
    shown = run(runs, "--tasks", known)
    assert shown.exit_code == 0, shown.output
    assert "12 episodes" in shown.output
    found = json.loads(run(runs, "--tasks", known, "--json").stdout)
    assert found["summary"]["episodes"] == 12
    assert found["summary"]["faulty"] == len(found["episodes"]) > 0
    assert found["summary"]["blamed"] == sum(one["outcome"].get("culprit") == "user" for one in found["episodes"]) > 0


def test_the_command_says_what_is_wrong_with_its_input(files: tuple[Path, Path], tmp_path: Path) -> None:
    runs, known = files
    few = tmp_path / "few.jsonl"
    few.write_bytes(known.read_bytes().split(b"\n")[0])
    for arguments, words in (
        ((str(runs), "--tasks", str(few)), "is not among the tasks"),
        ((), "needs a FILE"),
        ((str(tmp_path / "none.jsonl"),), "none.jsonl"),
    ):
        shown = run(*arguments)
        assert shown.exit_code == 1
        assert words in shown.output


def test_the_command_tests_the_audit() -> None:
    shown = run("--planted", "3", "--json")
    report = json.loads(shown.stdout)
    assert report["accused"] == 0
    assert {one["kind"] for one in report["kinds"]} >= {"contradicted", "ran_out"}


def test_without_a_task_manner_is_certain_and_stopping_a_suspicion() -> None:
    found = audit_messages(spoken("Hi!", "How can I assist you today?", "Shall I go ahead?", "Bye. ###STOP###"))
    assert [(one.kind, one.decidable) for one in found] == [("spoke_as_agent", True), ("stopped_at_proposal", False)]
    assert audit_messages(spoken("Hi!", "I need help.", "All done. Anything else?", "No. ###STOP###")) == []
    (finding,) = audit_messages(spoken("Hi!", "I need help.", "What is your e-mail?", "No idea. ###TRANSFER###"))
    assert (finding.kind, finding.decidable) == ("stopped_at_question", False)


@pytest.mark.parametrize(("domain", "runs"), [("retail", 98), ("airline", 315), ("telecom", 42)])
def test_recorded_customers_are_rarely_accused(tau2: Path, domain: str, runs: int) -> None:
    """Those of the benchmark's published runs are strong models; a table of what is found is in the docs."""
    summary = summarise_audits(audit_recorded(tau2 / "trajectories" / f"{domain}.jsonl", domain))
    assert summary.episodes == runs
    assert summary.faulty <= 0.02 * runs
    assert summary.kinds.keys() <= {"spoke_as_agent", "stopped_at_proposal", "stopped_at_question"}
