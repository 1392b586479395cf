"""Measure the viewer with many conversations: how soon a browser shows them, and what they cost in memory.

Run it with ``python benchmarks/viewer.py``; ``--json`` prints figures for a machine to read. The conversations are
the oracle's on a few tasks of retail, repeated; the browser is Debian's chromium, or the one $COVE_CHROMIUM names.
"""

import asyncio
import os
import resource
import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import msgspec
from playwright.sync_api import Browser, sync_playwright

from cove_rl.agents.oracle import Oracle
from cove_rl.episode.episode import run_episode
from cove_rl.synth.example import Example, facts_of
from cove_rl.synth.tasks import Sampling
from cove_rl.tasks.difficulty import Difficulty
from cove_rl.users.scripted import ScriptedUser
from cove_rl.viewer.archive import write_archive
from cove_rl.viewer.opening import collect
from cove_rl.viewer.server import serving
from cove_rl.world.domain import get_domain

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-precise-memory-info")
DIFFERENT = 50
"""Different conversations among them."""

PAINTED = """() => new Promise((resolve) => new PerformanceObserver((entries) => resolve({
    paint: entries.getEntriesByName('first-contentful-paint')[0].startTime,
    list: performance.getEntriesByName('list')[0].startTime,
})).observe({type: 'paint', buffered: true}))"""


class Figures(msgspec.Struct):
    """What was measured; times in seconds, sizes in MB.

    Attributes:
        form: "served", or "one file".
        conversations: how many there are.
        size: of the file of conversations, or of the page.
        ready: until the server answers, or the page is written.
        paint: from the request to the first content on the screen.
        listed: from the request to the list on the screen.
        opened: to open a conversation in the middle.
        searched: to search all of them for a text that one of fifty has.
        heap: of the page's script, at the end.
        process: memory of this process at its highest, the server in it.
    """

    form: str
    conversations: int
    size: float
    ready: float
    paint: float
    listed: float
    opened: float
    searched: float
    heap: float
    process: float


def examples() -> list[Example]:
    """Return different conversations of the oracle."""
    domain = get_domain("retail")
    world = domain.world(7)
    made = []
    for sampled in Sampling(world.ref, 1, Difficulty())(list(range(DIFFERENT))):
        task = sampled.solved.task
        trajectory = asyncio.run(run_episode(task, world, Oracle("retail", task.seed), ScriptedUser(task)))
        made.append(Example(task, trajectory, facts_of(task, world, trajectory)))
    return made


def browse(browser: Browser, address: str, count: int, wanted: str) -> dict[str, Any]:
    """Return what a browser takes to paint, open and search."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(600_000)
    page.goto(address, wait_until="commit")
    page.wait_for_selector(".row")
    found = page.evaluate(PAINTED)
    page.wait_for_load_state("load")

    def choose() -> None:
        page.evaluate(f"location.hash = '#{count // 2 + 1}'")
        page.wait_for_selector(f"#reading[data-shown='{count // 2}']")

    def search() -> None:
        page.fill("#search", wanted)
        page.wait_for_selector("#status:has-text(' of ')")

    opened, searched = _timed(choose), _timed(search)
    heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
    context.close()
    times = {"paint": found["paint"] / 1e3, "listed": found["list"] / 1e3, "opened": opened, "searched": searched}
    return {**times, "heap": heap}


def _timed(work: Callable[[], None]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def measure(browser: Browser, folder: Path, made: list[Example], count: int) -> list[Figures]:
    """Return figures of both forms."""
    lines = [msgspec.json.encode(one) + b"\n" for one in made]
    path, page = folder / "examples.jsonl", folder / "page.html"
    with path.open("wb") as stream:
        for number in range(count):
            stream.write(lines[number % DIFFERENT])
    wanted = made[0].trajectory.messages[3].content
    start = perf_counter()
    collection = collect([path])
    with serving(collection, "many") as address:
        ready = perf_counter() - start
        served = browse(browser, address, count, wanted)
    figures = [Figures("served", count, path.stat().st_size / 1e6, ready, **served, process=_memory())]
    write = _timed(lambda: write_archive(collection, page, "many"))
    held = browse(browser, page.as_uri(), count, wanted)
    return [*figures, Figures("one file", count, page.stat().st_size / 1e6, write, **held, process=_memory())]


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    chromium = os.environ.get("COVE_CHROMIUM") or shutil.which("chromium")
    made = examples()
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=list(FLAGS))
        found = measure(browser, Path(folder), made, options.conversations)
        browser.close()
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
        return
    print("form      conversations  size MB  ready s  first paint s  list s  open s  search s  heap MB  process MB")
    for one in found:
        times = f"{one.ready:9.1f}{one.paint:15.2f}{one.listed:8.2f}{one.opened:8.2f}{one.searched:10.2f}"
        print(f"{one.form:8}{one.conversations:15}{one.size:9.0f}{times}{one.heap:9.0f}{one.process:12.0f}")


if __name__ == "__main__":
    main()
