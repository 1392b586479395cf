"""Charts as inline SVG: lines over steps, and bars. Everything that varies in colour is left to the style sheet."""

import math
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec

WIDTH, HEIGHT = 480, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 34
"""Margins of the plotting area, in pixels."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f3c8d", "#808080")
"""Of the first, second, ... series: Okabe and Ito's, which people who do not tell red from green can tell apart."""

BAR, LABELS = 22, 190
TINY = 1e-300
"""What is smaller counts as nothing: a share of it may not be a number any more."""
"""Height of a bar and width of its label, in pixels."""


class Line(msgspec.Struct, frozen=True):
    """One line of a chart.

    Attributes:
        name: what its points' tooltips call it.
        points: x and y, in the order of x.
        series: which colour.
        dashed: whether it is drawn with dashes and dots.
        faint: whether it stands in the background.
        band: for every point the lower and the upper end of its interval; empty without intervals.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    series: int = 0
    dashed: bool = False
    faint: bool = False
    band: tuple[tuple[float, float], ...] = ()


class Bar(msgspec.Struct, frozen=True):
    """One bar: its label, its length in units of the chart, and the words at its end."""

    label: str
    value: float
    words: str


def line_chart(title: str, lines: Sequence[Line], x_label: str = "step", share: bool = False) -> str:
    """Return a chart of lines.

    Args:
        title: what stands above it.
        lines: the lines; those without points are left out.
        x_label: what stands below it.
        share: whether the values are shares, so that the chart goes from 0 to 1.
    """
    drawn = [line for line in lines if line.points]
    xs = [x for line in drawn for x, _ in line.points] or [0.0, 1.0]
    ys = [y for line in drawn for y in (*(y for _, y in line.points), *(end for pair in line.band for end in pair))]
    low, high = (0.0, 1.0) if share or not ys else _room(min(ys), max(ys))
    frame = _Frame((min(xs), max(xs)), (low, high))
    figure, svg = _figure(title, WIDTH, HEIGHT)
    frame.draw(svg, x_label)
    for line in drawn:
        frame.line(svg, line)
    return _text(figure)


def bar_chart(title: str, bars: Sequence[Bar], top: float | None = None) -> str:
    """Return a chart of bars, one below the other.

    Args:
        title: what stands above it.
        bars: the bars, from the top.
        top: the value of a bar as long as the chart; that of the longest if not given.
    """
    figure, svg = _figure(title, WIDTH, BAR * len(bars) + 6)
    longest = top or max((bar.value for bar in bars), default=1.0) or 1.0
    room = WIDTH - LABELS - 110
    for place, bar in enumerate(bars):
        y = BAR * place + 3
        label = bar.label if len(bar.label) <= 28 else bar.label[:27] + "…"
        _label(svg, LABELS - 8, y + 15, label, "end")
        box = {"x": LABELS, "y": y + 2, "width": max(1.0, room * bar.value / longest), "height": BAR - 6, "rx": 2}
        SubElement(svg, "rect", {"class": "bar", **_rounded(box)})
        _label(svg, LABELS + room + 8, y + 15, bar.words)
    return _text(figure)


def legend(names: Sequence[str], dashed: str = "") -> str:
    """Return what the colours mean, and what a dashed line is."""
    made = Element("p", {"class": "key"})
    for place, name in enumerate(names):
        item = SubElement(made, "span", {"class": f"series-{place % len(COLOURS)}"})
        item.text = f"■ {name}"
    if dashed:
        SubElement(made, "span").text = f"- - {dashed}"
    return _text(made)


class _Frame:
    """Where values are on the paper."""

    def __init__(self, x_range: tuple[float, float], y_range: tuple[float, float]) -> None:
        self._x, self._y = _widened(x_range), _widened(y_range)

    def x(self, value: float) -> float:
        """Return a value's distance from the left."""
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self._x[0]) / (self._x[1] - self._x[0])

    def y(self, value: float) -> float:
        """Return a value's distance from the top."""
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - self._y[0]) / (self._y[1] - self._y[0])

    def draw(self, svg: Element, x_label: str) -> None:
        """Draw the grid and what its lines stand for."""
        for value in ticks(*self._y):
            _straight(svg, LEFT, self.y(value), WIDTH - RIGHT, self.y(value), "grid")
            _label(svg, LEFT - 6, self.y(value) + 4, f"{value:.4g}", "end")
        for value in ticks(*self._x):
            if value == int(value):
                _label(svg, self.x(value), HEIGHT - BOTTOM + 16, f"{value:.0f}", "middle")
        _straight(svg, LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "axis")
        _label(svg, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, x_label, "middle")

    def line(self, svg: Element, line: Line) -> None:
        """Draw a line: its interval, the line, and its points if they are few."""
        name = f"series-{line.series % len(COLOURS)}"
        group = SubElement(
            svg, "g", {"class": f"{name}{' dashed' if line.dashed else ''}{' faint' if line.faint else ''}"}
        )
        xs = [x for x, _ in line.points]
        if line.band:
            upper = [(x, high) for x, (_, high) in zip(xs, line.band, strict=True)]
            lower = [(x, low) for x, (low, _) in zip(xs, line.band, strict=True)]
            SubElement(group, "polygon", {"class": "band", "points": self._path([*upper, *reversed(lower)])})
        SubElement(group, "polyline", {"class": "line", "points": self._path(line.points)})
        if line.faint or (len(line.points) > 40 and not line.dashed):
            return
        for x, y in line.points:
            dot = SubElement(
                group, "circle", {"class": "dot", **_rounded({"cx": self.x(x), "cy": self.y(y), "r": 2.6})}
            )
            SubElement(dot, "title").text = f"{line.name}: {y:.4g} at {x:g}"

    def _path(self, points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)


