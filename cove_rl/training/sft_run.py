"""A run of verl's SFT trainer: the command that starts it, how long it is, and how one that was interrupted goes on."""

import re
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cove_rl.errors import InputError
from cove_rl.training.sft_sources import OracleSource, Source, open_source

_PLAIN = re.compile(r"(?!(?:true|false|null|nan|inf)$)(?:[a-z/]|\.\.?/)[\w./-]*", re.ASCII | re.IGNORECASE)
"""Values that mean themselves in Hydra's grammar, words and paths."""


class Order(msgspec.Struct, frozen=True):
    """What was asked for.

    Attributes:
        data: splits, files and folders to train on.
        val: what to validate on; nothing if empty.
        model: a folder or a name on the hub; "" for the recipe's.
        env: as in `+env=`.
        profile: as in `+profile=`; "" for the recipe's own.
        out: where checkpoints go.
        epochs: how often the data is gone through; None for once.
        steps: how many steps are made at most, whatever the epochs.
        overrides: more of Hydra's overrides, after all others.
    """

    data: tuple[str, ...]
    val: tuple[str, ...]
    model: str
    env: str
    profile: str
    out: Path
    epochs: int | None = None
    steps: int | None = None
    overrides: tuple[str, ...] = ()

    def lasting(self) -> dict[str, Any]:
        """Return what must not change when a run goes on; it may become longer."""
        names = ("data", "val", "model", "env", "profile", "overrides")
        return {name: getattr(self, name) for name in names}


def overrides_of(order: Order) -> list[str]:
    """Return the overrides that make verl's SFT trainer do what was asked for."""
    presets = "cove_sft,cove_sft_tiny" if order.profile == "cpu" else "cove_sft"
    made = [f"+env={order.env}", *profile_of(order), f"+preset=[{presets}]"]
    made.append(f"data.train_files=[{','.join(map(quoted, order.data))}]")
    if order.val:  # validate when a checkpoint is written; without data verl's trainer fails when it validates
        made += [f"data.val_files=[{','.join(map(quoted, order.val))}]", "trainer.test_freq=${trainer.save_freq}"]
    else:
        made.append("data.val_files=null")
    if order.model:
        made.append(f"actor_rollout_ref.model.path={quoted(order.model)}")
    if order.epochs is not None:
        made.append(f"trainer.total_epochs={order.epochs}")
    if order.steps is not None:  # an epoch has at least one step
        made += [f"trainer.total_training_steps={order.steps}", f"trainer.total_epochs={order.steps}"]
    made += [f"trainer.default_local_dir={quoted(str(order.out))}", "trainer.logger=[console,file]"]
    made += [f"hydra.run.dir={quoted(str(order.out))}", "hydra.output_subdir=null"]
    return [*made, *order.overrides]


def profile_of(order: Order) -> list[str]:
    """Return the override that names the machine, if one is named."""
    return [f"+profile={order.profile}"] if order.profile else []


def quoted(text: str) -> str:
    """Return a value for Hydra's command line, in quotes if it needs them."""
    if _PLAIN.fullmatch(text):
        return text
    # what stands before a quote, and so also at the end, needs its backslashes twice
    escaped = re.sub(r"(\\*)('|\Z)", lambda found: 2 * found[1] + ("\\'" if found[2] else ""), text)
    return f"'{escaped}'"


class Launch(msgspec.Struct, frozen=True):
    """How the trainer is started.

    Attributes:
        command: its words, without the interpreter.
        environment: variables it needs, besides those that are there.
    """

    command: tuple[str, ...]
    environment: dict[str, str]

    def __str__(self) -> str:
        """Return it as a person would type it."""
        return shlex.join([*(f"{name}={value}" for name, value in self.environment.items()), "python", *self.command])


