"""`cove tasks`: sample tasks from a world, look at them, solve them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from cove_rl.cli.console import distribution_table, err, out, print_json, progress, table
from cove_rl.cli.export import export
from cove_rl.distribution import Distribution, describe
from cove_rl.errors import InputError

if TYPE_CHECKING:
    from cove_rl.jsonl import JsonlWriter
    from cove_rl.synth.tasks import Solved
    from cove_rl.tasks.difficulty import Difficulty
    from cove_rl.tasks.task import Task
    from cove_rl.world.world import WorldRef

app = typer.Typer(help="Sample tasks from a world, look at them, solve them.", no_args_is_help=True)
app.command()(export)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Workers = Annotated[int, typer.Option("--workers", "-j", min=1, help="Processes; the result is the same.")]
WorldFiles = Annotated[list[Path] | None, typer.Option("--world", metavar="FILE", help="A world's file; repeatable.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")]
TaskFile = Annotated[Path, typer.Argument(metavar="FILE", help="Tasks, one JSON object a line.")]


class Totals:
    """What a run has seen: numbers per episode, kinds of constraints, failures."""

    def __init__(self) -> None:
        self.samples: dict[str, list[float]] = {"constraints": [], "agent turns": [], "user turns": [], "calls": []}
        self.kinds: Counter[str] = Counter()
        self.scores: Counter[str] = Counter()
        self.unsolved: list[str] = []

    def add(self, solved: "Solved") -> None:
        """Count one episode."""
        roles = Counter(message.role for message in solved.trajectory.messages)
        numbers = (len(solved.task.requests), roles["assistant"] - 1, roles["user"], len(solved.trajectory.calls()))
        for sample, number in zip(self.samples.values(), numbers, strict=True):
            sample.append(number)
        self.kinds.update(constraint.kind for constraint in solved.task.constraints)
        self.scores[f"{solved.verdict.score:.2f}"] += 1
        if not solved.is_solved:
            self.unsolved.append(solved.task.id)

    def print(self, title: str) -> None:
        """Print the distributions and the kinds."""
        out.print(distribution_table(title, self.samples))
        out.print(table("Kinds of constraints", ("kind", "count"), self.kinds.most_common()))

    def distributions(self) -> dict[str, Distribution]:
        """Return the distributions, for JSON."""
        return {name: describe(numbers) for name, numbers in self.samples.items()}


@app.command()
def sample(
    seed: Annotated[int, typer.Option(help="Equal seeds, worlds and mixes give equal tasks, byte for byte.")],
    domain: Annotated[str, typer.Option(help="The kind of customer service.")] = "retail",
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="How many tasks.")] = 1000,
    world_seed: Annotated[
        int | None, typer.Option(help="Seed of the world to generate; the same if not given.")
    ] = None,
    world: Annotated[Path | None, typer.Option(metavar="FILE", help="Take this world instead.")] = None,
    difficulty: Annotated[str, typer.Option(help="How hard the tasks are: easy, normal or hard.")] = "normal",
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Change one field of the difficulty; repeatable."),
    ] = None,
    mix: Annotated[
        str | None,
        typer.Option(metavar="W1,W2,...", help="Relative shares of tasks with 1, 2, ... requests, in short."),
    ] = None,
    path: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write them; DOMAIN-SEED.tasks.jsonl.")
    ] = None,
    workers: Workers = 1,
    force: Force = False,
    json: Json = False,
) -> None:
    """Sample tasks, each solved by the oracle through the dialogue; interrupted, the same command goes on.

    The fields of a difficulty and what each level sets them to are in docs/tasks.md.
    """
    from cove_rl.jsonl import JsonlWriter
    from cove_rl.synth.pool import in_order
    from cove_rl.synth.tasks import Sampling

    knob = asked_difficulty(difficulty, change or [], mix)
    ref = _world(domain, seed if world_seed is None else world_seed, world)
    job = Sampling(ref, seed, knob, () if world is None else (world,))
    parameters = {"world": ref.fingerprint, "seed": seed, "number": number, "difficulty": msgspec.to_builtins(knob)}
    totals, rejected = Totals(), 0
    target = path or Path(f"{domain}-{seed}.tasks.jsonl")
    with JsonlWriter(target, parameters, overwrite=force) as writer:
        begun = writer.done
        with progress("sampling", number, done=begun, plain=json) as advance:
            for sampled in in_order(job, range(begun, number), workers):
                writer.write(sampled.solved.task)
                totals.add(sampled.solved)
                rejected += sampled.rejected
                advance()
        writer.finish()
    if json:
        summary = {"path": str(target), "tasks": number, "resumed_at": begun, "unsolved_candidates": rejected}
        print_json({**summary, "kinds": totals.kinds, "distributions": totals.distributions()})
        return
    totals.print(f"{number - begun} {ref.domain} tasks of world {ref.fingerprint}, seed {seed}")
    err.print(f"{rejected} candidates the oracle did not solve were dropped", markup=False)
    err.print(f"written to {target}", markup=False, soft_wrap=True)


@app.command()
def solve(
    file: TaskFile,
    world: WorldFiles = None,
    path: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Also write the trajectories, one JSON object a line.")
    ] = None,
    workers: Workers = 1,
    force: Force = False,
    json: Json = False,
) -> None:
    """Have the oracle solve every task blind; exit with 1 if any score is below 1.0."""
    from cove_rl.synth.pool import in_order
    from cove_rl.synth.tasks import Solving
    from cove_rl.tasks.task import load_tasks

    tasks = list(load_tasks(file))
    if not tasks:
        raise InputError(f"{file} holds no task")
    files, totals = tuple(world or ()), Totals()
    writer = None if path is None else _trajectories(path, file, tasks, force)
    begun = 0 if writer is None else writer.done
    with writer or nullcontext(), progress("solving", len(tasks), done=begun, plain=json) as advance:
        if writer is not None:
            for solved in _resumed(writer.partial, tasks[:begun], files):
                totals.add(solved)
        for solved in in_order(Solving(files), tasks[begun:], workers):
            totals.add(solved)
            if writer is not None:
                writer.write(solved.trajectory)
            advance()
        if writer is not None:
            writer.finish()
    _report(totals, json)


def _trajectories(path: Path, file: Path, tasks: "list[Task]", force: bool) -> "JsonlWriter":
    """Open the output of `solve`; what decides its content are the tasks, by the digest of their file."""
    from hashlib import sha256

    from cove_rl.jsonl import JsonlWriter

    parameters = {"tasks": sha256(file.read_bytes()).hexdigest(), "number": len(tasks), "agent": "oracle"}
    return JsonlWriter(path, parameters, overwrite=force)


def _resumed(partial: Path, tasks: "list[Task]", files: tuple[Path, ...]) -> "Iterator[Solved]":
    """Judge again what an interrupted run has solved."""
    from cove_rl.episode.files import load_trajectories
    from cove_rl.synth.tasks import Solved
    from cove_rl.tasks.worlds import Worlds
    from cove_rl.verify.verifier import verify

    worlds = Worlds(files)
    for task, trajectory in zip(tasks, load_trajectories(partial) if tasks else (), strict=False):
        yield Solved(task, trajectory, verify(task, worlds.find(task.world), trajectory.calls()))


def _report(totals: Totals, json: bool) -> None:
    solved = sum(totals.scores.values()) - len(totals.unsolved)
    if json:
        summary = {"solved": solved, "scores": totals.scores, "unsolved": totals.unsolved[:20], "kinds": totals.kinds}
        print_json({**summary, "distributions": totals.distributions()})
    else:
        totals.print(f"{solved} of {sum(totals.scores.values())} tasks solved with a score of exactly 1.0")
    if totals.unsolved:
        err.print(f"not solved: {', '.join(totals.unsolved[:20])}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1)


@app.command()
def show(
    file: TaskFile,
    task_id: Annotated[str | None, typer.Option("--id", help="The task to show; the first if not given.")] = None,
    play: Annotated[bool, typer.Option("--play", help="Also show the oracle's conversation and the verdict.")] = False,
    world: WorldFiles = None,
    json: Json = False,
) -> None:
    """Show a task: what is wanted exactly, what the customer can say of it, and how a solution goes."""
    found = find_task(file, task_id)
    if json:
        print_json(found)
        return
    _print_task(found)
    if play:
        _print_solution(found, tuple(world or ()))


def find_task(file: Path, task_id: str | None) -> "Task":
    """Return the task of that id in a file, or its first one.

    Raises:
        InputError: if there is none.
    """
    from cove_rl.tasks.task import load_tasks

    found = next((task for task in load_tasks(file) if task_id in (None, task.id)), None)
    if found is None:
        raise InputError(f"{file} has no task {task_id or ''}".rstrip())
    return found


def _print_task(task: "Task") -> None:
    rows = [
        (number, request.constraint.kind, request.constraint.describe(), request.act, _hints(request.hints))
        for number, request in enumerate(task.requests, start=1)
    ]
    out.print(table(f"{task.id}, world {task.world.fingerprint}", ("", "constraint", "exactly", "asks", "says"), rows))
    persona = task.persona
    known = f"{persona.mood} mood, {persona.verbosity} verbosity, {persona.openness} openness"
    traits = [f"{name} {value}" for name, value in msgspec.to_builtins(persona.known_traits).items() if value]
    shown = f"{known}, {', '.join(traits)}" if persona.traits else known
    out.print(f"The customer: {shown}; known by {_hints(task.identity)}.", markup=False)


def _hints(hints: tuple[object, ...]) -> str:
    """Return hints as a person reads them: the slot and how it is described."""
    shown = [f"{getattr(hint, 'slot', '')} by {getattr(hint, 'form', '')}" for hint in hints]
    return ", ".join(shown)


def _print_solution(task: "Task", files: tuple[Path, ...]) -> None:
    from cove_rl.cli.transcript import print_transcript, print_verdict
    from cove_rl.synth.tasks import Solving

    (solved,) = Solving(files)([task])
    print_transcript(solved.trajectory)
    print_verdict(solved.verdict)


def _world(domain: str, seed: int, file: Path | None) -> "WorldRef":
    from cove_rl.world.domain import get_domain
    from cove_rl.world.files import load_world

    if file is None:
        return get_domain(domain).world(seed).ref
    ref = load_world(file).ref
    if ref.domain != domain:
        raise InputError(f"{file} is a {ref.domain} world, not {domain}; name its domain with --domain")
    return ref


def asked_difficulty(level: str, changes: list[str], mix: str | None) -> "Difficulty":
    """Return the difficulty of a level with single fields changed.

    Args:
        level: easy, normal or hard.
        changes: each FIELD=VALUE, as on a command line.
        mix: relative shares of tasks with 1, 2, ... requests, with commas between.

    Raises:
        InputError: if there is no such level or field, or a value is of no use.
    """
    from cove_rl.tasks.difficulty import difficulty_of

    fields: dict[str, Any] = {} if mix is None else {"requests": _numbers("--mix", mix)}
    for change in changes:
        name, given, value = change.partition("=")
        if not given:
            raise InputError(f"--set {change[:80]}: expected FIELD=VALUE, such as typos=0.3 or requests=30,20,10")
        several = name in ("requests", "openness")
        numbers = _numbers(f"--set {name}", value)
        fields[name] = numbers if several or len(numbers) > 1 else numbers[0]
    return difficulty_of(level, fields)


def _numbers(option: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{option} {text[:80]}: expected numbers with commas between, such as 30,28,20") from None
