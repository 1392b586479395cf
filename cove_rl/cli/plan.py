"""`cove plan`: what a run needs of each GPU, and whether it fits."""

from typing import TYPE_CHECKING, Annotated

import typer

from cove_rl.cli.console import err, out, print_json, table
from cove_rl.errors import InputError

if TYPE_CHECKING:
    from cove_rl.planning.memory import Figure
    from cove_rl.planning.plan import Plan

GIB = 2**30


def plan(
    overrides: Annotated[
        list[str] | None,
        typer.Argument(help="Hydra's overrides, as the run is given them; +env=cove_retail comes first if none does."),
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME_OR_PATH", help="A model's name, or its config.json; the run's if not given.")
    ] = "",
    gpus: Annotated[int | None, typer.Option(min=1, help="GPUs of a node; the run's if not given.")] = None,
    nodes: Annotated[int | None, typer.Option(min=1, help="Nodes; the run's if not given.")] = None,
    gpu_memory: Annotated[float, typer.Option(min=1, metavar="GIB", help="Memory of a GPU.")] = 80,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Say what a run needs of each GPU, and whether it fits."""
    from cove_rl.cli.model import require_training

    require_training("cove plan")
    from cove_rl.planning.plan import plan as make_plan
    from cove_rl.planning.run import run_of
    from cove_rl.planning.shape import read_shape
    from cove_rl.training.compose import compose_quietly

    words = list(overrides or ())
    if any("=" not in word for word in words):
        raise InputError(
            f"overrides are KEY=VALUE, as +profile=gpu8: {' '.join(word for word in words if '=' not in word)}"
        )
    if not any(word.startswith("+env=") for word in words):
        words.insert(0, "+env=cove_retail")
    machine = {"trainer.n_gpus_per_node": gpus, "trainer.nnodes": nodes}
    words += [f"{key}={value}" for key, value in machine.items() if value is not None]
    config = compose_quietly(words)
    run = run_of(config)
    name = model or str(config["actor_rollout_ref"]["model"]["path"])
    made = make_plan(name, read_shape(name), run, int(gpu_memory * GIB))
    if json:
        print_json(made)
    else:
        _print(made)
    if made.faults:
        raise typer.Exit(1)


def _print(made: "Plan") -> None:
    """Print tables of what is held, and of a step."""
    out.print(f"{made.model}: {made.parameters:,} parameters; GPUs of {made.gpu / GIB:g} GiB", markup=False)
    for title, figures in (("Update", made.training), ("Sampling", made.rollout), ("Main memory", made.host)):
        where = "a node" if figures is made.host else "a GPU"
        out.print(table(f"{title}: GiB of {where}", ("", "GiB", "formula"), _rows(figures)))
    rows: list[tuple[object, ...]] = [(one.name, f"{one.count:10,}", one.formula) for one in made.batches]
    rows.append(("KV cache of a token", f"{made.token.bytes:10,}", f"{made.token.formula}, on a GPU"))
    rows.append(("tokens in an engine's cache", f"{made.cached:10,}", "KV cache / that of a token"))
    rows.append(("longest trajectories at once", f"{made.longest:10,}", "those / tokens of a trajectory; others wait"))
    out.print(table("A step", ("", "", "formula"), rows))
    for fault in made.faults:
        err.print(f"does not fit: {fault}", style="red", markup=False, soft_wrap=True)
    if not made.faults:
        out.print("it fits, by this arithmetic", style="green", markup=False)


def _rows(figures: "list[Figure]") -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [(one.name, _gib(one.bytes), one.formula) for one in figures]
    return [*rows, ("sum", _gib(sum(one.bytes for one in figures)), "")]


def _gib(size: int) -> str:
    return f"{size / GIB:7.1f}"