def ticks(low: float, high: float, about: int = 5) -> Iterator[float]:
    """Yield round values between two ends, about so many."""
    span = high - low
    size = 10 ** math.floor(math.log10(span / about))
    size *= next((factor for factor in (1, 2, 5) if span / (size * factor) <= about), 10)
    for number in range(math.ceil(low / size - 1e-9), math.floor(high / size + 1e-9) + 1):
        yield number * size


def _room(low: float, high: float) -> tuple[float, float]:
    """Return a range with a little room, from 0 on if it begins near it."""
    if 0 <= low <= high / 2:
        low = 0.0
    spare = (high - low) * 0.05
    return (low if low == 0 else low - spare), high + spare


def _widened(ends: tuple[float, float]) -> tuple[float, float]:
    """Return a range that is wide enough to tell its ends apart."""
    low, high = ends
    size = max(abs(low), abs(high))
    if high - low > max(size * 1e-6, TINY):
        return ends
    spare = (size if size > TINY else 1.0) / 2
    return low - spare, high + spare


def _figure(title: str, width: int, height: int) -> tuple[Element, Element]:
    figure = Element("figure", {"class": "chart"})
    SubElement(figure, "figcaption").text = title
    svg = SubElement(figure, "svg", {"viewBox": f"0 0 {width} {height}", "role": "img", "aria-label": title})
    return figure, svg


def _label(svg: Element, x: float, y: float, words: str, anchor: str = "start") -> None:
    SubElement(svg, "text", {**_rounded({"x": x, "y": y}), "text-anchor": anchor}).text = words


def _straight(svg: Element, x1: float, y1: float, x2: float, y2: float, name: str) -> None:
    SubElement(svg, "line", {"class": name, **_rounded({"x1": x1, "y1": y1, "x2": x2, "y2": y2})})


def _rounded(numbers: dict[str, float]) -> dict[str, str]:
    return {name: f"{value:.1f}" for name, value in numbers.items()}


def _text(element: Element) -> str:
    return tostring(element, encoding="unicode", short_empty_elements=False)
