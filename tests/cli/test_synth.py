"""`cove synth`: what it writes, says and refuses."""

import json
import os
import re
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path
from time import sleep

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from cove_rl.cli.main import app
from cove_rl.cli.synth_progress import Board, Clock, show, yields
from cove_rl.synth.attempt import Attempt, Entry
from cove_rl.synth.example import load_examples
from cove_rl.synth.synthesis import Progress
from cove_rl.synth.tally import Tally

SIMPLE = ["--seed", "7", "--domain", "retail", "--worlds", "1", "-j", "1"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["synth", *arguments])


def test_it_fills_a_folder_and_says_what_came_of_whom(tmp_path: Path) -> None:
    done = run("-n", "6", *SIMPLE, "--out", str(tmp_path), "--teacher", "3*oracle", "--teacher", "clumsy refuses=1.0")
    assert done.exit_code == 0, done.output
    assert len(list(load_examples(tmp_path))) == 6
    assert "6 examples of" in done.stdout
    for name in ("oracle", "clumsy", "scripted", "retail", "yield"):
        assert name in done.stdout
    assert str(tmp_path) in done.stderr.replace("\n", "")


def test_the_manifest_is_printed_as_json(tmp_path: Path) -> None:
    done = run("-n", "3", *SIMPLE, "--out", str(tmp_path), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == json.loads((tmp_path / "manifest.json").read_text())


def test_difficulty_and_filter_reach_the_plan(tmp_path: Path) -> None:
    hard = ["--difficulty", "hard", "--set", "requests=1,1", "--set", "typos=1", "--keep", "success and turns < 60"]
    more = [
        "--balance",
        "kinds,turns",
        "--near",
        "0.8",
        "--retries-per-task",
        "1",
        "--best-of",
        "2",
        "--prefer",
        "calls",
    ]
    done = run("-n", "3", *SIMPLE, "--out", str(tmp_path), *hard, *more)
    assert done.exit_code == 0, done.output
    made = json.loads((tmp_path / "manifest.json").read_text())["made"]
    assert made["difficulty"]["typos"] == 1.0
    assert made["difficulty"]["impatient"] == 0.3
    assert made["keep"] == "success and turns < 60"
    assert (made["balance"], made["near"], made["retries"], made["best_of"]) == (["kinds", "turns"], 0.8, 1, 2)
    assert made["prefer"] == "calls"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (["--keep", "turn < 3"], "no field 'turn'"),
        (["--keep", "__import__('os')"], "not allowed|no function"),
        (["--keep", "turns"], "true or false"),
        (["--prefer", "kinds"], "a number"),
        (["--teacher", "wizard"], "agent's kind is one of"),
        (["--user", "0*scripted"], "weight"),
        (["--user", "openai"], "endpoint"),
        (["--domain", "retail,bakery"], "no domain is named 'bakery'"),
        (["--balance", "length"], "cannot balance length"),
        (["--near", "7"], "0.5 to 1"),
        (["--set", "typos"], "FIELD=VALUE"),
        (["--difficulty", "brutal"], "no difficulty 'brutal'"),
        (["--max-tasks", "2"], "of 3 examples were kept from 2 tasks"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path: Path, wrong: list[str], says: str) -> None:
    done = run("-n", "3", *SIMPLE, "--out", str(tmp_path / "out"), *wrong)
    assert done.exit_code == 1
    assert re.search(says, done.stderr), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_nothing_is_written_before_all_is_checked(tmp_path: Path) -> None:
    run("-n", "3", *SIMPLE, "--out", str(tmp_path / "out"), "--keep", "nonsense")
    assert not (tmp_path / "out").exists()


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "cove")]
    command += ["synth", "-n", "3000", *SIMPLE[:-1], "2", "--shard", "8", "--out", str(tmp_path)]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not list(tmp_path.glob("ledger-*")):
        assert running.poll() is None
        sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: all processes of the group get it
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "run the same command again" in said
    assert "Traceback" not in said


def entry(number: int, reason: str = "") -> Entry:
    attempts = (Attempt("t", "u", reason, 10, 0.5),)
    return Entry(number, f"t-{number}", "retail", ("a",), str(number), attempts, 0, 5, reason)


def test_the_board_shows_everything_at_a_glance() -> None:
    tally, board, console = Tally(), Board(), Console(width=120, record=True, file=StringIO())
    console.print(board.render())
    board(Progress(tally, 5, 2, 1))
    for number, reason in enumerate(["", "score", "user", "", "score"]):
        tally.add(entry(number, reason))
    console.print(board.render())
    text = console.export_text()
    for part in (
        "starting",
        "kept 2/5 of 5 tasks",
        "50 tokens",
        "cost 2.50",
        "2 score",
        "1 user",
        "2 under way",
        "1 done",
    ):
        assert part in text


def test_on_a_terminal_there_is_a_board(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = StringIO()
    monkeypatch.setattr("cove_rl.cli.synth_progress.err", Console(force_terminal=True, file=screen, width=120))
    with show(plain=False) as watch:
        watch(Progress(Tally(), 5, 2, 1))
    assert "kept 0/5" in screen.getvalue()
    with show(plain=True) as watch:
        assert not isinstance(watch, Board)


def test_elsewhere_there_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, now = StringIO(), 0.0
    monkeypatch.setattr("cove_rl.cli.synth_progress.err", Console(file=screen, width=120))
    monkeypatch.setattr("cove_rl.cli.synth_progress.monotonic", lambda: now)
    with show(plain=False) as watch:
        for now in (1.0, 5.0, 11.0, 12.0, 22.0):  # noqa: B007  (the clock reads it)
            watch(Progress(Tally(), 5, 2, 1))
    assert screen.getvalue().count("kept 0/5") == 2


def test_yields_leave_out_what_is_not_the_teachers_fault() -> None:
    tally = Tally()
    for number, reason in enumerate(["", "score", "user", "unanswered"]):
        tally.add(entry(number, reason))
    one = tally.teachers["t"]
    assert (one.attempts, one.passed, one.others, one.kept, one.share) == (4, 1, 2, 1, 0.5)
    assert len(yields(tally)) == 3


def test_the_clock_counts_from_where_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("cove_rl.cli.synth_progress.monotonic", lambda: now)
    tally, clock = Tally(), Clock()
    for number in range(4):
        tally.add(entry(number))
    assert "tasks/s" not in clock.line(Progress(tally, 10, 0, 0))
    now = 102.0
    for number in range(4):
        tally.add(entry(number, "score" if number else ""))
    line = clock.line(Progress(tally, 10, 0, 0))
    assert "2.0 tasks/s" in line
    assert "10 s left" in line
