"""The last check: one step of training, with everything real but the size."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cove_rl.training.doctor.finding import Finding, Profile

SECONDS = 900.0
"""Time for one step with a tiny model; about 80 s were seen on two CPU cores."""

SMALL = (
    "data.train_batch_size=2",
    "actor_rollout_ref.actor.ppo_mini_batch_size=2",
    "actor_rollout_ref.rollout.n=2",
    "algorithm.filter_groups.enable=false",
    "cove.turn_tokens=64",
    "cove.agent_turns=4",
    "cove.user_turns=4",
    "cove.splits.val.tasks=2",
    "trainer.total_training_steps=1",
    "trainer.val_before_train=false",
    "trainer.test_freq=-1",
    "trainer.save_freq=-1",
    "trainer.resume_mode=disable",
)


def dry_run(profile: Profile) -> Iterator[Finding]:
    """Run one step with a new tiny model; the result says nothing of the real one's memory."""
    with tempfile.TemporaryDirectory(prefix="cove-doctor-") as name:
        folder = Path(name)
        _build(folder / "model")
        log = Path(tempfile.gettempdir()) / "cove-doctor.log"
        command = [sys.executable, "-m", "verl.trainer.main_ppo", *profile.arguments, *SMALL]
        command += [f"actor_rollout_ref.model.path={folder / 'model'}", f"trainer.default_local_dir={folder / 'out'}"]
        yield _judged(command, folder, log)


def _build(path: Path) -> None:
    from cove_rl.training.tiny import Size, build_tiny

    build_tiny(path, ["retail"], Size(vocabulary=4096, hidden=48, layers=1, heads=2), conversations=60)


def _judged(command: list[str], folder: Path, log: Path) -> Finding:
    """Run the command and say how it went, keeping its output."""
    with log.open("wb") as output:
        try:
            done = subprocess.run(  # noqa: S603
                command,
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=SECONDS,
                env=_environment(),
            )
        except subprocess.TimeoutExpired:
            return Finding(
                "dry run", "failure", f"no step within {SECONDS:.0f} s", f"see {log}; `ray stop` ends what is left"
            )
    text = log.read_text(encoding="utf-8", errors="replace")
    if done.returncode == 0 and "training/global_step:1" in text:
        return Finding("dry run", "ok", "verl made one step of GRPO with a tiny model")
    return Finding("dry run", "failure", f"main_ppo ended with status {done.returncode}: {_last(text)}", f"see {log}")


def _environment() -> dict[str, str]:
    return {**os.environ, "HYDRA_FULL_ERROR": "1"}


def _last(text: str) -> str:
    """Return the last line that names an error, else the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no output"]
    return next((line for line in reversed(lines) if "Error" in line), lines[-1])[:200]
