"""`cove model`: make a model to train."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from cove_rl.cli.console import err, out, print_json, table
from cove_rl.errors import CoveError, InputError

app = typer.Typer(help="Make a tiny model that a CPU can train.", no_args_is_help=True)

EXTRA = "pip install 'cove_rl[train]'"
NEEDED = ("torch", "transformers", "verl")


@app.callback()
def model() -> None:
    """Make a tiny model that a CPU can train."""


@app.command()
def tiny(
    path: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write it, in Hugging Face's format.")],
    domain: Annotated[list[str] | None, typer.Option(help="Whose texts its tokenizer knows; repeatable.")] = None,
    vocabulary: Annotated[int, typer.Option(metavar="N", min=300, help="Tokens, at most.")] = 8192,
    hidden: Annotated[int, typer.Option(metavar="N", min=6, help="Width; a multiple of twice the heads.")] = 192,
    layers: Annotated[int, typer.Option(metavar="N", min=1, help="Depth.")] = 4,
    heads: Annotated[int, typer.Option(metavar="N", min=1, help="Attention heads.")] = 6,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal weights.")] = 0,
    copying: Annotated[
        bool, typer.Option("--copying", help="Begin with attention that can copy, instead of random weights alone.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write into DIR even if it holds something.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Write a small Qwen3 with random weights and a tokenizer trained on the domains' own texts."""
    require_training("cove model tiny")
    if hidden % (2 * heads):
        raise InputError(f"--hidden {hidden} is no multiple of {2 * heads}, twice the number of heads")
    if not force and path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError(f"{path} exists; give another name with --out, or write into it with --force")
    from cove_rl.training.tiny import Size, build_tiny

    domains = domain or ["retail"]
    size = Size(vocabulary=vocabulary, hidden=hidden, layers=layers, heads=heads)
    parameters = build_tiny(path, domains, size, seed=seed, copying=copying)
    if json:
        print_json(
            {
                "path": str(path),
                "parameters": parameters,
                "domains": domains,
                "size": size,
                "seed": seed,
                "copying": copying,
            }
        )
        return
    rows = [("domains", ", ".join(domains)), ("vocabulary, at most", vocabulary), ("hidden", hidden)]
    rows += [("layers", layers), ("heads", heads), ("parameters", f"{parameters:,}"), ("seed", seed)]
    out.print(table("A tiny Qwen3", ("", "value"), rows))
    err.print(f"written to {path}", markup=False, soft_wrap=True)


def require_training(command: str) -> None:
    """Make sure that what training needs is installed, without importing it.

    Raises:
        CoveError: naming what is missing and how to install it.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise CoveError(f"{command} needs {', '.join(missing)}: install the train extra with {EXTRA}")
