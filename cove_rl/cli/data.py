"""`cove data`: look at data sets of conversations, convert, filter, split and verify them."""

from enum import Enum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cove_rl.cli.console import distribution_table, err, out, print_json, progress, table
from cove_rl.cli.data_exchange import Force, Json, Source, export, import_
from cove_rl.cli.leak import check_leak
from cove_rl.errors import InputError

if TYPE_CHECKING:
    from cove_rl.data.reverify import Verification
    from cove_rl.data.stats import Stats

app = typer.Typer(help="Look at data sets of conversations, convert, filter, split and verify them.")
app.command("export")(export)
app.command("import")(import_)
app.command("check-leak")(check_leak)


class By(str, Enum):
    """What a split never tears apart."""

    task = "task"
    world = "world"


@app.command()
def stats(source: Source, json: Json = False) -> None:
    """Show what is in a data set: counts, distributions, duplicates."""
    from cove_rl.data.conversation import count_conversations, load_conversations
    from cove_rl.data.stats import Stats

    found = Stats()
    with progress("counting", count_conversations(source), plain=json) as advance:
        for one in load_conversations(source):
            found.add(one)
            advance()
    if json:
        print_json(found.summary())
    else:
        _print_stats(found)


def _print_stats(found: "Stats") -> None:
    title = f"{found.conversations} conversations about {found.tasks} tasks, {found.duplicates} duplicates"
    out.print(distribution_table(title, found.measures))
    for name, counts in found.counts().items():
        out.print(table(f"By {name}", (name, "conversations"), list(counts.items())))


@app.command()
def view(
    source: Source,
    name: Annotated[str | None, typer.Option("--id", metavar="ID", help="The conversations about one task.")] = None,
    index: Annotated[int | None, typer.Option(metavar="N", min=0, help="One conversation by its place.")] = None,
    json: Json = False,
) -> None:
    """Show a conversation, what is known of it, and the verdict on it; the first if none is named."""
    from cove_rl.data.conversation import load_conversations

    if name is not None and index is not None:
        raise InputError("--id and --index both say which conversation; give one of them")
    wanted, every = index or 0, load_conversations(source)
    if name is None:
        found = list(islice(every, wanted, wanted + 1))
    else:
        found = [one for one in every if one.trajectory.task_id == name]
    if not found:
        raise InputError(f"{source} has no conversation {wanted if name is None else repr(name)}")
    if json:
        print_json(found)
        return
    from cove_rl.cli.data_view import print_conversation

    for one in found:
        print_conversation(one)


@app.command()
def verify(
    source: Source,
    world: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="A world's file; repeatable.")] = None,
    json: Json = False,
) -> None:
    """Verify every conversation again from the file alone; exit with 1 if one does not score 1.0 or was altered."""
    from cove_rl.data.conversation import count_conversations, load_conversations
    from cove_rl.data.reverify import Verification, reverify
    from cove_rl.tasks.worlds import Worlds

    found = Verification()
    with progress("verifying", count_conversations(source), plain=json) as advance:
        for one in reverify(load_conversations(source), Worlds(tuple(world or ()))):
            found.add(one)
            advance()
    if not found.conversations:
        raise InputError(f"{source} holds no conversation")
    if json:
        print_json(found)
    else:
        _print_verification(found)
    if not found.passed:
        raise typer.Exit(1)


def _print_verification(found: "Verification") -> None:
    counts = f"{found.perfect} of {found.conversations} conversations score 1.0"
    out.print(f"{counts}, {found.differing} differ from what was recorded, {found.altered} were altered", markup=False)
    for name, fault in found.faults:
        err.print(f"{name}: {fault}", style="red", markup=False, soft_wrap=True)


@app.command()
def split(
    source: Source,
    path: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write train, val and test.jsonl.")],
    train: Annotated[float, typer.Option(min=0, max=1, help="Share of the training side.")] = 0.9,
    val: Annotated[float, typer.Option(min=0, max=1, help="Share of the validation side.")] = 0.05,
    test: Annotated[float, typer.Option(min=0, max=1, help="Share of the test side.")] = 0.05,
    by: Annotated[By, typer.Option(help="What is never torn apart.")] = By.task,
    seed: Annotated[int, typer.Option(help="Draws the sides.")] = 0,
    json: Json = False,
) -> None:
    """Split a data set by task or by world, never by conversation."""
    from cove_rl.data.conversation import count_conversations
    from cove_rl.data.split import Splitting
    from cove_rl.data.split import split as write

    splitting = Splitting({"train": train, "val": val, "test": test}, by.value, seed)
    with progress("splitting", count_conversations(source), plain=json) as advance:
        sides = write(source, splitting, path, advance)
    if json:
        print_json(sides)
        return
    counts = ", ".join(f"{name} {count}" for name, count in sides.counts.items())
    left = f", {sides.left_out} left out: their customers are met on an earlier side" if sides.left_out else ""
    err.print(f"{counts}{left}; written to {path}", markup=False, soft_wrap=True)


@app.command("filter")
def filter_(
    source: Source,
    keep: Annotated[str, typer.Option(metavar="EXPR", help="What to keep: `success and turns < 30`, say.")],
    path: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write examples (JSON lines).")],
    force: Force = False,
    json: Json = False,
) -> None:
    """Keep the examples that meet an expression over their facts, as `cove synth --keep` has them."""
    import msgspec

    from cove_rl.data.conversation import count_conversations, load_known_examples
    from cove_rl.files import atomic_open
    from cove_rl.synth.expression import condition

    if path.exists() and not force:
        raise InputError(f"{path} exists; give another name, or replace it with --force")
    wanted, seen, kept = condition(keep), 0, 0
    with atomic_open(path) as stream, progress("filtering", count_conversations(source), plain=json) as advance:
        for example in load_known_examples(source):
            seen += 1
            if wanted.holds(example.facts):
                kept += 1
                stream.write(msgspec.json.encode(example) + b"\n")
            advance()
        if not kept:
            raise InputError(f"none of {seen} examples meets {keep!r}: nothing was written")
    if json:
        print_json({"path": str(path), "examples": seen, "kept": kept})
    else:
        err.print(f"{kept} of {seen} examples written to {path}", markup=False, soft_wrap=True)
