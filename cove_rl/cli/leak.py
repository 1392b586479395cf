"""`cove data check-leak`: nothing of the benchmark may be in the data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cove_rl.cli.console import err, out, print_json, progress, table

if TYPE_CHECKING:
    from cove_rl.data.leaks.report import LeakReport

SHOWN = 50
"""Leaks that are shown; --json lists more."""


def check_leak(
    data: Annotated[
        list[Path],
        typer.Argument(metavar="DATA...", help="Files or folders: JSON lines, JSON, parquet, Arrow, text."),
    ],
    tau2: Annotated[Path, typer.Option(metavar="DIR", help="tau2-bench's data, or a checkout of it.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Search data for ids, names, addresses and texts of tau2-bench; exit status 1 if there are any."""
    from cove_rl.data.leaks.benchmark import read_benchmark
    from cove_rl.data.leaks.guard import LeakGuard

    guard = LeakGuard(read_benchmark(tau2))
    with progress("searching", plain=json) as advance:
        report = guard.check(data, advance)
    if json:
        print_json(report)
    else:
        _print(report)
    raise typer.Exit(0 if report.is_clean else 1)


def _print(report: "LeakReport") -> None:
    for leak in report.leaks[:SHOWN]:
        out.print(str(leak), markup=False, soft_wrap=True)
    total = report.found.total()
    if total > SHOWN:
        err.print(f"and {total - SHOWN} more; --json lists {len(report.leaks)}", markup=False)
    counts = [
        ("facts looked for", report.facts),
        ("texts looked for", report.texts),
        ("files", report.files),
        ("rows", report.rows),
        ("messages and fields", report.units),
        *((f"leaks: {kind}", count) for kind, count in sorted(report.found.items())),
        ("leaks", total),
    ]
    out.print(
        table(f"{', '.join(report.domains)}: {'clean' if report.is_clean else 'leaks found'}", ("", "count"), counts)
    )
    if report.passed_over:
        err.print(
            f"not read, links to folders or no data by their names: {', '.join(report.passed_over)}",
            markup=False,
            soft_wrap=True,
        )
