"""A training program of verl as a child process: its output in a log, its metrics read as it makes them."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cove_rl.errors import CoveError

GRACE = 30.0
"""Seconds a program has to end after an interrupt before it is terminated."""
PAUSE = 1.0
"""Seconds between two looks at the metrics."""
_ERROR = re.compile(r"\s*[\w.]*Error: \S")
"""The last line of a traceback; a launcher's own is empty behind the colon."""
QUOTED = 200
"""Characters of the log that a failure repeats."""


class Step(msgspec.Struct, frozen=True):
    """One line of verl's file logger: a step, and its metrics by name."""

    step: int
    data: dict[str, Any]


def run_program(
    command: Sequence[str],
    log: Path,
    metrics: Path,
    environment: Mapping[str, str],
    seen: Callable[[Sequence[Step]], None],
    folder: Path | None = None,
) -> list[Step]:
    """Run a training program to its end; return its metrics, step by step.

    Args:
        command: the program.
        log: where its output goes.
        metrics: where verl's file logger writes.
        environment: variables to set, besides those of this process.
        seen: called about once a second with all steps so far.
        folder: where it runs, if not in the current one.

    Raises:
        CoveError: if it fails; the message has its last error and names the log.
    """
    metrics.unlink(missing_ok=True)
    around = {**os.environ, **environment, "VERL_FILE_LOGGER_PATH": str(metrics.absolute())}
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            command, stdout=output, stderr=subprocess.STDOUT, cwd=folder, env=around, start_new_session=True
        )
        try:
            while process.poll() is None:
                time.sleep(PAUSE)
                seen(list(read_steps(metrics)))
        except BaseException:
            _end(process)
            raise
    if process.returncode != 0:
        raise CoveError(f"{log.stem} ended with status {process.returncode}{_fault(log)}; see the end of {log}")
    return list(read_steps(metrics))


def read_steps(file: Path) -> Iterator[Step]:
    """Yield the steps in a metrics file so far; a torn last line is left for later."""
    if not file.exists():
        return
    for line in file.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield msgspec.json.decode(line, type=Step)


def newest_step(folder: Path) -> int:
    """Return the step of the newest checkpoint that one of verl's trainers has finished in a folder; 0 if none."""
    try:
        return int((folder / "latest_checkpointed_iteration.txt").read_text())
    except (OSError, ValueError):
        return 0


def _fault(log: Path) -> str:
    """Return the last line of a log that speaks of an error, as a part of a message; "" if none does."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    found = next((line.strip() for line in reversed(lines) if _ERROR.match(line)), "")
    return f" ({found[:QUOTED]})" if found else ""


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
