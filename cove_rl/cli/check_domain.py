"""`cove check-domain`: whether a domain is valid, and what to do if it is not."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from cove_rl.cli.console import out, print_json, progress

if TYPE_CHECKING:
    from cove_rl.evaluation.conformance.check import Finding

MARKS = {"passed": "+", "failed": "x", "blocked": "?", "not applicable": "-"}
STYLES = {"passed": "green", "failed": "red", "blocked": "yellow", "not applicable": "dim"}


def check_domain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The domain, as its entry point names it.")],
    tasks: Annotated[int, typer.Option(min=1, help="Tasks to draw and have solved.")] = 200,
    mutants: Annotated[int, typer.Option(min=1, help="Spoilt and changed solutions to judge.")] = 5000,
    calls: Annotated[int, typer.Option(min=1, help="Tool calls to make up.")] = 1000,
    seed: Annotated[int, typer.Option(help="Equal seeds and numbers give equal findings.")] = 0,
    only: Annotated[
        list[str] | None, typer.Option(metavar="CHECK", help="Only this check, or this group of checks; repeatable.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Say whether a domain is valid, and what to do if it is not.

    Every check is explained with its first counterexample; the exit status is 1 if one fails.
    """
    from cove_rl.evaluation.conformance import Sizes, examine, select
    from cove_rl.world.domain import find_entry_point

    find_entry_point(name)
    checks = select(only or ())
    findings: list[Finding] = []
    with progress("checking", len(checks), plain=json) as advance:
        for finding in examine(name, Sizes(tasks, mutants, calls, seed), checks):
            findings.append(finding)
            advance()
    passed = all(finding.is_well for finding in findings)
    if json:
        print_json({"domain": name, "passed": passed, "findings": findings})
    else:
        _report(findings)
        good = "passes what was asked" if only else "is valid"
        counts = Counter(finding.status for finding in findings)
        summary = ", ".join(f"{count} {status}" for status, count in counts.items())
        out.print(f"{name} {good if passed else 'is not valid'}: {summary}", style="green" if passed else "red")
    if not passed:
        raise typer.Exit(1)


def _report(findings: "list[Finding]") -> None:
    """Print one line per check, then what there is to say of those that were not passed."""
    width = max(len(finding.name) for finding in findings)
    group = ""
    for finding in findings:
        if finding.group != group:
            group = finding.group
            out.print(group, style="bold")
        out.print(_line(finding, width), soft_wrap=True)
    for finding in findings:
        if not finding.is_well:
            out.print(_details(finding), soft_wrap=True)
    out.print()


def _line(finding: "Finding", width: int) -> Text:
    """Return a check's line: its mark, its name, how many cases, and what was seen beside them."""
    line = Text("  ").append(f"{MARKS[finding.status]} {finding.name:{width}}", style=STYLES[finding.status])
    line.append(f"  {finding.cases:>6} {'case ' if finding.cases == 1 else 'cases'}")
    if finding.failures:
        line.append(f", {finding.failures} wrong", style="red")
    words = finding.note if finding.is_well else ""
    return line.append(f"  {words}" if words else "", style="dim")


def _details(finding: "Finding") -> Text:
    """Return what a check means, why it matters, what was found and what to do."""
    text = Text("\n").append(f"{finding.name} {finding.status}", style=f"bold {STYLES[finding.status]}")
    text.append(f"\n  {finding.meaning}\n  {finding.why}")
    text.append("\n  found: ", style="bold").append(finding.counterexample)
    if finding.status == "failed":
        text.append("\n  do: ", style="bold").append(finding.remedy)
    return text
