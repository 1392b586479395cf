"""`cove verify`: score recorded trajectories, explain a verdict, test the verifier itself."""

import hashlib
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cove_rl.cli.console import distribution_table, err, out, print_json, progress, table
from cove_rl.errors import InputError

if TYPE_CHECKING:
    from cove_rl.evaluation.judged import Judged
    from cove_rl.synth.mutate import MutationReport
    from cove_rl.verify.score import Scoring

app = typer.Typer(help="Score recorded tool calls against a task's constraints.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


class Form(str, Enum):
    """How redundant writes lower a score: see `cove_rl.verify.score.Scoring`."""

    hyperbolic = "hyperbolic"
    exponential = "exponential"


@app.callback(invoke_without_command=True)
def verify(
    ctx: typer.Context,
    tasks: Annotated[Path | None, typer.Option(metavar="FILE", help="Tasks, one JSON object a line.")] = None,
    trajectories: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Trajectories of these tasks, one JSON object a line.")
    ] = None,
    world: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="A world's file; repeatable.")] = None,
    redundancy_weight: Annotated[float, typer.Option(metavar="W", min=0, help="What a redundant write costs.")] = 1.0,
    form: Annotated[Form, typer.Option(help="1 / (1 + W * redundant), or exp(-W * redundant).")] = Form.hyperbolic,
    explain: Annotated[
        str | None, typer.Option(metavar="ID", help="Show the verdicts on one task's trajectories in words.")
    ] = None,
    path: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Also write the verdicts, one JSON object a line.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")] = False,
    json: Json = False,
) -> None:
    """Score recorded tool calls against a task's constraints."""
    if ctx.invoked_subcommand is not None:
        return
    if tasks is None or trajectories is None:
        raise InputError("cove verify needs --tasks FILE and --trajectories FILE, as `cove tasks` writes them")
    from cove_rl.verify.score import Scoring

    scoring = Scoring(form.value, redundancy_weight)
    judged = _judge(tasks, trajectories, tuple(world or ()), scoring, plain=json)
    if path is not None:
        parameters = {"tasks": _digest(tasks), "trajectories": _digest(trajectories)}
        judged = _written(judged, path, {**parameters, "form": form.value, "weight": redundancy_weight}, force=force)
    found = list(judged)
    if not found:
        raise InputError(f"{trajectories} holds no trajectory")
    if explain is not None:
        _explain(found, explain, json=json)
    else:
        _summarise(found, json=json)
    if path is not None:
        err.print(f"written to {path}", markup=False, soft_wrap=True)


def _judge(
    tasks: Path, trajectories: Path, files: tuple[Path, ...], scoring: "Scoring", *, plain: bool
) -> "Iterator[Judged]":
    from cove_rl.evaluation.judged import judge, tasks_by_id
    from cove_rl.tasks.worlds import Worlds

    known = tasks_by_id(tasks)
    with progress("verifying", plain=plain) as advance:
        for one in judge(known, trajectories, Worlds(files), scoring):
            yield one
            advance()


def _written(
    judged: "Iterator[Judged]", path: Path, parameters: dict[str, object], *, force: bool
) -> "Iterator[Judged]":
    """Pass verdicts on, having written those that an earlier, interrupted run has not."""
    from cove_rl.jsonl import JsonlWriter

    with JsonlWriter(path, parameters, overwrite=force) as writer:
        begun = writer.done
        for number, one in enumerate(judged):
            if number >= begun:
                writer.write(one)
            yield one
        if writer.done:
            writer.finish()


