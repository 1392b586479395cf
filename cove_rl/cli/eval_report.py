"""The tables of `cove eval`."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from cove_rl.cli.console import out, table

if TYPE_CHECKING:
    from cove_rl.evaluation.intervals import Interval
    from cove_rl.evaluation.summary import Share, Summary
    from cove_rl.evaluation.versus import Versus

WORST = 10
"""Tasks that are shown."""


def print_summary(summary: "Summary") -> None:
    """Print a run in figures, the worst tasks last: what is read first after a long table stands at its end."""
    suite, run = summary.run.suite, summary.run
    left_out = f", {len(suite.left_out)} left out" if suite.left_out else ""
    title = f"{suite.name} v{suite.version} ({suite.split}, {suite.tasks} tasks{left_out}), {run.trials} trials"
    rows = [(f"pass^{one.k}", one.value, _shown(one.interval)) for one in summary.pass_k]
    out.print(table(title, ("", "value", "95% interval"), [*rows, ("mean score", summary.score, "")]))
    for reason in dict.fromkeys(one.missing for one in summary.pass_k if one.missing):
        out.print(reason, style="yellow", markup=False)
    counts = {"planned": summary.planned, "finished": summary.finished, "scored": summary.scored}
    excluded = {f"excluded: {reason}": count for reason, count in summary.excluded.items()}
    _counts("Trials", counts | {"excluded": summary.finished - summary.scored} | excluded)
    _counts("Tasks left out", _tally(suite.left_out.values()))
    _shares("Met, by kind of constraint" if not summary.parts else "Success, by expected write", summary.kinds)
    _shares("The parts of the reward", summary.parts)
    _shares("Success, by number of constraints", {str(number): one for number, one in summary.constraints.items()})
    _shares("Success, by messages of both sides", summary.turns)
    _counts("How conversations ended", summary.outcomes)
    _counts("Faults of the customer", summary.user_faults)
    _worst(summary)


def print_versus(versus: "Versus") -> None:
    """Print two runs compared."""
    found = {"success (pass^1)": versus.success, **versus.kinds}
    rows = [
        (name, one.tasks, one.first, one.second, one.value, _shown(one.interval), "yes" if one.clear else "")
        for name, one in found.items()
    ]
    columns = ("", "tasks", "first", "second", "difference", "95% interval", "clear")
    out.print(table("Second run less first, paired by task", columns, rows))
    _counts(
        "Tasks", {"better": versus.better, "worse": versus.worse, "alike": versus.success.tasks - len(versus.tasks)}
    )
    for title, some in (("Lost most", versus.tasks[:WORST]), ("Gained most", versus.tasks[::-1][:WORST])):
        lines = [
            (one.task_id, one.first, one.second, ", ".join(one.kinds))
            for one in some
            if (one.value < 0) == (title == "Lost most")
        ]
        if lines:
            out.print(table(title, ("task", "first", "second", "kinds"), lines))


def _shown(interval: "Interval | None") -> str:
    return "-" if interval is None else f"{interval.low:.3f} to {interval.high:.3f}"


def _tally(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return found


def _counts(title: str, counts: Mapping[str, int]) -> None:
    if counts:
        out.print(table(title, ("", "count"), list(counts.items())))


def _shares(title: str, shares: "Mapping[str, Share]") -> None:
    if shares:
        rows = [(name, one.total, one.held, one.rate) for name, one in shares.items()]
        out.print(table(title, ("", "of", "held", "share"), rows))


def _worst(summary: "Summary") -> None:
    """Print the tasks that failed most, unless every trial succeeded."""
    lines = [line for line in summary.tasks if line.successes < line.trials or not line.trials][:WORST]
    if lines:
        rows = [
            (line.task_id, line.successes, line.trials, line.score, ", ".join(line.kinds), ", ".join(line.endings))
            for line in lines
        ]
        out.print(table("The worst tasks", ("task", "successes", "trials", "score", "kinds", "endings"), rows))
