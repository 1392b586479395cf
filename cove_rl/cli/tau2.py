"""`cove tau2`: check our domains against a tau2-bench checkout."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from cove_rl.evaluation.report import ReplayReport
    from cove_rl.evaluation.rewarded import RewardReport
    from cove_rl.world.domain import Domain

app = typer.Typer(no_args_is_help=True)


@app.callback()
def tau2() -> None:
    """Check this library's domains against a tau2-bench checkout."""


@app.command()
def replay(
    data: Annotated[Path, typer.Option(help="A folder with domains/NAME/db.json and trajectories/NAME.jsonl.")],
    domain: Annotated[
        str | None, typer.Option(help="The domain whose runs are replayed; all that have runs if not given.")
    ] = None,
    runs: Annotated[Path | None, typer.Option(help="Recorded runs, if they are elsewhere (JSON lines).")] = None,
    reward: Annotated[bool, typer.Option("--reward", help="Compare the final reward instead of every result.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Replay recorded runs on our tools; exit status 1 if any result, final database or reward differs."""
    from cove_rl.cli.console import out, print_json
    from cove_rl.evaluation.rewarded import reward_folder
    from cove_rl.evaluation.tau2 import replay_folder

    reports: list[Any] = [
        reward_folder(data, one, runs) if reward else replay_folder(data, one, runs) for one in _domains(data, domain)
    ]
    if json:
        found = [{"domain": one.domain, "totals": one.totals, "notable": one.notable()} for one in reports]
        print_json(found if domain is None else found[0])
    else:
        for report in reports:
            for line in _reward_lines(report) if reward else _lines(report):
                out.print(line)
    wrong = sum(one.totals.disagreeing if reward else one.totals.disagreements for one in reports)
    raise typer.Exit(1 if wrong else 0)


def _domains(data: Path, name: str | None) -> "list[Domain]":
    """Return the domain of that name, or all of which the folder has recorded runs."""
    from importlib.metadata import entry_points

    from cove_rl.errors import InputError
    from cove_rl.world.domain import ENTRY_POINTS, get_domain

    if name is not None:
        return [get_domain(name)]
    known = sorted(entry.name for entry in entry_points(group=ENTRY_POINTS))
    found = [get_domain(one) for one in known if (data / "trajectories" / f"{one}.jsonl").is_file()]
    if not found:
        raise InputError(f"{data} has no trajectories/NAME.jsonl with NAME one of {', '.join(known)}")
    return found


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


def _reward_lines(report: "RewardReport") -> list[object]:
    """Return what a person reads: the counts, and every run whose reward does not simply agree."""
    from rich.text import Text

    from cove_rl.cli.console import table

    totals = report.totals
    counts = [
        ("runs", totals.runs),
        ("graded", totals.graded),
        ("reward as recorded, by the line's own task", totals.agreeing),
        ("reward as recorded, with an explanation", totals.explained),
        ("with the judge's recorded answer", totals.judged),
        *((f"not graded: {reason}", count) for reason, count in totals.ungradable.items()),
        ("disagreements", totals.disagreeing),
    ]
    lines: list[object] = [table(f"{report.domain}: rewards of recorded runs", ("", "count"), counts)]
    for run in report.notable():
        if run.standing != "disagrees":
            lines.append(Text(f"{run.standing} {run.run}: {run.reason}"))
        else:
            ours = "none" if run.grade is None else run.grade.reward
            missing = "; ".join(part.reason for part in run.grade.parts if part.reason) if run.grade else ""
            lines.append(Text(f"{run.run}: recorded {run.recorded}, ours {ours}{missing and f' ({missing})'}", "red"))
    return lines