def _digest(path: Path) -> str:
    """Return what tells a file's content from any other's, in 16 digits."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(2**20):
                digest.update(chunk)
    except OSError as fault:
        raise InputError(f"cannot read {path}: {fault.strerror or fault}") from fault
    return digest.hexdigest()[:16]


def _explain(judged: "list[Judged]", task_id: str, *, json: bool) -> None:
    from cove_rl.cli.transcript import print_verdict

    found = [one for one in judged if one.task_id == task_id]
    if not found:
        raise InputError(f"--explain {task_id}: no trajectory is of that task; the first is of {judged[0].task_id}")
    if json:
        print_json(found)
        return
    for one in found:
        fault = f", fault: {one.outcome.culprit}" if one.outcome.culprit else ""
        out.print(f"{one.task_id}, {one.agent} with {one.user}, ended by {one.outcome.ending}{fault}", markup=False)
        print_verdict(one.verdict)


def _summarise(judged: "list[Judged]", *, json: bool) -> None:
    from cove_rl.evaluation.judged import summarise

    summary = summarise(judged)
    if json:
        print_json(summary)
        return
    scored = [one.verdict for one in judged if one.outcome.scores]
    samples: dict[str, list[float]] = {
        "score": [one.score for one in scored],
        "redundant writes": [one.redundant for one in scored],
        "failed calls": [one.failed for one in scored],
        "calls": [one.calls for one in scored],
    }
    rate = "-" if summary.success_rate is None else f"{summary.success_rate:.1%}"
    out.print(distribution_table(f"{summary.scored} of {summary.trajectories} trajectories scored", samples))
    out.print(f"success rate {rate}: everything met and nothing redundant", markup=False)
    out.print(table("Outcomes", ("ended by", "count"), list(summary.outcomes.items())))
    rows = [(kind, share.total, share.satisfied, share.rate) for kind, share in summary.kinds.items()]
    out.print(table("Constraints", ("kind", "count", "met", "share"), rows))


@app.command()
def mutate(
    domain: Annotated[str, typer.Option(help="The kind of customer service.")] = "retail",
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="Mutants to judge at least.")] = 100_000,
    seed: Annotated[int, typer.Option(help="Of the world, the tasks and the mutants.")] = 1,
    json: Json = False,
) -> None:
    """Test the verifier on solutions changed in known ways; exit with 1 if a verdict is wrong."""
    from cove_rl.synth.mutate import mutate as run
    from cove_rl.world.domain import get_domain

    found = get_domain(domain)
    with progress("judging", number, plain=json) as advance:
        report = run(found, found.world(seed), seed, number, advance)
    if json:
        print_json(report)
    else:
        _print_report(report)
    if report.wrong:
        raise typer.Exit(1)


def _print_report(report: "MutationReport") -> None:
    rows = [(one.kind, one.expected, one.mutants, one.wrong_accepts, one.wrong_rejects) for one in report.kinds]
    title = f"{report.mutants} mutants of {report.tasks} solved tasks"
    out.print(table(title, ("kind", "expected", "mutants", "wrong accepts", "wrong rejects"), rows))
    out.print(f"{report.wrong} wrong verdicts", markup=False)
    for example in report.examples:
        err.print(f"{example.task_id}, {example.kind}: {example.fault}", style="red", markup=False, soft_wrap=True)


@app.command()
def idle(
    tasks: Annotated[Path, typer.Option(metavar="FILE", help="Tasks, one JSON object a line.")],
    world: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="A world's file; repeatable.")] = None,
    workers: Annotated[int, typer.Option("--workers", "-j", min=1, help="Processes; the result is the same.")] = 1,
    json: Json = False,
) -> None:
    """Score agents that do nothing, or only read, on every task; exit with 1 if one scores above 0."""
    from cove_rl.synth.idle import Idling
    from cove_rl.synth.pool import in_order
    from cove_rl.tasks.task import load_tasks

    known = list(load_tasks(tasks))
    scores = []
    with progress("idling", len(known), plain=json) as advance:
        for one in in_order(Idling(tuple(world or ())), known, workers):
            scores.append(one)
            advance()
    paid = [one.task_id for one in scores if one.nothing or one.reads]
    highest = {name: max((getattr(one, name) for one in scores), default=0.0) for name in ("nothing", "reads")}
    if json:
        print_json({"tasks": len(scores), "highest": highest, "paid": paid[:20]})
    else:
        agents = {"nothing": "does nothing", "reads": "only reads"}
        rows = [(agents[name], len(scores), best) for name, best in highest.items()]
        out.print(table("Agents that do not act", ("agent", "tasks", "highest score"), rows))
    if paid:
        raise typer.Exit(1)
