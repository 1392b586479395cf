"""`cove doctor`: whether this machine can train, and what to do if it cannot."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from cove_rl.cli.console import err, out, print_json, table

if TYPE_CHECKING:
    from cove_rl.training.doctor.finding import Finding

MARKS = {"ok": "ok", "warning": "warning", "failure": "FAILURE", "skipped": "-"}


def doctor(
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="As in +profile=NAME; cpu if VERL_PLATFORM=cpu, else gpu1.")
    ] = None,
    override: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A Hydra override of the run; repeatable.")
    ] = None,
    packages: Annotated[
        bool, typer.Option("--packages", help="Only compare what is installed with what is needed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Also make one step of GRPO with a tiny model.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Say whether this machine can train, and what to do if it cannot."""
    from cove_rl.training.doctor import examine, examine_packages
    from cove_rl.training.doctor.finding import Profile

    name = profile or ("cpu" if os.environ.get("VERL_PLATFORM") == "cpu" else "gpu1")
    findings = []
    machine = Profile(name, tuple(override or ()))
    for finding in examine_packages(machine) if packages else examine(machine, dry_run=dry_run):
        findings.append(finding)
        if not json:
            err.print(f"{finding.name}: {MARKS[finding.status]}", markup=False)
    _report(name, findings, "what is needed is installed" if packages else "this machine can train", json=json)
    if any(finding.status == "failure" for finding in findings):
        raise typer.Exit(1)


def _report(name: str, findings: "list[Finding]", good: str, *, json: bool) -> None:
    failures = [finding for finding in findings if finding.status == "failure"]
    if json:
        print_json({"profile": name, "can_train": not failures, "findings": findings})
        return
    rows = [(finding.name, MARKS[finding.status], finding.detail) for finding in findings]
    out.print(table(f"Training with +profile={name}", ("check", "", "found"), rows))
    for finding in findings:
        if finding.remedy and finding.status != "ok":
            out.print(f"{finding.name}: {finding.remedy}", markup=False, soft_wrap=True)
    verdict = f"{len(failures)} failures: training cannot work like this" if failures else good
    out.print(verdict, style="red" if failures else "green", markup=False)
