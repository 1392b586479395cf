"""`cove users compare`: kinds of users side by side, on the same tasks."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cove_rl.cli.console import out, print_json, progress, table
from cove_rl.errors import InputError

if TYPE_CHECKING:
    from cove_rl.evaluation.compared import Compared
    from cove_rl.tasks.task import Task


def compare(
    users: Annotated[
        list[str],
        typer.Argument(
            metavar="USER...", help="Kinds, or YAML files, each with its settings: scripted 'hybrid spoil=0.2'"
        ),
    ],
    tasks: Annotated[Path | None, typer.Option(metavar="FILE", help="The tasks; sampled afresh if not given.")] = None,
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="How many tasks.")] = 50,
    seed: Annotated[int, typer.Option(help="Seed of the tasks that are sampled, and of their world.")] = 7,
    domain: Annotated[str, typer.Option(help="The domain of the tasks that are sampled.")] = "retail",
    difficulty: Annotated[str, typer.Option(help="How hard the tasks that are sampled are.")] = "normal",
    world: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="A world's file; repeatable.")] = None,
    together: Annotated[int, typer.Option(min=1, help="Conversations at a time.")] = 8,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Put kinds of users side by side: what the oracle makes of them, their faults, time and cost.

    The oracle understands the domain's grammar and little else: where a model words things, that it solves fewer tasks
    says that the wording is free, not that the user is bad. Faults say that.
    """
    from cove_rl.evaluation.compared import compare as play
    from cove_rl.tasks.worlds import Worlds
    from cove_rl.users.kinds import make_users, user_from_text

    kinds = [(text, make_users(user_from_text(text))) for text in users]
    chosen = _tasks(tasks, number, seed, domain, difficulty)
    worlds, found = Worlds(tuple(world or ())), []
    with progress("comparing", len(kinds) * len(chosen), plain=json) as advance:
        for text, made in kinds:
            found.append(asyncio.run(play(text, made, chosen, worlds, together, advance)))
    if json:
        print_json(found)
        return
    _print(found)


def _tasks(file: Path | None, number: int, seed: int, domain: str, difficulty: str) -> "list[Task]":
    from itertools import islice

    from cove_rl.synth.tasks import Sampling
    from cove_rl.tasks.difficulty import difficulty_of
    from cove_rl.tasks.task import load_tasks
    from cove_rl.world.domain import get_domain

    if file is None:
        sampling = Sampling(get_domain(domain).world(seed).ref, seed, difficulty_of(difficulty))
        return [one.solved.task for one in sampling(list(range(number)))]
    found = list(islice(load_tasks(file), number))
    if not found:
        raise InputError(f"{file} holds no task")
    return found


def _print(found: "list[Compared]") -> None:
    rows = [
        (
            one.user,
            one.solved / one.tasks,
            sum(one.faults.values()),
            one.user_turns,
            1000 * one.p50,
            1000 * one.p95,
            one.spent.calls,
            one.spent.prompt_tokens + one.spent.completion_tokens,
            one.cost,
            None if one.wordings is None else one.wordings.accepted / max(one.wordings.sentences, 1),
        )
        for one in found
    ]
    columns = ("user", "solved", "faults", "user turns", "p50 ms", "p95 ms", "calls", "tokens", "cost", "own words")
    out.print(table(f"{found[0].tasks} tasks, served by the oracle", columns, rows))
    _print_counts("Faults the transcript proves, in episodes", {one.user: one.faults for one in found})
    _print_counts("Faults suspected, in episodes", {one.user: one.suspected for one in found})
    _print_counts("Not solved, by whose failure it was", {one.user: one.culprits for one in found})
    said = {one.user: dict(one.wordings.faults.most_common()) for one in found if one.wordings is not None}
    _print_counts("Wordings that were not said, and why", said)


def _print_counts(title: str, counts: dict[str, dict[str, int]]) -> None:
    """Print counts by name as a table with one column per user; nothing if there are none."""
    names = list(dict.fromkeys(name for one in counts.values() for name in one))
    if names:
        out.print(
            table(title, ("", *counts), [(name, *(one.get(name, 0) for one in counts.values())) for name in names])
        )
