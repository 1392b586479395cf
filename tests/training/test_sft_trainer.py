"""verl's SFT trainer on the CPU: it learns from examples, goes on where it stopped, and GRPO starts from its model."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from cove_rl.cli.main import app
from cove_rl.cli.program import read_steps
from cove_rl.synth.example import Example, facts_of

pytest.importorskip("verl", reason="needs the train extra")

from safetensors.torch import load_file

from .cases import WORLD, solved
from .engines import Size, build_tiny

FIRST, LAST = 12, 20
"""Steps after which the run stops, and those it then has."""

GRPO = """
import json, sys
from hydra import compose, initialize_config_module
from verl.workers.engine_workers import ActorRolloutRefWorker
with initialize_config_module("verl.trainer.config", version_base=None):
    config = compose("ppo_trainer", overrides=sys.argv[1:])
worker = ActorRolloutRefWorker(config=config.actor_rollout_ref, role="actor")
worker.init_model()
state = worker.actor.engine.module.state_dict()
weights = {name: float(value.full_tensor().double().sum()) for name, value in state.items()}
print("WEIGHTS", json.dumps(weights))
"""
"""Load a model as a worker of main_ppo does, in a process of its own, and print what it has loaded."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with examples and a very small model."""
    folder = tmp_path_factory.mktemp("sft")
    examples = [Example(one.task, one.trajectory, facts_of(one.task, WORLD, one.trajectory)) for one in solved(24)]
    lines = [msgspec.json.encode(one) + b"\n" for one in examples]
    (folder / "examples").mkdir()
    (folder / "examples" / "kept-00000.jsonl").write_bytes(b"".join(lines[:20]))
    (folder / "val.jsonl").write_bytes(b"".join(lines[20:]))
    build_tiny(folder / "model", ["retail"], Size(vocabulary=4096, hidden=48, layers=1, heads=2), conversations=20)
    return folder


def train(home: Path, steps: int) -> Result:
    settings = [
        "data.train_batch_size=2",
        "data.max_length=2048",
        "optim.lr=1e-2",
        "optim.lr_warmup_steps=2",
        "trainer.save_freq=100",
    ]
    words = ["--data", str(home / "examples"), "--val", str(home / "val.jsonl"), "--model", str(home / "model")]
    words += ["--profile", "cpu", "--out", str(home / "out"), "--steps", str(steps), "--json", *settings]
    result = CliRunner().invoke(app, ["train", "sft", *words])
    assert result.exit_code == 0, result.stderr + log_of(home)
    return result


def log_of(home: Path) -> str:
    log = home / "out" / "sft.log"
    return log.read_text(errors="replace")[-4000:] if log.exists() else ""


def losses(file: Path) -> dict[int, float]:
    return {one.step: one.data["train/loss"] for one in read_steps(file) if "train/loss" in one.data}


def test_it_learns_goes_on_and_main_ppo_loads_what_it_made(home: Path) -> None:
    first = json.loads(train(home, FIRST).stdout)
    begun = losses(home / "out" / "metrics-0.jsonl")
    assert list(begun) == list(range(1, FIRST + 1))
    assert first["steps"] == FIRST

    result = train(home, LAST)
    assert f"going on after step {FIRST}" in result.stderr
    gone_on = losses(home / "out" / f"metrics-{FIRST}.jsonl")
    assert list(gone_on) == list(range(FIRST + 1, LAST + 1))
    assert gone_on[FIRST + 1] < (begun[1] + begun[FIRST]) / 2  # it remembers what it had learnt
    assert gone_on[LAST] < begun[FIRST] < begun[1]
    made = read_steps(home / "out" / f"metrics-{FIRST}.jsonl")
    (validated,) = [one.data["val/loss"] for one in made if "val/loss" in one.data]
    assert validated < (begun[1] + begun[FIRST]) / 2

    report = json.loads(result.stdout)
    weights = load_file(Path(report["checkpoint"]) / "model.safetensors")
    before = load_file(home / "model" / "model.safetensors")
    assert weights.keys() == before.keys()
    loaded = loaded_by_main_ppo(home, report["grpo"])
    for name, value in weights.items():
        assert loaded[name] == pytest.approx(float(value.double().sum()), rel=1e-4, abs=1e-3), name
    changed = [name for name, value in weights.items() if not value.equal(before[name])]
    assert len(changed) == len(weights)


def loaded_by_main_ppo(home: Path, command: str) -> dict[str, float]:
    """Return the sums of the weights that a worker has, given the overrides of the command that is recommended."""
    words = shlex.split(command)
    assert words[:4] == ["VERL_PLATFORM=cpu", "python", "-m", "verl.trainer.main_ppo"]
    script = home / "grpo.py"
    script.write_text(GRPO)
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", str(script), *words[4:]],
        env={**os.environ, "VERL_PLATFORM": "cpu"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    line: Any = next(line for line in done.stdout.splitlines() if line.startswith("WEIGHTS "))
    found: dict[str, float] = json.loads(line.removeprefix("WEIGHTS "))
    return found
