"""`cove demo`: train a tiny policy on this machine, from nothing to GRPO, and show what it has learnt."""

import os
import shutil
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from cove_rl.cli.console import err, out, table
from cove_rl.cli.model import require_training
from cove_rl.cli.program import Step, read_steps
from cove_rl.cli.stages import Stages
from cove_rl.errors import CoveError

PARTS = ("score", "success", "satisfied", "redundant", "failed_calls", "calls", "agent_turns")
SHOWN = 8
"""Conversations that are played at the end; the best of them is shown."""

INTRODUCTION = """\
This trains a customer service agent on this machine: a language model of 3 million parameters, made here, which has
never read anything. To be learnt in minutes, tasks are easy ones: one request each (cancel an order, or ask for
something only a person may do), shops of 60 customers, customers who tell all they know at once, and attention that
begins wired so that it can copy what it reads. With two free CPU cores it takes about
{minutes} minutes. Interrupt it when you like: the same command goes on with the stage it was in. Logs are in {folder}.
"""


def demo(
    path: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where everything goes.")] = Path("outputs/demo"),
    sft_steps: Annotated[int, typer.Option(min=1, help="Steps of fine-tuning, 8 conversations each.")] = 160,
    grpo_steps: Annotated[int, typer.Option(min=1, help="Steps of GRPO, 4 tasks x 8 conversations each.")] = 6,
    tests: Annotated[int, typer.Option(min=1, help="Tasks of the test before and after GRPO.")] = 48,
    seed: Annotated[int, typer.Option(help="Of the model and the world that is shown.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Begin anew.")] = False,
) -> None:
    """Train a tiny policy on this machine, and show what it has learnt."""
    require_training("cove demo")
    if force:
        shutil.rmtree(path, ignore_errors=True)
    options = {"sft_steps": sft_steps, "grpo_steps": grpo_steps, "tests": tests, "seed": seed}
    stages = Stages(path, options)
    minutes = round(2.5 + sft_steps * 2.3 / 60 + grpo_steps * 0.75 + tests * 0.03)
    err.print(INTRODUCTION.format(minutes=minutes, folder=path), markup=False)
    stages.run("world", "1/5 A world", lambda: _world(path, seed))
    stages.run("policy", "2/5 A policy that has learnt nothing", lambda: _policy(path, seed))
    stages.run(
        "sft", "3/5 Fine-tuning on the oracle's conversations, with verl's SFT trainer", lambda: _sft(stages, sft_steps)
    )
    stages.run("grpo", "4/5 GRPO with verl's main_ppo", lambda: _grpo(stages, grpo_steps, tests))
    err.print("5/5 What it has learnt", markup=False)
    _report(path, grpo_steps)


def _world(path: Path, seed: int) -> str:
    from cove_rl.world.domain import get_domain
    from cove_rl.world.files import save_world

    world = get_domain("retail").world(seed, {"users": 60, "orders": 60, "products": 50})
    save_world(world, path / "world.json")
    return f"{path / 'world.json'}: 60 customers, 60 orders, 50 products"


def _policy(path: Path, seed: int) -> str:
    from cove_rl.training.tiny import Size, build_tiny

    parameters = build_tiny(path / "policy", ["retail"], Size(vocabulary=4096), seed=seed, copying=True)
    return f"{path / 'policy'}: {parameters / 1e6:.1f} million parameters"


def _overrides(presets: str, model: Path, steps: int) -> list[str]:
    return [
        "+env=cove_retail",
        "+profile=cpu",
        f"+preset=[{presets}]",
        f"actor_rollout_ref.model.path={model.absolute()}",
        f"trainer.total_training_steps={steps}",
        "trainer.logger=[console,file]",
        "trainer.resume_mode=disable",
        "hydra.run.dir=.",
        "hydra.output_subdir=null",
    ]


