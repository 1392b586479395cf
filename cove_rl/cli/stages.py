"""Stages of a long job: each is done once, shows how far it has come, and leaves its output in a log."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cove_rl.cli.console import err, progress
from cove_rl.cli.program import Step, run_program
from cove_rl.errors import InputError
from cove_rl.files import atomic_write


def claim(folder: Path, options: Mapping[str, Any]) -> None:
    """Make a folder for a job, and note in it what the job was asked to do.

    Args:
        folder: the folder.
        options: everything that decides what the job does.

    Raises:
        InputError: if the folder was begun with other options.
    """
    folder.mkdir(parents=True, exist_ok=True)
    header, file = msgspec.json.encode(dict(options), order="sorted"), folder / "options.json"
    if file.exists() and file.read_bytes() != header:
        raise InputError(
            f"{folder} was begun with other options, {file.read_text()}: "
            "give another folder with --out, or begin anew with --force"
        )
    atomic_write(file, header)


class Stages:
    """Remembers in a folder which stages are done.

    Args:
        folder: where markers and logs go; made if needed.
        options: everything that decides what the stages do; a folder begun with others is refused.

    Raises:
        InputError: if the folder was begun with other options.
    """

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        self.folder = folder
        claim(folder, options)

    def run(self, name: str, title: str, work: Callable[[], str]) -> None:
        """Do a stage, unless an earlier run has; `work` returns what to say of it."""
        marker = self.folder / f"{name}.done"
        if marker.exists():
            err.print(f"{title}: done before. {marker.read_text()}", markup=False, soft_wrap=True)
            return
        err.print(f"{title} ...", markup=False, soft_wrap=True)
        started = time.monotonic()
        said = work()
        atomic_write(marker, said)
        err.print(f"  {said} ({time.monotonic() - started:.0f} s)", markup=False, soft_wrap=True)

    def program(self, name: str, command: Sequence[str], steps: int) -> list[Step]:
        """Run a training program of verl on the CPU; return its metrics, step by step.

        Args:
            name: of the log and of the metrics' file.
            command: the program; its output goes to the log.
            steps: how many steps it will make.

        Raises:
            CoveError: if it fails; the message names the log.
        """
        log, metrics = self.folder / f"{name}.log", self.folder / f"{name}.jsonl"
        shown = 0
        with progress("  steps", steps) as advance:

            def seen(made: Sequence[Step]) -> None:
                nonlocal shown
                last = max((step.step for step in made), default=0)
                advance(last - shown)
                shown = last

            return run_program(command, log, metrics, {"VERL_PLATFORM": "cpu"}, seen, self.folder)
