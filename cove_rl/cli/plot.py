"""`cove plot`: training runs as charts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cove_rl.cli.console import err
from cove_rl.errors import InputError

if TYPE_CHECKING:
    from cove_rl.viewer.runs import TrainingRun


def plot(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Logs of verl's file logger, or folders with such logs.")
    ],
    path: Annotated[Path, typer.Option("--out", metavar="FILE", help="What to write; .png or .html.")] = Path(
        "plot.html"
    ),
    smooth: Annotated[
        int, typer.Option(metavar="N", min=1, help="Average the last N values of training; validation stays.")
    ] = 1,
) -> None:
    """Draw training runs over one another: reward, success, parts, outcomes, timing."""
    from cove_rl.viewer.plots import write_plot

    files = [file for run in runs for file in _logs(run)]
    names = _names(files)
    drawn = write_plot([_read(file, name) for file, name in zip(files, names, strict=True)], path, smooth)
    err.print(f"{drawn} charts of {', '.join(names)} written to {path}", markup=False, soft_wrap=True)


def _logs(path: Path) -> list[Path]:
    """Return the logs in a folder, or the log itself."""
    if not path.is_dir():
        return [path]
    found = sorted(path.glob("*.jsonl"))
    if not found:
        raise InputError(f"{path} holds no .jsonl file; verl writes one with trainer.logger=[file]")
    return found


def _names(files: Sequence[Path]) -> list[str]:
    """Return short names of runs that tell them apart."""
    names = [file.stem for file in files]
    if len(set(names)) == len(names):
        return names
    return [f"{file.absolute().parent.name}/{file.stem}" for file in files]


def _read(file: Path, name: str) -> "TrainingRun":
    import msgspec

    from cove_rl.cli.program import read_steps
    from cove_rl.viewer.runs import TrainingRun

    if not file.exists():
        raise InputError(f"there is no {file}")
    try:
        steps = [(step.step, step.data) for step in read_steps(file)]
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError) as fault:
        raise InputError(f"{file} is no log of verl's file logger: {fault}") from fault
    if not steps:
        raise InputError(f"{file} holds no step yet")
    return TrainingRun(name, tuple(sorted(steps, key=lambda one: one[0])))
