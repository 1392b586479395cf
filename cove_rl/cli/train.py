"""`cove train`: start verl's trainers with the settings of this library."""

import shutil
import socket
import sys
import time
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from cove_rl.cli.console import err, out, print_json, progress
from cove_rl.cli.model import require_training
from cove_rl.cli.program import Step, newest_step, run_program
from cove_rl.cli.stages import claim
from cove_rl.errors import CoveError, InputError

if TYPE_CHECKING:
    from cove_rl.training.sft_run import Launch, Length, Order

app = typer.Typer(help="Train a policy on verl.", no_args_is_help=True)


class Profile(str, Enum):
    """A machine, as configs/profile has it."""

    cpu = "cpu"
    gpu1 = "gpu1"
    gpu8 = "gpu8"
    two_nodes = "2x8"


class Report(msgspec.Struct, frozen=True):
    """What a run has come to.

    Attributes:
        steps: how many it has made, those before an interruption included.
        loss: of the first and the last step this time; None if there was none left to make.
        checkpoint: the model, as `transformers` loads it and a rollout starts from it.
        grpo: the command that goes on with it.
    """

    steps: int
    loss: tuple[float, float] | None
    checkpoint: str
    grpo: str


@app.callback()
def train() -> None:
    """Train a policy on verl."""


@app.command()
def sft(
    data: Annotated[
        list[str],
        typer.Option(
            metavar="PATH",
            help="A folder or file of conversations, or a split's name, which the oracle plays; repeatable.",
        ),
    ],
    overrides: Annotated[list[str] | None, typer.Argument(help="More of Hydra's overrides, as KEY=VALUE.")] = None,
    val: Annotated[list[str] | None, typer.Option(metavar="PATH", help="What to validate on; repeatable.")] = None,
    model: Annotated[str, typer.Option(metavar="PATH_OR_NAME", help="What to train; the recipe's if not given.")] = "",
    profile: Annotated[Profile, typer.Option(help="The machine.")] = Profile.gpu8,
    env: Annotated[str, typer.Option(metavar="NAME", help="As in +env=NAME.")] = "cove_retail",
    path: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where checkpoints go.")] = Path("outputs/sft"),
    epochs: Annotated[int | None, typer.Option(min=1, help="Times to go through the data; once if not given.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps to make, instead of whole epochs.")] = None,
    rendezvous: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where several nodes meet.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print verl's command and do nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Begin anew, whatever DIR holds.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Fine-tune with verl's SFT trainer, on exactly the tokens a rollout has."""
    require_training("cove train sft")
    from cove_rl.training.compose import compose_quietly
    from cove_rl.training.sft_run import Order, launch_of, length_of, overrides_of

    if epochs is not None and steps is not None:
        raise InputError("--epochs and --steps both say how long the run is: give one of them")
    order = Order(tuple(data), tuple(val or ()), model, env, profile.value, path, epochs, steps, tuple(overrides or ()))
    config = compose_quietly(overrides_of(order), "sft_trainer_engine")
    launch = launch_of(order, config, rendezvous)
    if dry_run:
        _print(str(launch))
        return
    length = length_of(_surveyed(order, config), config)
    if force:
        shutil.rmtree(path, ignore_errors=True)
    claim(path, order.lasting())
    done = newest_step(path)
    _report(order, _run(order, config, launch, length, done) if done < length.total else [], json)


def _surveyed(order: "Order", config: dict[str, Any]) -> int:
    """Return how many conversations there are to train on, having looked at all of them."""
    from cove_rl.training.sft_run import survey

    with progress("reading") as advance:
        found = survey(order.data, config["data"], advance)
        checked = survey(order.val, config["data"], advance)
    batch = int(config["data"]["train_batch_size"])
    if order.val and checked.total() < batch:
        raise InputError(
            f"{checked.total()} conversations to validate on fill no batch of {batch}: give more with --val"
        )
    counted = ", ".join(f"{count:,} {domain or 'of no known domain'}" for domain, count in sorted(found.items()))
    _say(f"{found.total():,} conversations: {counted}")
    if others := sorted((found.keys() | checked.keys()) - {"", *config["cove"]["domains"]}):
        _say(f"{order.env} does not have {', '.join(others)}: results of its tools are cut as {order.env} says")
    return found.total()


def _run(order: "Order", config: dict[str, Any], launch: "Launch", length: "Length", done: int) -> list[Step]:
    """Run the trainer from where it stopped, and return the steps it has made this time."""
    from cove_rl.training.settings import read_settings
    from cove_rl.training.sft_run import drop_ended_epoch
    from cove_rl.training.tiny import make_model

    make_model(read_settings(config["cove"]), Path(config["model"]["path"]))
    if done:
        _say(f"going on after step {done}")
        if done % length.epoch == 0:
            drop_ended_epoch(order.out / f"global_step_{done}")
    node = f"-{socket.gethostname()}" if int(config["trainer"]["nnodes"]) > 1 else ""
    log, metrics = order.out / f"sft{node}.log", order.out / f"metrics-{done}.jsonl"
    _say(str(launch))
    _say(f"log: {log}")
    command = [sys.executable, *launch.command]
    return run_program(command, log, metrics, launch.environment, _teller(done, length.total))


def _teller(done: int, total: int) -> Callable[[Sequence[Step]], None]:
    """Return what tells of every step, once."""
    told, started = done, time.monotonic()

    def tell(made: Sequence[Step]) -> None:
        nonlocal told
        for step in made:
            if step.step <= told or "train/loss" not in step.data:
                continue
            told = step.step
            pace = (time.monotonic() - started) / (told - done)
            _say(f"step {told}/{total}: loss {step.data['train/loss']:.4f}, {pace * (total - told):.0f} s left")

    return tell


def _report(order: "Order", made: Sequence[Step], json: bool) -> None:
    from cove_rl.training.sft_run import grpo_command

    steps = newest_step(order.out)
    checkpoint = order.out / f"global_step_{steps}" / "huggingface"
    if not (checkpoint / "config.json").is_file():
        raise CoveError(f"the run ended without a model: there is no {checkpoint}")
    losses = [float(step.data["train/loss"]) for step in made if "train/loss" in step.data]
    ends = (losses[0], losses[-1]) if losses else None
    report = Report(steps, ends, str(checkpoint), grpo_command(order, checkpoint))
    if json:
        print_json(report)
        return
    fell = f"loss {ends[0]:.4f} at the first, {ends[1]:.4f} at the last" if ends else "done before"
    _print(f"{steps} steps, {fell}")
    for step in made:
        if "val/loss" in step.data:
            _print(f"validation after step {step.step}: loss {step.data['val/loss']:.4f}")
    _print(f"model: {checkpoint}")
    _print(f"GRPO from it: {report.grpo}")


def _print(line: str) -> None:
    out.print(line, markup=False, soft_wrap=True)


def _say(line: str) -> None:
    err.print(line, markup=False, soft_wrap=True)
