"""Tables, distributions, JSON and progress."""

import io
import json
import math
import statistics

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from cove_rl.cli import console
from cove_rl.cli.console import distribution_table, print_json, progress, table
from cove_rl.distribution import BINS, describe, histogram

NUMBERS = st.lists(st.floats(-1e200, 1e200) | st.integers(-1000, 1000), min_size=1)


def shown(renderable: object) -> str:
    screen = Console(file=io.StringIO(), width=120)
    screen.print(renderable)
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


@given(NUMBERS)
def test_a_description_is_ordered_and_its_ends_are_the_extremes(numbers: list[float]) -> None:
    found = describe(numbers)
    _, mean, low, p5, p50, p95, high = msgspec.structs.astuple(found)
    assert (found.count, low, high) == (len(numbers), min(numbers), max(numbers))
    assert low <= p5 <= p50 <= p95 <= high
    assert math.isclose(p50, statistics.median(numbers), rel_tol=1e-9, abs_tol=1e190)
    assert math.isclose(mean, math.fsum(numbers) / len(numbers), rel_tol=1e-9)


@given(NUMBERS, st.lists(st.sampled_from([math.nan, math.inf, -math.inf])))
def test_what_is_not_finite_is_left_out(numbers: list[float], others: list[float]) -> None:
    assert describe([*others, *numbers]) == describe(numbers)
    assert histogram([*others, *numbers]) == histogram(numbers)


@given(NUMBERS, st.booleans())
def test_a_histogram_is_blank_only_where_nothing_is(numbers: list[float], ascii_only: bool) -> None:
    bars = histogram(numbers, ascii_only=ascii_only)
    assert len(bars) == BINS
    assert ("@" if ascii_only else "█") in bars
    assert bars[0] != " "
    assert sum(bar != " " for bar in bars) <= len(set(numbers))
    assert bars.isascii() or not ascii_only


def test_a_known_sample() -> None:
    found = describe([4, 1, 3, 2, 5])
    assert msgspec.structs.astuple(found) == (5, 3.0, 1, 1.2, 3, 4.8, 5)
    assert histogram([0, 0, 0, 0, 10]) == "█        ▂"
    assert histogram([]) == ""


def test_a_distribution_table_has_a_row_per_sample() -> None:
    text = shown(distribution_table("Turns", {"ours": [1, 2, 2.5], "theirs": []}))
    ours = next(line for line in text.splitlines() if "ours" in line)
    theirs = next(line for line in text.splitlines() if "theirs" in line)
    assert ours.split()[:4] == ["ours", "3", "1.833", "1"]
    assert theirs.split()[:4] == ["theirs", "0", "-", "-"]


def test_cells_are_shown_as_they_are_and_numbers_to_the_right() -> None:
    text = shown(
        table(
            "A [red]title[/red] that is longer than the table",
            ["name", "rows"],
            [("[bold]a[/bold]", 5), ("b", None), ("c", 1000)],
        )
    )
    rows = [line.rstrip() for line in text.splitlines()]
    assert rows[0] == "A [red]title[/red] that is longer than the table"
    assert " [bold]a[/bold]     5" in rows
    assert " b                  -" in rows


@given(st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.none()))
def test_printed_json_is_the_object(obj: dict[str, object]) -> None:
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", printed)
        print_json(obj)
    assert json.loads(printed.getvalue()) == obj
    assert printed.getvalue().endswith("}\n")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time `progress` sees, as the only element of a list."""
    time = [100.0]
    monkeypatch.setattr("cove_rl.cli.console.monotonic", lambda: time[0])
    return time


def test_without_a_terminal_progress_is_a_line_every_ten_seconds(
    capsys: pytest.CaptureFixture[str], now: list[float]
) -> None:
    with progress("sampling [tasks]", 100, done=20) as advance:
        for _ in range(50):
            now[0] += 0.5
            advance()
        now[0] += 5
        advance(10)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "sampling [tasks]: 40/100, 2.0/s, 30 s left",
        "sampling [tasks]: 60/100, 2.0/s, 20 s left",
        "sampling [tasks]: 80/100, 2.0/s, 10 s left",
    ]


def test_short_work_says_nothing_and_unknown_totals_work(capsys: pytest.CaptureFixture[str], now: list[float]) -> None:
    with progress("reading") as advance:
        advance()
        assert capsys.readouterr().err == ""
        now[0] += 10
        advance()
    assert capsys.readouterr().err == "reading: 2, 0.2/s\n"


@pytest.mark.parametrize("plain", [False, True])
def test_on_a_terminal_progress_is_a_bar_unless_it_must_be_plain(monkeypatch: pytest.MonkeyPatch, plain: bool) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(console, "err", Console(file=screen, force_terminal=True, width=100))
    with progress("sampling", 4, done=1, plain=plain) as advance:
        advance(2)
    assert ("sampling" in screen.getvalue() and "3/4" in screen.getvalue()) is not plain
