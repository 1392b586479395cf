"""Plots of training runs: which metrics become charts, how they are averaged, and what is drawn."""

import json
import math
import re
import struct
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cove_rl.cli.main import app
from cove_rl.errors import InputError
from cove_rl.viewer.charts import Bar, Line, bar_chart, legend, line_chart, ticks
from cove_rl.viewer.plots import plot_page, plot_picture, write_plot
from cove_rl.viewer.runs import TrainingRun, panels, smoothed

NUMBERS = st.floats(-1e9, 1e9)


def run(name: str, *data: dict[str, Any]) -> TrainingRun:
    """Return a run whose steps are numbered from 1."""
    return TrainingRun(name, tuple(enumerate(data, start=1)))


def test_training_and_validation_of_every_run_share_a_chart() -> None:
    first = run("a", {"cove/success": 0.25}, {"cove/success": 0.5, "val-aux/cove_retail/success/mean@1": 0.75})
    second = run("b", {"cove/success": 1.0})
    (panel,) = panels([first, second])
    assert (panel.title, panel.share) == ("success", True)
    assert [(line.name, line.points, line.series, line.dashed) for line in panel.lines] == [
        ("a", ((1.0, 0.25), (2.0, 0.5)), 0, False),
        ("a, validation", ((2.0, 0.75),), 0, True),
        ("b", ((1.0, 1.0),), 1, False),
    ]


def test_metrics_of_several_domains_are_averaged() -> None:
    data = {"val-aux/cove_retail/success/mean@1": 0.5, "val-aux/cove_airline/success/mean@1": 1.0}
    (panel,) = panels([run("a", data)])
    assert panel.lines[0].points == ((1.0, 0.75),)


def test_a_kind_of_constraint_is_judged_by_the_tasks_that_have_it() -> None:
    data = {
        "val-aux/cove_retail/satisfied/cancel_order/mean@1": 0.3,
        "val-aux/cove_retail/has/cancel_order/mean@1": 0.6,
        "val-aux/cove_retail/satisfied/hand_over/mean@1": 0.0,
        "val-aux/cove_retail/has/hand_over/mean@1": 0.0,
    }
    (panel,) = panels([run("a", data)])
    assert (panel.title, panel.lines[0].points) == ("satisfied: cancel_order", ((1.0, 0.5),))


def test_what_is_always_0_has_no_chart_but_reward_and_success_do() -> None:
    data = {"cove/success": 0.0, "critic/score/mean": 0.0, "cove/redundant": 0.0, "cove/user_fault/rubbish": 0.0}
    assert [panel.title for panel in panels([run("a", data)])] == ["reward", "success"]


def test_values_that_are_no_numbers_are_left_out() -> None:
    values: list[Any] = [1.0, math.nan, math.inf, None, "0.5", 2]
    (panel,) = panels([run("a", *({"train/loss": value} for value in values))])
    assert panel.lines[0].points == ((1.0, 1.0), (6.0, 2.0))


@given(st.lists(NUMBERS, min_size=1, max_size=30), st.integers(1, 8))
def test_smoothing_averages_the_last_values(values: list[float], count: int) -> None:
    points = tuple((float(step), value) for step, value in enumerate(values))
    made = smoothed(points, count)
    assert [x for x, _ in made] == [x for x, _ in points]
    for place, (_, y) in enumerate(made):
        window = values[max(0, place - count + 1) : place + 1]
        assert y == pytest.approx(sum(window) / len(window))
    if count == 1:
        assert made == points


def test_smoothing_keeps_the_values_in_the_background() -> None:
    (panel,) = panels([run("a", {"train/loss": 1.0}, {"train/loss": 3.0})], smooth=2)
    assert [(line.faint, line.points[-1][1]) for line in panel.lines] == [(True, 3.0), (False, 2.0)]


@given(NUMBERS, st.floats(1e-6, 1e9))
def test_ticks_are_round_and_few(low: float, span: float) -> None:
    high = low + span
    if high - low > abs(low) * 1e-6:
        found = list(ticks(low, high))
        slack = (high - low) * 1e-6
        assert 1 <= len(found) <= 7
        assert all(low - slack <= value <= high + slack for value in found)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=12), st.booleans())
