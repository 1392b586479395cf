"""`cove data export` and `cove data import`: data sets in the formats of others."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from cove_rl.cli.console import err, print_json, progress
from cove_rl.errors import InputError

Source = Annotated[
    Path,
    typer.Argument(metavar="IN", help="A folder of `cove synth` or of a split, examples, or an exported data set."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")]


class ExportFormat(str, Enum):
    """What `cove data export` writes."""

    hf = "hf"
    verl_sft = "verl-sft"
    verl_rl = "verl-rl"
    jsonl = "jsonl"
    user_sft = "user-sft"


def export(
    source: Source,
    form: Annotated[ExportFormat, typer.Option("--format", help="Who is to read it; see docs/data.md.")],
    path: Annotated[Path, typer.Option("--out", metavar="PATH", help="A new folder for hf, a file for the others.")],
    title: Annotated[str, typer.Option(help="The name on the card of an hf export.")] = "cove_rl conversations",
    licence: Annotated[str, typer.Option(metavar="ID", help="The licence on the card.")] = "apache-2.0",
    force: Force = False,
    json: Json = False,
) -> None:
    """Write a data set for Hugging Face, verl or OpenAI's fine-tuning, or for training a user model."""
    from cove_rl.data.conversation import count_conversations, load_conversations, sides_in
    from cove_rl.data.export import export_file

    if path.exists() and not force and form is not ExportFormat.hf:
        raise InputError(f"{path} exists; give another name, or replace it with --force")
    with progress("exporting", count_conversations(source), plain=json) as advance:
        if form is ExportFormat.hf:
            from cove_rl.data.hf import export_folder
            from cove_rl.synth.manifest import read_manifest

            parts = {side: load_conversations(part) for side, part in (sides_in(source) or {"train": source}).items()}
            manifest = read_manifest(source)
            rows = export_folder(parts, path, title=title, licence=licence, manifest=manifest, advance=advance)
        else:
            rows = export_file(source, form.value, path, advance)
    if form is not ExportFormat.hf and len(sides := sides_in(source)) > 1:
        which = f"it holds all sides of the split, {', '.join(sides)}; for one of them name its file, such as"
        err.print(f"{which} {sides[next(iter(sides))]}", markup=False, soft_wrap=True)
    if json:
        print_json({"format": form.value, "path": str(path), "rows": rows})
    else:
        err.print(f"{rows} rows written to {path}", markup=False, soft_wrap=True)


class ImportFormat(str, Enum):
    """What `cove data import` reads."""

    cove12k = "cove12k"
    tau2 = "tau2"


def import_(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines; for cove12k parquet as well.")],
    form: Annotated[ImportFormat, typer.Option("--format", help="Who wrote it; see docs/data.md.")],
    path: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write trajectories (JSON lines).")],
    domain: Annotated[str | None, typer.Option(metavar="NAME", help="Of conversations that name none.")] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Read conversations in CoVe's public format, or runs of tau2-bench, as trajectories; their worlds are unknown."""
    import msgspec

    from cove_rl.data.importing import import_cove12k, import_tau2
    from cove_rl.files import atomic_open

    if path.exists() and not force:
        raise InputError(f"{path} exists; give another name, or replace it with --force")
    read = import_cove12k if form is ImportFormat.cove12k else import_tau2
    count = 0
    with atomic_open(path) as stream, progress("importing", plain=json) as advance:
        for trajectory in read(source, domain):
            stream.write(msgspec.json.encode(trajectory) + b"\n")
            count += 1
            advance()
        if not count:
            raise InputError(f"{source} holds no conversation")
    if json:
        print_json({"path": str(path), "trajectories": count})
    else:
        err.print(f"{count} trajectories written to {path}", markup=False, soft_wrap=True)
