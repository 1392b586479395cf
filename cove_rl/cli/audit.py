"""`cove users audit`: whose fault it was, over recorded episodes; and how good the audit is, over planted faults."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cove_rl.cli.console import err, out, print_json, progress, table
from cove_rl.errors import InputError

if TYPE_CHECKING:
    from cove_rl.evaluation.audited import Audited
    from cove_rl.synth.planted import PlantedReport

SHOWN = 20
"""Findings that are shown."""
ENOUGH = 0.99
"""Precision and recall the audit must have for every kind."""


def audit(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Trajectories, or runs tau2-bench recorded; JSON lines.")
    ] = None,
    tasks: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The trajectories' tasks; none for the benchmark's runs.")
    ] = None,
    world: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="A world's file; repeatable.")] = None,
    domain: Annotated[str, typer.Option(help="Of recorded runs, or of planted faults.")] = "retail",
    planted: Annotated[
        int, typer.Option(metavar="N", min=0, help="Instead, test the audit on N dialogues per planted fault.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the planted dialogues and their world.")] = 7,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Find the faults of customers in recorded episodes, and whose failure each episode is."""
    if planted:
        _test(domain, seed, planted, json)
    elif file is None:
        raise InputError("cove users audit needs a FILE of recorded episodes, or --planted N")
    else:
        _report(list(_audited(file, tasks, tuple(world or ()), domain, plain=json)), file, json)


def _audited(
    file: Path, tasks: Path | None, worlds: tuple[Path, ...], domain: str, *, plain: bool
) -> "Iterator[Audited]":
    from cove_rl.evaluation.audited import audit_file, audit_recorded
    from cove_rl.evaluation.judged import tasks_by_id
    from cove_rl.tasks.worlds import Worlds

    found = audit_recorded(file, domain) if tasks is None else audit_file(tasks_by_id(tasks), file, Worlds(worlds))
    with progress("auditing", plain=plain) as advance:
        for one in found:
            yield one
            advance()


def _report(audits: "list[Audited]", file: Path, json: bool) -> None:
    from cove_rl.audit.finding import MEANINGS
    from cove_rl.evaluation.audited import summarise_audits

    if not audits:
        raise InputError(f"{file} holds no episode with a customer; runs of another domain need --domain")
    summary = summarise_audits(audits)
    if json:
        print_json({"summary": summary, "episodes": [one for one in audits if one.findings]})
        return
    rows = [(kind, count.certain, count.suspected, MEANINGS[kind]) for kind, count in summary.kinds.items()]
    out.print(table(f"{summary.episodes} episodes", ("fault", "episodes", "suspected", "the customer ..."), rows))
    shown = [(one.name, found) for one in audits for found in one.findings if found.decidable]
    for name, found in shown[:SHOWN]:
        out.print(f"{name}, message {found.message}: {found.kind}: {found.detail}", markup=False, soft_wrap=True)
    if len(shown) > SHOWN:
        out.print(f"and {len(shown) - SHOWN} more; --json has all", markup=False)
    words = f"{summary.faulty} of {summary.episodes} episodes have a fault of the customer"
    if summary.blamed is not None:
        words += f"; {summary.blamed} failed through it and are not the agent's"
    err.print(words, markup=False, soft_wrap=True)


def _test(domain: str, seed: int, number: int, json: bool) -> None:
    """Test the audit; exit with 1 if it is not good enough."""
    from typing import get_args

    from cove_rl.synth.planted import plant
    from cove_rl.users.faults import Fault
    from cove_rl.world.domain import get_domain

    found = get_domain(domain)
    with progress("planting faults", number * (1 + len(get_args(Fault))), plain=json) as advance:
        report = plant(found, found.world(seed), seed, number, advance)
    if json:
        print_json(report)
    else:
        _print_test(report)
    measured = [share for one in report.kinds for share in (one.precision, one.recall) if share is not None]
    if min(measured) < ENOUGH or report.accused:
        raise typer.Exit(1)


def _print_test(report: "PlantedReport") -> None:
    rows = [
        (one.kind, one.dialogues, one.planted, one.open, one.found, one.wrong, one.precision, one.recall)
        for one in report.kinds
    ]
    columns = ("fault", "dialogues", "committed", "not decidable", "found", "wrong", "precision", "recall")
    out.print(table(f"{report.dialogues} dialogues with planted faults", columns, rows))
    words = f"{report.faultless} dialogues without a fault, {report.accused} of them accused"
    out.print(words, markup=False)
    for miss in report.misses:
        what = "found where it was not" if miss.wrong else "not found"
        err.print(f"{miss.task_id}, {miss.agent}: {miss.kind} {what}, message {miss.number}", markup=False)