def _sft(stages: Stages, steps: int) -> str:
    target = stages.folder / "sft"
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=1"]
    command += ["-m", "verl.trainer.sft_trainer", f"trainer.default_local_dir={target.absolute()}"]
    command += _overrides("cove_demo,cove_sft,cove_sft_tiny,cove_demo_sft", stages.folder / "policy", steps)
    made = stages.program("sft", command, steps)
    losses = [float(step.data["train/loss"]) for step in made if "train/loss" in step.data]
    return f"loss {losses[0]:.2f} at the first step, {losses[-1]:.2f} at the last of {len(losses)}"


def _grpo(stages: Stages, steps: int, tests: int) -> str:
    target = stages.folder / "grpo"
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "verl.trainer.main_ppo", f"trainer.default_local_dir={target.absolute()}"]
    command += _overrides("cove_demo", _checkpoint(stages.folder / "sft", "huggingface"), steps)
    command += [
        "trainer.val_before_train=true",
        f"trainer.test_freq={steps}",
        f"trainer.save_freq={steps}",
        f"cove.splits.val.tasks={tests}",
        "actor_rollout_ref.actor.checkpoint.save_contents=[hf_model]",
    ]
    made = stages.program("grpo", command, steps)
    rewards = [value for step in made if (value := step.data.get("cove/score")) is not None]
    return "mean reward of each step: " + ", ".join(f"{reward:.2f}" for reward in rewards)


def _checkpoint(folder: Path, inside: str) -> Path:
    """Return the newest model under a trainer's folder."""
    found = sorted(
        folder.glob(f"global_step_*/{inside}"),
        key=lambda one: int(one.parts[-1 - inside.count("/") - 1].split("_")[-1]),
    )
    if not found:
        raise CoveError(f"{folder} holds no model: begin anew with --force")
    return found[-1]


def _report(path: Path, steps: int) -> None:
    made = list(read_steps(path / "grpo.jsonl"))
    before, after = _tested(made, 0), _tested(made, steps)
    rows = [(part, before.get(part), after.get(part)) for part in PARTS if part in before]
    kinds = sorted(name for name in before if name.startswith("satisfied/") and before.get(f"has/{name[10:]}"))
    rows += [(name, _share(before, name), _share(after, name)) for name in kinds]
    out.print(table("Mean per conversation, on tasks of a shop never seen", ("", "before GRPO", "after GRPO"), rows))
    _show(path)


def _tested(made: list[Step], step: int) -> dict[str, float]:
    """Return the parts of the reward in the test at a step."""
    for one in made:
        if one.step == step:
            found = {
                name.split("/", 2)[2]: value
                for name, value in one.data.items()
                if name.startswith(("val-core/", "val-aux/cove"))
            }
            parts = {
                name.removesuffix("/mean@1"): float(value) for name, value in found.items() if name.endswith("/mean@1")
            }
            if parts:
                return parts
    return {}


def _share(parts: dict[str, float], name: str) -> float | None:
    """Return the satisfied share of a kind, of the tasks that have it."""
    kind = name.removeprefix("satisfied/")
    having = parts.get(f"has/{kind}")
    return parts[name] / having if having else None


def _show(path: Path) -> None:
    """Play a few test tasks and print the best conversation."""
    os.environ["VERL_PLATFORM"] = "cpu"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # verl names every engine that is not installed
        from cove_rl.training.chosen import ChosenTasks
        from cove_rl.training.compose import compose
        from cove_rl.training.local import play
    from cove_rl.cli.transcript import print_transcript, print_verdict

    config: dict[str, Any] = compose(["+env=cove_retail", "+profile=cpu", "+preset=cove_demo"])
    rows = ChosenTasks("test", config=config["data"])
    played = play(_checkpoint(path / "grpo", "actor/huggingface"), config, [rows.task(index) for index in range(SHOWN)])
    best = max(played, key=lambda one: one.verdict.score)
    solved = sum(one.verdict.success for one in played)
    out.print(f"\nThe best of {SHOWN} more conversations ({solved} of them solved their task):\n", markup=False)
    print_transcript(best.trajectory)
    print_verdict(best.verdict)
