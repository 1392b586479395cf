"""Training runs as series: which of verl's metrics are worth a chart, and what they are called."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from cove_rl.viewer.charts import Line


class TrainingRun(msgspec.Struct, frozen=True):
    """A run's metrics, as verl's file logger writes them: step and metrics by name, in the order of the steps."""

    name: str
    steps: tuple[tuple[int, Mapping[str, Any]], ...]


class Panel(msgspec.Struct, frozen=True):
    """One chart of a figure.

    Attributes:
        title: what it shows.
        lines: of all runs.
        share: whether its values are shares.
    """

    title: str
    lines: tuple[Line, ...]
    share: bool = False


class _Chart(msgspec.Struct, frozen=True):
    """What a chart shows: patterns of the metrics of training, and of validation; `{}` in the title is what matched."""

    title: str
    training: str
    validation: str = r"(?!)"
    share: bool = False
    idle: bool = False  # whether it is drawn even where every value is 0


def _part(title: str, name: str, *, share: bool = False, idle: bool = False) -> _Chart:
    return _Chart(title, rf"cove/{name}", rf"val-aux/[^/]+/{name}/mean@\d+", share, idle)


CHARTS: tuple[_Chart, ...] = (
    _Chart("reward", r"critic/score/mean", r"val-core/[^/]+/reward/mean@\d+", share=True, idle=True),
    _part("success", "success", share=True, idle=True),
    _part("satisfied constraints", "satisfied", share=True),
    _part("redundant writes", "redundant"),
    _part("failed calls", "failed_calls"),
    _part("calls", "calls"),
    _part("messages of the agent", "agent_turns"),
    _part("messages of the customer", "user_turns"),
    _part("satisfied: {}", r"satisfied/(\w+)", share=True),
    _part("ended by {}", r"ended/(\w+)", share=True),
    _part("failed through the customer", "user_blamed", share=True),
    _part("fault of the customer: {}", r"user_fault/(\w+)", share=True),
    _Chart("loss", r"train/loss", r"val/loss"),
    _Chart("policy loss", r"actor/pg_loss"),
    _Chart("entropy", r"actor/entropy"),
    _Chart("gradient norm", r"(?:actor|train)/grad_norm"),
    _Chart("seconds per step", r"timing_s/step"),
    _Chart("seconds: {}", r"timing_s/(gen|old_log_prob|ref|update_actor|testing)"),
    _Chart("tokens per second", r"perf/throughput"),
    _Chart("tokens per response", r"response_length/mean"),
)
"""The charts in their order."""


def panels(runs: Sequence[TrainingRun], smooth: int = 1) -> list[Panel]:
    """Return the charts of some runs laid over one another; a metric that no run has, or that is always 0, has none.

    Args:
        runs: the runs.
        smooth: values of training that are averaged, the last so many; above 1 the values themselves stay in the
            background. Validation is not averaged.
    """
    return [panel for chart in CHARTS for panel in _panels(chart, runs, smooth)]


def _panels(chart: _Chart, runs: Sequence[TrainingRun], smooth: int) -> list[Panel]:
    found: dict[str, list[Line]] = {}
    for series, run in enumerate(runs):
        for title, points in _series(run, chart.title, chart.training).items():
            lines = found.setdefault(title, [])
            if smooth > 1:
                lines.append(Line(run.name, points, series, faint=True))
            lines.append(Line(run.name, smoothed(points, smooth), series))
        for title, points in _series(run, chart.title, chart.validation).items():
            found.setdefault(title, []).append(Line(f"{run.name}, validation", points, series, dashed=True))
    told = {title: lines for title, lines in found.items() if chart.idle or _moves(lines)}
    return [Panel(title, tuple(told[title]), chart.share and _is_share(told[title])) for title in sorted(told)]


def _series(run: TrainingRun, title: str, pattern: str) -> dict[str, tuple[tuple[float, float], ...]]:
    """Return title -> points of the metrics that match; several of one title (of several domains, say) are averaged."""
    names: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for _, data in run.steps for name in data):
        if match := re.fullmatch(pattern, name):
            names.setdefault(title.format(*match.groups()), []).append(name)
    return {one: tuple(_points(run, some)) for one, some in names.items()}


def _points(run: TrainingRun, names: Sequence[str]) -> Iterable[tuple[float, float]]:
    for step, data in run.steps:
        values = [value for name in names if (value := _value(data, name)) is not None]
        if values:
            yield float(step), sum(values) / len(values)


def _value(data: Mapping[str, Any], name: str) -> float | None:
    """Return a metric as a number; None if it is none.

    Validation counts a kind of constraint as unsatisfied where a task has none of that kind, so it is divided by the
    share of the tasks that have one.
    """
    value = data.get(name)
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if not (name.startswith("val-aux/") and "/satisfied/" in name):
        return float(value)
    having = data.get(name.replace("/satisfied/", "/has/"), 0.0)
    return value / having if having else None


def smoothed(points: Sequence[tuple[float, float]], count: int) -> tuple[tuple[float, float], ...]:
    """Return every point with the mean of its own value and the `count` - 1 before it."""
    values = [y for _, y in points]
    windows = (values[max(0, place + 1 - count) : place + 1] for place in range(len(values)))
    return tuple((x, sum(window) / len(window)) for (x, _), window in zip(points, windows, strict=True))


def _moves(lines: Sequence[Line]) -> bool:
    return any(y for line in lines for _, y in line.points)


def _is_share(lines: Sequence[Line]) -> bool:
    """Whether all values lie between 0 and 1: rewards need not."""
    return all(0 <= y <= 1 for line in lines for _, y in line.points)
