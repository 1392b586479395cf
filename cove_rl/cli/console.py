"""What commands print: results on stdout, progress on stderr, tables, distributions and JSON."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any, Protocol

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cove_rl.distribution import describe, histogram

WIDE = 240
"""Columns of an output that is no terminal: a table in a file is not folded to fit a screen."""

out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
"""Results. Nothing else is written to stdout."""
err = Console(stderr=True, highlight=False)
"""Progress, notes and errors."""

HEARTBEAT = 10.0
"""Seconds between two progress lines where there is no terminal to draw a bar on."""


class Advance(Protocol):
    """Reports that `count` more pieces of the work are done."""

    def __call__(self, count: int = 1) -> None:
        """Move on by `count`."""


@contextmanager
def progress(description: str, total: int | None = None, *, done: int = 0, plain: bool = False) -> Iterator[Advance]:
    """Show how far a loop has come; yields the function to call after every piece of work.

    On a terminal this is a bar on stderr with the rate and the time left. Elsewhere, and with `plain` (give it the
    command's ``--json`` flag), it is a plain line on stderr every ten seconds, so that short work says nothing.

    Args:
        description: what is being done, in a few words.
        total: how many pieces there are; None if nobody knows.
        done: how many of them an earlier run had finished; they do not count towards the rate.
        plain: never draw a bar.
    """
    if plain or not err.is_terminal:
        yield _heartbeat(description, total, done)
        return
    from rich import progress as bars

    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        _rate_column(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(description, total=total, completed=done)
        yield lambda count=1: bar.advance(task, count)


def _rate_column() -> Any:
    """Return a column with the number of pieces per second; built here because its import is slow."""
    from rich.progress import ProgressColumn, Task

    class RateColumn(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:.1f}/s")

    return RateColumn()


def _heartbeat(description: str, total: int | None, done: int) -> Advance:
    """Return an `Advance` that prints a line when the last one is `HEARTBEAT` seconds old."""
    start = last = monotonic()
    begun = done

    def advance(count: int = 1) -> None:
        nonlocal done, last
        done += count
        now = monotonic()
        if now - last < HEARTBEAT:
            return
        last = now
        rate = (done - begun) / (now - start)
        line = f"{description}: {done}" + ("" if total is None else f"/{total}") + f", {rate:.1f}/s"
        if total is not None and rate > 0:
            line += f", {(total - done) / rate:.0f} s left"
        err.print(line, markup=False, soft_wrap=True)

    return advance


def harmless(text: str) -> str:
    """Return a text that a terminal shows and does not obey: control characters become question marks."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else _harmless(letter) for letter in text)


def _harmless(letter: str) -> str:
    return " " if letter.isspace() else "?"


def print_json(obj: object) -> None:
    """Write a struct, or anything else that msgspec encodes, to stdout as indented JSON."""
    text = msgspec.json.format(msgspec.json.encode(obj), indent=2).decode()
    sys.stdout.write(text + "\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table to give to ``out.print``; columns that hold only numbers are aligned to the right.

    Cells are shown as they are: square brackets in them mean nothing. None is shown as a dash.
    """
    cells = list(rows)
    heading = Text(title, style="bold", no_wrap=True, overflow="ignore")
    made = Table(title=heading, title_justify="left", title_style="", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for place, name in enumerate(columns):
        numeric = all(isinstance(row[place], int | float | None) for row in cells)
        made.add_column(Text(name), justify="right" if numeric else "left", overflow="fold", no_wrap=numeric)
    for row in cells:
        made.add_row(*(Text(_cell(value)) for value in row))
    return made


def distribution_table(title: str, samples: Mapping[str, Sequence[float]]) -> Table:
    """Return a table with one row per sample: count, mean, min, p5, p50, p95, max and a histogram.

    Args:
        title: what was measured.
        samples: name -> numbers; see `cove_rl.distribution.describe` for what happens to NaN.
    """
    rows: list[Sequence[object]] = []
    for name, numbers in samples.items():
        found = describe(numbers)
        shape = histogram(numbers, ascii_only=out.options.ascii_only)
        rows.append((name, *msgspec.structs.astuple(found), shape))
    return table(title, ("", "count", "mean", "min", "p5", "p50", "p95", "max", "histogram"), rows)


def _cell(value: object) -> str:
    """Return how a table shows a value."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 100 else f"{value:.1f}"
    return harmless(str(value))
