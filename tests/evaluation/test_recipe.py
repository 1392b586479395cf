"""The recipe of the official number prints the benchmark's own commands, and refuses what it does not know."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "recipes" / "eval_tau2.sh"


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["bash", str(SCRIPT), *words], capture_output=True, text=True, check=False)


def test_a_dry_run_prints_a_command_for_each_domain() -> None:
    done = run("--model", "me/my model", "--dry-run", "--trials", "3", "--domains", "airline telecom")
    assert done.returncode == 0, done.stderr
    commands = [shlex.split(line) for line in done.stdout.splitlines()]
    assert [command[:4] for command in commands] == [
        ["tau2", "run", "--domain", name] for name in ("airline", "telecom")
    ]
    for command in commands:
        options = dict(zip(command[2::2], command[3::2], strict=True))
        assert options["--agent-llm"] == "openai/me/my model"
        assert options["--num-trials"] == "3"
        assert json.loads(options["--agent-llm-args"])["api_base"] == "http://127.0.0.1:30000/v1"
        assert "/" not in options["--save-to"]


@pytest.mark.parametrize("words", [[], ["--model"], ["--model", "m", "--what", "x"]])
def test_a_mistake_is_said_with_the_usage(words: list[str]) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "usage: " in done.stderr
    assert done.stdout == ""


def test_the_usage_names_every_option() -> None:
    shown = run("--help").stdout
    for option in ("--model", "--url", "--domains", "--user-llm", "--trials", "--temperature", "--together", "--seed"):
        assert f"  {option}" in shown
        assert f"    {option})" in SCRIPT.read_text()


def test_it_is_short() -> None:
    assert len(SCRIPT.read_text().splitlines()) < 80