@example([(999974025.0, 0.0), (999975014.0, 0.0)], False)  # too near one another to be told apart
@example([(0.0, 5e-324)], False)  # the smallest number there is
def test_every_point_of_a_chart_is_on_the_paper(points: list[tuple[float, float]], dashed: bool) -> None:
    drawn = line_chart('<&">', [Line("<b>", tuple(sorted(points)), 3, dashed)])
    svg = ElementTree.fromstring(drawn).find("svg")
    assert svg is not None
    circles = list(svg.iter("circle"))
    assert len(circles) == len(points)
    assert all(0 <= float(one.attrib["cx"]) <= 480 and 0 <= float(one.attrib["cy"]) <= 260 for one in circles)


def test_intervals_and_bars_are_drawn_to_scale() -> None:
    band = ElementTree.fromstring(
        line_chart("", [Line("", ((1, 0.5), (2, 0.25)), band=((0, 1), (0.2, 0.3)))], share=True)
    )
    polygon = next(band.iter("polygon")).attrib["points"].split()
    heights = [float(one.split(",")[1]) for one in polygon]
    assert heights[0] < heights[1] < heights[2] < heights[3]
    bars = ElementTree.fromstring(bar_chart("", [Bar("a" * 50, 2, "two"), Bar("b", 1, "one")]))
    first, second = (float(one.attrib["width"]) for one in bars.iter("rect"))
    assert first == pytest.approx(2 * second, abs=0.2)
    assert "".join(bars.itertext()).startswith("a" * 27 + "…")
    assert "■ x<y" in "".join(ElementTree.fromstring(legend(["x<y"])).itertext())


RUNS = [run("first", *({"cove/success": step / 10, "timing_s/step": 3.0} for step in range(8)))]


def test_a_page_has_every_chart_and_no_script() -> None:
    drawn = panels(RUNS)
    made = plot_page(["<script>alert(1)</script>"], drawn)
    assert made.count("<figure") == len(drawn) == 2
    assert "<script" not in made
    assert "script-src 'none'" in made.replace("&#x27;", "'")
    assert re.findall(r"https?://", made) == []


def test_a_picture_is_a_png_and_the_same_every_time() -> None:
    drawn = panels(RUNS)
    made = plot_picture(["first"], drawn)
    assert made[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", made[16:24])
    assert width > height > 200
    assert made == plot_picture(["first"], drawn)


def test_what_cannot_be_drawn_is_an_error_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"ends in \.png or \.html"):
        write_plot(RUNS, tmp_path / "a.pdf")
    with pytest.raises(InputError, match="none of the metrics"):
        write_plot([run("a", {"foo": 1.0})], tmp_path / "a.html")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InputError, match=r"cove_rl\[plot\]"):
        write_plot(RUNS, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def logged(path: Path, *steps: dict[str, Any]) -> Path:
    """Write a log as verl's file logger does."""
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps({"step": step, "data": data}) + "\n" for step, data in enumerate(steps)))
    return path


def test_the_command_draws_logs_and_folders_of_logs(tmp_path: Path) -> None:
    for name in ("one", "two"):
        logged(tmp_path / name / "grpo.jsonl", {"cove/success": 0.5}, {"cove/success": 0.75})
    out = tmp_path / "made.html"
    done = CliRunner().invoke(app, ["plot", str(tmp_path / "one"), str(tmp_path / "two"), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "1 charts of one/grpo, two/grpo written" in " ".join(done.output.split())
    assert "■ two/grpo" in out.read_text()


@pytest.mark.parametrize(
    ("content", "words"), [("", "holds no step"), ("[1]\n", "is no log of verl"), (None, "there is no")]
)
def test_the_command_refuses_what_is_no_log(tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "grpo.jsonl"
    if content is not None:
        path.write_text(content)
    done = CliRunner().invoke(app, ["plot", str(path), "--out", str(tmp_path / "a.html")])
    assert done.exit_code == 1
    assert words in " ".join(done.output.split())
