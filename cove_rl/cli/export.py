"""`cove tasks export`: the tasks of a run as parquet files."""

from pathlib import Path
from typing import Annotated

import typer

from cove_rl.cli.console import err, print_json, progress
from cove_rl.cli.model import require_training
from cove_rl.errors import InputError


def export(
    path: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write SPLIT.parquet.")],
    env: Annotated[str, typer.Option(metavar="NAME", help="As in +env=NAME.")] = "cove_retail",
    split: Annotated[list[str] | None, typer.Option(help="Which split; repeatable; all if not given.")] = None,
    number: Annotated[
        int | None, typer.Option("-n", "--number", min=1, help="The first N tasks of each split; all if not given.")
    ] = None,
    override: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A Hydra override of the run; repeatable.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Write the tasks a training run would make as parquet files, for verl's own dataset."""
    require_training("cove tasks export")
    from cove_rl.training.chosen import ChosenTasks
    from cove_rl.training.compose import compose
    from cove_rl.training.export import export as write

    data = compose([f"+env={env}", *(override or ())])["data"]
    names = split or list(data["cove"]["splits"])
    files = {name: path / f"{name}.parquet" for name in names}
    if (taken := [str(file) for file in files.values() if file.exists()]) and not force:
        raise InputError(f"{', '.join(taken)} exists; give another folder with --out, or replace it with --force")
    tasks = {name: ChosenTasks(name, config=data, max_samples=number or -1) for name in names}
    path.mkdir(parents=True, exist_ok=True)
    with progress("exporting", sum(map(len, tasks.values())), plain=json) as advance:
        for name, file in files.items():
            write(tasks[name], file, advance)
    if json:
        print_json({str(file): len(tasks[name]) for name, file in files.items()})
        return
    for name, file in files.items():
        err.print(f"{len(tasks[name])} tasks written to {file}", markup=False, soft_wrap=True)
