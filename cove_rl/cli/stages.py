"""Stages of a long job: each is done once, shows how far it has come, and leaves its output in a log."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cove_rl.cli.console import err, progress
from cove_rl.errors import CoveError, InputError
from cove_rl.files import atomic_write

GRACE = 30.0
"""Seconds a program has to end after an interrupt before it is terminated."""


class Step(msgspec.Struct, frozen=True):
    """One line of verl's file logger: a step, and its metrics by name."""

    step: int
    data: dict[str, Any]


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
        folder.mkdir(parents=True, exist_ok=True)
        header, file = msgspec.json.encode(dict(options), order="sorted"), folder / "options.json"
        if file.exists() and file.read_bytes() != header:
            raise InputError(
                f"{folder} was begun with other options, {file.read_text()}: "
                "give another folder with --out, or begin anew with --force"
            )
        atomic_write(file, header)

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
        """Run a training program of verl; return its metrics, step by step.

        Args:
            name: of the log and of the metrics' file.
            command: the program; its output goes to the log.
            steps: how many steps it will make.

        Raises:
            CoveError: if it fails; the message names the log.
        """
        log, metrics = self.folder / f"{name}.log", self.folder / f"{name}.jsonl"
        metrics.unlink(missing_ok=True)
        environment = {**os.environ, "VERL_PLATFORM": "cpu", "VERL_FILE_LOGGER_PATH": str(metrics.absolute())}
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=environment,
                start_new_session=True,
            )
            try:
                self._wait(process, metrics, steps)
            except BaseException:
                _end(process)
                raise
        if process.returncode != 0:
            raise CoveError(f"{name} ended with status {process.returncode}; see the end of {log}")
        return list(read_steps(metrics))

    @staticmethod
    def _wait(process: "subprocess.Popen[bytes]", metrics: Path, steps: int) -> None:
        shown = 0
        with progress("  steps", steps) as advance:
            while process.poll() is None:
                time.sleep(1.0)
                made = max((step.step for step in read_steps(metrics)), default=0)
                advance(made - shown)
                shown = made


def read_steps(file: Path) -> Iterator[Step]:
    """Yield the steps in a metrics file so far; a torn last line is left for later."""
    if not file.exists():
        return
    for line in file.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield msgspec.json.decode(line, type=Step)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Interrupt a program and everything it has started, as Ctrl-C would; terminate what does not go."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, sign)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            continue
