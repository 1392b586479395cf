"""`cove view`: conversations in the browser."""

import webbrowser
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from cove_rl.cli.console import err, out, progress

if TYPE_CHECKING:
    from cove_rl.viewer.collection import Collection


def view(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE|DIR...",
            help="Examples, trajectories, trials, recorded rollouts, verl's dumps, runs of tau2-bench.",
        ),
    ],
    tasks: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Tasks of the trajectories; repeatable.")
    ] = None,
    world: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="A world's file; repeatable.")] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one page that needs no server, and end.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 for a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
) -> None:
    """Look at conversations in the browser: what was said, what was wanted, what changed."""
    from cove_rl.viewer.opening import collect

    with progress("reading") as advance:
        collection = collect(paths, tasks or (), world or (), advance)
    title = ", ".join(path.name or str(path) for path in paths)
    if html is not None:
        _write(collection, html, title)
        return
    _serve(collection, title, port, browser=browser)


def _write(collection: "Collection", path: Path, title: str) -> None:
    from cove_rl.viewer.archive import write_archive

    with progress("writing", len(collection)) as advance:
        write_archive(collection, path, title, advance)
    err.print(f"{len(collection)} conversations written to {path}", markup=False, soft_wrap=True)


def _serve(collection: "Collection", title: str, port: int, *, browser: bool) -> None:
    """Serve until Ctrl-C, which is how a person ends it and no failure."""
    from cove_rl.viewer.server import serving

    with serving(collection, title, port) as address, suppress(KeyboardInterrupt):
        out.print(address, markup=False, soft_wrap=True)
        err.print(f"{len(collection)} conversations; Ctrl-C ends the viewer", markup=False)
        if browser:
            webbrowser.open(address)
        Event().wait()
