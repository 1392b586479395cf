"""The report of an evaluation as one page: figures first, and behind them the conversations of the worst tasks."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

import msgspec

from cove_rl.evaluation.passk import PassK
from cove_rl.evaluation.summary import Share, Summary, TaskLine, summarise_folder
from cove_rl.evaluation.trials import Run, load_trials, trials_file
from cove_rl.viewer.archive import write_archive
from cove_rl.viewer.charts import Bar, Line, bar_chart, line_chart
from cove_rl.viewer.opening import collect

WORST = 25
"""Tasks whose conversations are in the page, at most; without a failure, so few that they show what success is."""
SHOWN_IF_ALL_SUCCEED = 5
BINS = 10
"""Parts into which scores below 1 are divided."""


class Played(msgspec.Struct, frozen=True):
    """One trial, as far as the report needs it, by its place among the trials."""

    task_id: str
    trial: int
    success: bool | None
    score: float | None


def write_report(folder: Path, path: Path) -> None:
    """Write the report of an evaluation's folder as one HTML file that needs no server.

    Args:
        folder: what `cove eval` has written; the run need not have finished.
        path: the file.

    Raises:
        InputError: if it is no such folder, or the file cannot be written.
    """
    summary = summarise_folder(folder)
    trials = [Played(one.task_id, one.trial, one.success, one.score) for one in load_trials(folder)]
    worst = worst_tasks(summary.tasks)
    kept = [place for task in worst for place in _places(task.task_id, trials)]
    links = {place: number for number, place in enumerate(kept, start=1)}
    collection = collect([trials_file(folder)]).chosen(kept)
    shown = report_markup(summary, trials, worst, links)
    write_archive(collection, path, f"{summary.run.suite.name}: {_agent(summary.run)}", report=shown)


def worst_tasks(tasks: Sequence[TaskLine]) -> list[TaskLine]:
    """Return the tasks whose conversations are worth a look; `tasks` has the worst first."""
    failed = [one for one in tasks if one.successes < one.trials or not one.trials]
    return failed[:WORST] or list(tasks[:SHOWN_IF_ALL_SUCCEED])


def report_markup(
    summary: Summary, trials: Sequence[Played], worst: Sequence[TaskLine], links: Mapping[int, int]
) -> str:
    """Return the report.

    Args:
        summary: the run in figures.
        trials: all trials in the order of the run's file.
        worst: the tasks whose conversations are in the page.
        links: place of a trial -> its number in the page's list.
    """
    parts = (
        f"<h2>{escape(summary.run.suite.name)}: {escape(_agent(summary.run))}</h2>",
        _facts(summary),
        _pass_table(summary.pass_k),
        f'<div class="charts">{"".join(_charts(summary, trials))}</div>',
        "<h2>The worst tasks</h2>",
        _worst(worst, trials, links),
        "<h2>What was run</h2>",
        _run(summary.run),
    )
    return '<section id="report" class="sheet" aria-label="Report">' + "\n".join(parts) + "</section>\n"


def _places(task_id: str, trials: Sequence[Played]) -> list[int]:
    return [place for place, one in enumerate(trials) if one.task_id == task_id]


def _agent(run: Run) -> str:
    """Return what to call the agent: its kind, and the model if it has one."""
    endpoint = run.agent.get("endpoint")
    model = endpoint.get("model") if isinstance(endpoint, dict) else run.agent.get("policy")
    return " ".join(str(one) for one in (run.agent.get("kind", "agent"), model) if one)


def _facts(summary: Summary) -> str:
    counts = f"{summary.planned} trials planned, {summary.finished} finished, {summary.scored} scored"
    excluded = "".join(f"; {count} excluded: {reason}" for reason, count in summary.excluded.items())
    score = "" if summary.score is None else f". Mean score {summary.score:.3f}"
    return f'<p class="about">{escape(counts + excluded + score)}.</p>'


def _pass_table(found: Sequence[PassK]) -> str:
    rows = []
    for one in found:
        if one.value is None:
            rows.append(f'<tr><th>pass^{one.k}</th><td class="missing">{escape(one.missing)}</td><td></td></tr>')
            continue
        interval = f"{one.interval.low:.3f} to {one.interval.high:.3f}" if one.interval else ""
        rows.append(f"<tr><th>pass^{one.k}</th><td>{one.value:.3f}</td><td>{interval}</td></tr>")
    head = "<tr><th></th><th>estimate</th><th>95 % interval</th></tr>"
    return f'<div class="scroll"><table>{head}{"".join(rows)}</table></div>'


def _charts(summary: Summary, trials: Sequence[Played]) -> Iterable[str]:
    """Yield the charts that have something to show."""
    known = [one for one in summary.pass_k if one.value is not None]
    if len(known) > 1:
        yield line_chart("pass^k with 95 % intervals", [_pass_line(known)], "k", share=True)
    if scores := [one.score for one in trials if one.score is not None]:
        yield _counts("Scores of the trials", histogram(scores))
    shares = (
        ("Met, by kind" if not summary.parts else "Success, by expected write", summary.kinds),
        ("Success, by number of constraints", {str(number): one for number, one in summary.constraints.items()}),
        ("Success, by messages of both sides", summary.turns),
        ("Parts of the benchmark's reward", summary.parts),
    )
    yield from (_shares(title, some) for title, some in shares if some)
    counts = (("How conversations ended", summary.outcomes), ("Faults of the customer", summary.user_faults))
    yield from (_counts(title, some) for title, some in counts if some)


def _pass_line(known: Sequence[PassK]) -> Line:
    points = tuple((float(one.k), one.value) for one in known if one.value is not None)
    bands = tuple((one.interval.low, one.interval.high) for one in known if one.interval is not None)
    return Line("pass^k", points, band=bands if len(bands) == len(points) else ())


def histogram(scores: Iterable[float]) -> dict[str, int]:
    """Return how many scores lie in each tenth below 1, and how many are exactly 1."""
    counts = [0] * (BINS + 1)
    for score in scores:
        counts[BINS if score >= 1 else int(score * BINS)] += 1
    names = [f"{place / BINS:.1f} to {(place + 1) / BINS:.1f}" for place in range(BINS)]
    return dict(zip([*names, "1"], counts, strict=True))


def _shares(title: str, shares: Mapping[str, Share]) -> str:
    bars = [Bar(name, one.rate, f"{one.rate:.0%} of {one.total}") for name, one in shares.items()]
    return bar_chart(title, bars, 1.0)


def _counts(title: str, counts: Mapping[str, int]) -> str:
    return bar_chart(title, [Bar(name, count, str(count)) for name, count in counts.items()])


def _worst(worst: Sequence[TaskLine], trials: Sequence[Played], links: Mapping[int, int]) -> str:
    head = "".join(f"<th>{name}</th>" for name in ("task", "done", "score", "kinds", "ended by", "conversations"))
    rows = (_row(task, [(links[place], trials[place]) for place in _places(task.task_id, trials)]) for task in worst)
    return f'<div class="scroll"><table><tr>{head}</tr>{"".join(rows)}</table></div>'


def _row(task: TaskLine, played: Sequence[tuple[int, Played]]) -> str:
    score = "-" if task.score is None else f"{task.score:.2f}"
    cells = (
        escape(task.task_id),
        f"{task.successes} of {task.trials}",
        score,
        escape(", ".join(task.kinds)),
        escape(", ".join(task.endings)),
        "".join(f'<a href="#{number}">{_mark(one.success)} {one.trial}</a>' for number, one in played),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _mark(success: bool | None) -> str:
    return "-" if success is None else "✓" if success else "✗"


def _run(run: Run) -> str:
    """Return what must be equal in runs that are compared, and who played."""
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(msgspec.json.encode(value).decode())}</td></tr>"
        for name, value in msgspec.to_builtins(run).items()
    )
    return f'<div class="scroll"><table>{rows}</table></div>'