def launch_of(order: Order, config: Any, rendezvous: str = "") -> Launch:
    """Return how a run is started: verl's SFT trainer under torchrun, on the CPU if the profile says so.

    Args:
        order: what was asked for.
        config: what its overrides compose to.
        rendezvous: where several nodes meet, as ``host:port``.

    Raises:
        InputError: if there are several nodes and nobody said where they meet.
    """
    nodes, workers = int(config["trainer"]["nnodes"]), int(config["trainer"]["n_gpus_per_node"])
    meeting = ["--standalone"]
    if nodes > 1:
        if not rendezvous:
            raise InputError(
                f"there are {nodes} nodes: run the same command on each, with --rendezvous HOST:PORT, HOST being "
                "one of them, and with an --out that they share"
            )
        meeting = [f"--nnodes={nodes}", "--rdzv-backend=c10d", "--rdzv-id=cove_sft", f"--rdzv-endpoint={rendezvous}"]
    torchrun = ("-m", "torch.distributed.run", *meeting, f"--nproc-per-node={workers}")
    environment = {"VERL_PLATFORM": "cpu"} if config["trainer"]["device"] == "cpu" else {}
    return Launch((*torchrun, "-m", "verl.trainer.sft_trainer", *overrides_of(order)), environment)


def grpo_command(order: Order, checkpoint: Path) -> str:
    """Return the command that starts GRPO from a checkpoint, in the same environment on the same machine."""
    platform = "VERL_PLATFORM=cpu " if order.profile == "cpu" else ""
    model = f"actor_rollout_ref.model.path={quoted(str(checkpoint))}"
    return f"{platform}python -m verl.trainer.main_ppo {shlex.join([f'+env={order.env}', *profile_of(order), model])}"


class Length(msgspec.Struct, frozen=True):
    """How long a run is.

    Attributes:
        rows: conversations there are.
        epoch: steps of one epoch; conversations that fill no batch are left out of it.
        total: steps of the whole run.
    """

    rows: int
    epoch: int
    total: int


def length_of(rows: int, config: Any) -> Length:
    """Return how long a run on so many conversations is.

    Raises:
        InputError: if they do not fill a batch, or more steps are asked for than the epochs have: then verl's trainer
            would end without a checkpoint.
    """
    trainer, batch = config["trainer"], int(config["data"]["train_batch_size"])
    workers = int(trainer["nnodes"]) * int(trainer["n_gpus_per_node"])
    epoch = rows // workers // max(1, batch // workers)
    if not epoch:
        raise InputError(f"{rows} conversations fill no batch of {batch}: make data.train_batch_size smaller")
    most = epoch * int(trainer["total_epochs"])
    total = int(trainer["total_training_steps"] or most)
    if total > most:
        raise InputError(
            f"{total} steps are more than the {most} of {trainer['total_epochs']} epochs: raise trainer.total_epochs"
        )
    return Length(rows, epoch, total)


def survey(names: Sequence[str], config: Any, read: Callable[[int], object]) -> Counter[str]:
    """Read all conversations once, so that a wrong one is found now and not in the middle of a run.

    Args:
        names: as in `data.train_files`.
        config: verl's `data` node.
        read: called after every few conversations with their number.

    Returns:
        How many there are of each domain, "" if that is not known; of a split, which is made as it is needed, all count
        as the first of its domains.

    Raises:
        InputError: at the first one that is none, naming its place.
    """
    counts: Counter[str] = Counter()
    for name in names:
        source: Source = open_source([name], config)
        if isinstance(source, OracleSource):
            counts[next(iter(config["cove"]["domains"]))] += len(source)
            continue
        for index in range(len(source)):
            counts[source.conversation(index).domain] += 1
            read(1)
    return counts


def drop_ended_epoch(checkpoint: Path) -> None:
    """Make a run that goes on after an epoch's last step begin the next one from its first batch.

    A data loader that is given the state it had at an epoch's end has nothing left for the epoch after it either
    (torchdata 0.11), and verl's trainer then goes through that one without a step.
    """
    for file in checkpoint.glob("data_*.pt"):
        file.unlink(missing_ok=True)
