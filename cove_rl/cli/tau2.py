"""`cove tau2`: check our domains against a tau2-bench checkout."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cove_rl.evaluation.report import ReplayReport

app = typer.Typer(no_args_is_help=True)


@app.callback()
def tau2() -> None:
    """Check this library's domains against a tau2-bench checkout."""


@app.command()
def replay(
    data: Annotated[Path, typer.Option(help="A folder with domains/NAME/db.json and trajectories/NAME.jsonl.")],
    domain: Annotated[str, typer.Option(help="The domain whose runs are replayed.")],
    runs: Annotated[Path | None, typer.Option(help="Recorded runs, if they are elsewhere (JSON lines).")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Replay recorded runs on our tools; exit status 1 if any result or final database differs."""
    from cove_rl.cli.console import out, print_json
    from cove_rl.evaluation.tau2 import replay_folder
    from cove_rl.world.domain import get_domain

    report = replay_folder(data, get_domain(domain), runs)
    if json:
        print_json({"domain": report.domain, "totals": report.totals, "notable": report.notable()})
    else:
        for line in _lines(report):
            out.print(line)
    raise typer.Exit(1 if report.totals.disagreements else 0)


def _lines(report: "ReplayReport") -> list[object]:
    """Return what a person reads: the counts, what was left out, and every disagreement."""
    from rich.text import Text

    from cove_rl.cli.console import table

    totals = report.totals
    counts = [
        ("runs", totals.runs),
        ("runs skipped", totals.skipped),
        ("calls", totals.calls),
        ("equal results", totals.equal),
        ("failures that fail here too", totals.failed_alike),
        ("results not recorded", totals.unanswered),
        ("calls not compared", totals.excuses),
        ("final databases compared", totals.db_compared),
        ("final databases judged alike", totals.db_agreed),
        ("disagreements", totals.disagreements),
    ]
    lines: list[object] = [table(f"{report.domain}: recorded runs replayed", ("", "count"), counts)]
    for run in report.notable():
        if run.skipped:
            lines.append(Text(f"skipped {run.run}: {run.skipped}"))
        lines += [Text(f"not compared {run.run}, {one.where}: {one.reason}") for one in run.excuses]
        lines += [Text(f"{run.run}, {one.where}: {one.explanation()}", "red") for one in run.disagreements]
    return lines
