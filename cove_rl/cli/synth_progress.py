"""What `cove synth` shows while it runs, and at the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from cove_rl.cli.console import HEARTBEAT, err, table

if TYPE_CHECKING:
    from cove_rl.synth.synthesis import Progress
    from cove_rl.synth.tally import Tally

Watch = Callable[["Progress"], None]


@contextmanager
def show(*, plain: bool) -> Iterator[Watch]:
    """Show how far a synthesis has come: a table on a terminal that is drawn anew, elsewhere a line now and then.

    Args:
        plain: never draw a table.
    """
    if plain or not err.is_terminal:
        yield _Heartbeat()
        return
    from rich.live import Live

    board = Board()
    with Live(console=err, get_renderable=board.render, refresh_per_second=4, transient=True):
        yield board


class Clock:
    """Rate and time left, counted from where this run began."""

    def __init__(self) -> None:
        self._start: float | None = None
        self._tasks = self._kept = 0

    def line(self, progress: "Progress") -> str:
        """Return a line that says how far it has come."""
        tally, now = progress.tally, monotonic()
        if self._start is None:
            self._start, self._tasks, self._kept = now, tally.tasks, tally.kept
        seconds = now - self._start
        parts = [f"kept {tally.kept}/{progress.number} of {tally.tasks} tasks"]
        if tally.tasks > self._tasks and seconds > 0:
            parts.append(f"{(tally.tasks - self._tasks) / seconds:.1f} tasks/s")
        if tally.kept > self._kept and seconds > 0:
            left = (progress.number - tally.kept) * seconds / (tally.kept - self._kept)
            parts.append(f"{left:.0f} s left")
        if tally.tokens:
            parts.append(f"{tally.tokens} tokens, cost {tally.cost:.2f}")
        parts += [f"{count} {reason}" for reason, count in tally.reasons]
        return ", ".join(parts)


class _Heartbeat:
    """Prints a line when the last one is `HEARTBEAT` seconds old."""

    def __init__(self) -> None:
        self._clock, self._last = Clock(), monotonic()

    def __call__(self, progress: "Progress") -> None:
        line, now = self._clock.line(progress), monotonic()
        if now - self._last >= HEARTBEAT:
            self._last = now
            err.print(line, markup=False, soft_wrap=True)


class Board:
    """A table of what came of teachers, users and domains so far."""

    def __init__(self) -> None:
        self._clock = Clock()
        self._progress: Progress | None = None

    def __call__(self, progress: "Progress") -> None:
        """Take note of progress."""
        if self._progress is None:
            self._clock.line(progress)
        self._progress = progress

    def render(self) -> Group:
        """Return what to draw now."""
        if self._progress is None:
            return Group(Text("starting"))
        progress = self._progress
        busy = Text(f"{progress.under_way} under way, {progress.waiting} done and waiting for those before them")
        return Group(Text(self._clock.line(progress)), busy, *yields(progress.tally))


def yields(tally: "Tally") -> list[Table]:
    """Return tables of what was kept, of why the rest was not, and of the yields (CoVe, Table 3)."""
    rows = [
        (side, name, one.attempts, one.passed, one.attempts - one.passed - one.others, one.others, one.kept, one.share)
        for side, found in (("teacher", tally.teachers), ("user", tally.users), ("domain", tally.domains))
        for name, one in sorted(found.items())
    ]
    columns = ("", "name", "attempts", "passed", "teacher failed", "others failed", "kept", "yield")
    made = [table(f"{tally.kept} examples of {tally.tasks} tasks", columns, rows)]
    if tally.rejected:
        made.append(table("Tasks of which nothing was kept", ("reason", "tasks"), tally.reasons))
    if tally.tokens:
        made.append(table("Served models", ("tokens", "cost"), [(tally.tokens, tally.cost)]))
    return made
