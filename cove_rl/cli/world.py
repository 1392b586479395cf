"""`cove world`: build a sandbox world from a seed, and look into the ones there are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from cove_rl.cli.census import Census, census
from cove_rl.cli.console import distribution_table, err, out, print_json, table
from cove_rl.distribution import Distribution, describe
from cove_rl.errors import InputError
from cove_rl.world.domain import get_domain
from cove_rl.world.files import load_world, save_world
from cove_rl.world.record import Record
from cove_rl.world.world import World, WorldRef

app = typer.Typer(help="Build a sandbox world, or look into one.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Rows = Annotated[int | None, typer.Option(metavar="N", help="Short for --size with this table's name.")]


class Built(WorldRef, frozen=True, kw_only=True):
    """What `cove world build --json` prints: the world's reference, its file and its rows per table."""

    path: str
    rows: dict[str, int]


class Contents(msgspec.Struct, frozen=True):
    """What one table holds: see `cove_rl.cli.census.Census`, with the distribution of each sample."""

    rows: int
    counts: dict[str, dict[str, int]]
    distributions: dict[str, Distribution]


class Shown(WorldRef, frozen=True, kw_only=True):
    """What `cove world show --json` prints: the world's reference, and what its tables hold."""

    tables: dict[str, Contents]


@app.command()
def build(
    seed: Annotated[int, typer.Option(help="Equal seeds and sizes give equal worlds.")],
    domain: Annotated[str, typer.Option(help="The kind of customer service.")] = "retail",
    size: Annotated[list[str] | None, typer.Option(metavar="TABLE=N", help="Rows of a table; repeatable.")] = None,
    users: Rows = None,
    orders: Rows = None,
    products: Rows = None,
    path: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to write it; DOMAIN-SEED.world.json if not given."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    json: Json = False,
) -> None:
    """Generate a world and write it to a file."""
    path = path or Path(f"{domain}-{seed}.world.json")
    if path.exists() and not force:
        raise InputError(f"{path} exists; give another name with --out, or replace it with --force")
    short = {"users": users, "orders": orders, "products": products}
    sizes = dict(map(_size, size or [])) | {name: rows for name, rows in short.items() if rows is not None}
    world = get_domain(domain).world(seed, sizes)
    save_world(world, path)
    rows = {name: len(records) for name, records in _tables(world).items()}
    if json:
        print_json(Built(**msgspec.structs.asdict(world.ref), path=str(path), rows=rows))
        return
    out.print(table(_title(world.ref), ("table", "rows"), list(rows.items())))
    err.print(f"written to {path}", markup=False, soft_wrap=True)


@app.command()
def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A world's file.")],
    record: Annotated[str | None, typer.Option(metavar="TABLE/ID", help="Print this one record, as JSON.")] = None,
    json: Json = False,
) -> None:
    """Say what a world holds: its fingerprint, its tables, and what is in their columns."""
    world = load_world(file)
    if record is not None:
        print_json(_find(_tables(world), record))
        return
    kinds = get_domain(world.ref.domain).tables
    found = {name: census(kinds[name], records.values()) for name, records in _tables(world).items()}
    if json:
        tables = {name: _contents(summary) for name, summary in found.items()}
        print_json(Shown(**msgspec.structs.asdict(world.ref), tables=tables))
        return
    _print(world.ref, found)


def _tables(world: World) -> dict[str, Mapping[str, Record]]:
    """Return a world's rows by table name."""
    return {name: world.rows(kind) for name, kind in get_domain(world.ref.domain).tables.items()}


def _size(text: str) -> tuple[str, int]:
    """Read ``TABLE=N``."""
    name, _, rows = text.partition("=")
    if not name or not rows.isdecimal():
        raise InputError(f"--size {text}: expected TABLE=N with a whole number, such as users=500")
    return name, int(rows)


def _find(tables: Mapping[str, Mapping[str, Record]], place: str) -> Record:
    """Return the record that ``TABLE/ID`` names."""
    name, _, key = place.partition("/")
    if name not in tables:
        raise InputError(f"--record {place}: expected TABLE/ID, where TABLE is one of {', '.join(tables)}")
    if key not in tables[name]:
        some = next(iter(tables[name]), None)
        raise InputError(f"--record {place}: {name} has no such id" + (f"; the first is {some}" if some else ""))
    return tables[name][key]


def _contents(summary: Census) -> Contents:
    samples = {name: describe(numbers) for name, numbers in summary.samples.items()}
    return Contents(summary.rows, summary.counts, samples)


def _title(ref: WorldRef) -> str:
    return f"{ref.domain} world {ref.fingerprint}, " + ("not generated" if ref.seed is None else f"seed {ref.seed}")


def _print(ref: WorldRef, found: Mapping[str, Census]) -> None:
    """Print a world's tables: rows, counts of fixed values, distributions of numbers."""
    out.print(table(_title(ref), ("table", "rows"), [(name, summary.rows) for name, summary in found.items()]))
    counts = [
        (f"{name}.{field}", value, rows)
        for name, summary in found.items()
        for field, values in summary.counts.items()
        for value, rows in values.items()
    ]
    if counts:
        out.print(table("Values", ("field", "value", "rows"), counts))
    samples = {
        f"{name}.{field}": numbers for name, summary in found.items() for field, numbers in summary.samples.items()
    }
    if samples:
        out.print(distribution_table("Numbers", samples))
