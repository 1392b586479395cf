"""Draw training runs: as a picture with matplotlib, or as a page that needs nothing."""

from collections.abc import Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from cove_rl.errors import InputError
from cove_rl.files import atomic_write
from cove_rl.viewer.charts import COLOURS, Line, legend, line_chart
from cove_rl.viewer.page import sheet
from cove_rl.viewer.runs import Panel, TrainingRun, panels

COLUMNS = 4
"""Charts beside one another in a picture."""
VALIDATION = "validation"


def write_plot(runs: Sequence[TrainingRun], path: Path, smooth: int = 1) -> int:
    """Draw some runs, laid over one another; return how many charts there are.

    Args:
        runs: the runs.
        path: the file; its ending, .png or .html, says which kind.
        smooth: values that are averaged (see `panels`).

    Raises:
        InputError: if there is nothing to draw, the ending is another one, matplotlib is needed and missing, or the
            file cannot be written.
    """
    drawn = panels(runs, smooth)
    if not drawn:
        raise InputError("the runs have none of the metrics that are drawn; are these logs of verl's file logger?")
    names = [run.name for run in runs]
    if path.suffix == ".html":
        atomic_write(path, plot_page(names, drawn))
    elif path.suffix == ".png":
        atomic_write(path, plot_picture(names, drawn))
    else:
        raise InputError(f"cannot draw {path}: give --out a name that ends in .png or .html")
    return len(drawn)


def plot_page(names: Sequence[str], drawn: Sequence[Panel]) -> str:
    """Return the charts as a page."""
    charts = "\n".join(line_chart(panel.title, panel.lines, share=panel.share) for panel in drawn)
    title = ", ".join(names)
    body = f'<h1>{escape(title)}</h1>\n{legend(names, VALIDATION)}\n<div class="charts">\n{charts}\n</div>'
    return sheet(f"{title} · cove plot", body)


def plot_picture(names: Sequence[str], drawn: Sequence[Panel]) -> bytes:
    """Return the charts as a PNG; the same charts give the same bytes.

    Raises:
        InputError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as fault:
        raise InputError("a PNG needs matplotlib: pip install 'cove_rl[plot]', or write .html") from fault
    columns = min(COLUMNS, len(drawn))
    rows = -(-len(drawn) // columns)
    figure: Any = Figure(figsize=(3.6 * columns, 2.5 * rows + 0.5), layout="constrained")
    places = figure.subplots(rows, columns, squeeze=False).flat
    for panel, place in zip(drawn, places, strict=False):
        _draw(place, panel)
    for place in list(places):
        place.set_axis_off()
    handles = [_handle(name, series) for series, name in enumerate(names)]
    figure.legend(handles=[*handles, _handle(VALIDATION, -1, "--")], loc="outside lower center", ncols=6, fontsize=9)
    stream = BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def _draw(place: Any, panel: Panel) -> None:
    place.set_title(panel.title, fontsize=10)
    place.tick_params(labelsize=8)
    place.grid(alpha=0.3)
    place.xaxis.get_major_locator().set_params(integer=True)
    for line in panel.lines:
        _line(place, line)
    if panel.share:
        place.set_ylim(-0.02, 1.02)


def _line(place: Any, line: Line) -> None:
    xs, ys = zip(*line.points, strict=True) if line.points else ((), ())
    style = {
        "color": COLOURS[line.series % len(COLOURS)],
        "linestyle": "--" if line.dashed else "-",
        "linewidth": 0.8 if line.faint else 1.5,
        "marker": "." if line.dashed or len(line.points) < 2 else "",
        "alpha": 0.3 if line.faint else 1.0,
    }
    place.plot(xs, ys, **style)


def _handle(name: str, series: int, style: Literal["-", "--"] = "-") -> Any:
    from matplotlib.lines import Line2D

    colour = "grey" if series < 0 else COLOURS[series % len(COLOURS)]
    return Line2D([], [], color=colour, linestyle=style, label=name)
