"""`cove synth`: make a set of examples, each verified and audited."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cove_rl.cli.console import err, out, print_json
from cove_rl.errors import InputError

if TYPE_CHECKING:
    from cove_rl.synth.plan import Plan
    from cove_rl.synth.workers import Workers
    from cove_rl.world.world import WorldRef

MADE_OF, PLAYED_BY, KEPT_IF, RUN = "What it is made of", "Who plays", "What is kept", "How it is run"
"""Headings of the help."""


def synth(
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="Examples to keep.", rich_help_panel=MADE_OF)],
    seed: Annotated[int, typer.Option(help="Of the tasks, and of the first world.", rich_help_panel=MADE_OF)],
    path: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where they go.", rich_help_panel=MADE_OF)],
    domain: Annotated[
        str, typer.Option(metavar="NAME,...", help="Domains, with commas between.", rich_help_panel=MADE_OF)
    ] = "retail,airline",
    worlds: Annotated[
        int, typer.Option(min=1, help="Worlds of each domain; their seeds are consecutive.", rich_help_panel=MADE_OF)
    ] = 4,
    difficulty: Annotated[
        str, typer.Option(help="Of the tasks: easy, normal or hard.", rich_help_panel=MADE_OF)
    ] = "normal",
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="FIELD=VALUE", help="Change one field of it; repeatable.", rich_help_panel=MADE_OF
        ),
    ] = None,
    teacher: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[W*]WHO",
            help="Who may play the agent, as `oracle` or '2*openai endpoint.url=...'; repeatable.",
            rich_help_panel=PLAYED_BY,
        ),
    ] = None,
    user: Annotated[
        list[str] | None,
        typer.Option(metavar="[W*]WHO", help="Who may play the customer; repeatable.", rich_help_panel=PLAYED_BY),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="EXPR", help="Over what is known of an example; see docs/synthesis.md.", rich_help_panel=KEPT_IF
        ),
    ] = None,
    retries: Annotated[
        int,
        typer.Option(
            "--retries-per-task", min=0, help="Attempts after the first that failed.", rich_help_panel=KEPT_IF
        ),
    ] = 0,
    best_of: Annotated[
        int, typer.Option(min=1, help="Attempts at every task, of which the best is kept.", rich_help_panel=KEPT_IF)
    ] = 1,
    prefer: Annotated[
        str, typer.Option(metavar="EXPR", help="The best has the smallest value of it.", rich_help_panel=KEPT_IF)
    ] = "turns",
    near: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Keep no two conversations so similar.", rich_help_panel=KEPT_IF),
    ] = None,
    balance: Annotated[
        str,
        typer.Option(
            metavar="FIELD,...",
            help="Let no group take much more than its share, of: kinds, constraints, turns.",
            rich_help_panel=KEPT_IF,
        ),
    ] = "",
    keep_rejected: Annotated[
        bool, typer.Option("--keep-rejected", help="Write what is rejected as well.", rich_help_panel=KEPT_IF)
    ] = False,
    most: Annotated[
        int | None, typer.Option("--max-tasks", min=1, help="Tasks to play at most.", rich_help_panel=RUN)
    ] = None,
    shard: Annotated[int, typer.Option(min=1, help="Tasks of a shard.", rich_help_panel=RUN)] = 256,
    jobs: Annotated[
        int | None,
        typer.Option("--workers", "-j", min=1, help="Processes, without served models.", rich_help_panel=RUN),
    ] = None,
    together: Annotated[
        int, typer.Option(min=1, help="Conversations at once, with served models.", rich_help_panel=RUN)
    ] = 256,
    ray: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Play on a Ray cluster: auto, or its address.", rich_help_panel=RUN),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Drop what is in the folder.", rich_help_panel=RUN)] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.", rich_help_panel=RUN)] = False,
) -> None:
    """Make a set of examples to fine-tune on: conversations that were verified, audited and filtered.

    Interrupted or killed at any moment, the same command goes on. What decides the result are the options under the
    first three headings; how it is run changes nothing.
    """
    from cove_rl.cli.synth_progress import show, yields
    from cove_rl.cli.tasks import asked_difficulty
    from cove_rl.synth.plan import Plan, balances_from, teachers_from, users_from
    from cove_rl.synth.synthesis import synthesize

    plan = Plan(
        worlds=tuple(_worlds(name.strip(), seed, worlds) for name in domain.split(",")),
        seed=seed,
        difficulty=asked_difficulty(difficulty, change or [], None),
        teachers=teachers_from(teacher or ["oracle"]),
        users=users_from(user or ["scripted"]),
        prefer=prefer,
        retries=retries,
        best_of=best_of,
        near=near,
        balance=balances_from(balance),
        shard=shard,
        keep_rejected=keep_rejected,
        **({} if keep is None else {"keep": keep}),
    )
    with show(plain=json) as watch:
        manifest = synthesize(
            plan, number, path, lambda: _workers(plan, jobs, together, ray), most=most, watch=watch, force=force
        )
    if json:
        print_json(manifest)
    else:
        for one in yields(manifest.counts):
            out.print(one)
        err.print(f"{manifest.counts.kept} examples are in {path}", markup=False, soft_wrap=True)


def _worlds(domain: str, seed: int, count: int) -> "tuple[WorldRef, ...]":
    from cove_rl.world.domain import get_domain

    return tuple(get_domain(domain).world(seed + number).ref for number in range(count))


def _workers(plan: "Plan", jobs: int | None, together: int, ray: str | None) -> "Workers":
    import os

    from cove_rl.synth.workers import workers_for

    if ray is None:
        return workers_for(plan, jobs or os.cpu_count() or 1, together)
    try:
        from cove_rl.training.spread import RayTasks
    except ImportError as error:
        raise InputError(f"--ray needs Ray ({error}); install it with `pip install 'cove_rl[train]'`") from None
    return RayTasks(plan, ray, together)
