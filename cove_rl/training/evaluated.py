"""Evaluate a policy in a folder of checkpoints, on this machine's engine."""

import shlex
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from cove_rl.episode.episode import Limits
from cove_rl.errors import InputError
from cove_rl.evaluation.evaluate import Effort, Evaluation, described, plain
from cove_rl.evaluation.identity import own_prompts
from cove_rl.evaluation.player import scored, trial_seed
from cove_rl.evaluation.suite import Case, Suite
from cove_rl.evaluation.trials import Trial
from cove_rl.tasks.task import decode_task
from cove_rl.training.compose import compose
from cove_rl.training.local import LocalPolicy
from cove_rl.training.loop import EpisodeFailedError
from cove_rl.users.settings import AnyUserSettings

PREFIX = "policy:"
"""What the text of such an agent begins with."""
PLACES = ("", "huggingface", "actor/huggingface")
"""Where a checkpoint has its model, below the folder of a step or of the model itself."""
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


class PolicyPlayer(msgspec.Struct, frozen=True, dict=True):
    """Plays tasks of ours with a policy.

    Attributes:
        model: the policy, in Hugging Face's format.
        config: a run's configuration; its ``cove`` settings say who plays the customer.
        temperature: 0 always takes the likeliest token.
        seed: seeds the trials.
    """

    model: Path
    config: dict[str, Any]
    temperature: float
    seed: int

    async def play(self, case: Case, trial: int) -> Trial:
        """Return what came of a trial; the loop itself makes further attempts at one that failed."""
        base = decode_task(case.task)
        task = replace(base, seed=trial_seed(base.seed, trial, 0, self.seed))
        try:
            played = await self._policy.play(task)
        except EpisodeFailedError as error:
            attempts = 1 + int(self.config["cove"]["retries"])
            return Trial(task.id, trial, None, None, f"no attempt counts: {error}", attempts, task)
        return scored(task, played.trajectory, trial, 1)

    @cached_property
    def _policy(self) -> LocalPolicy:
        return LocalPolicy(self.model, self.config, self.temperature)


def policy_evaluation(suite: Suite, text: str, user: AnyUserSettings, effort: Effort) -> Evaluation:
    """Return what it takes to play tasks of ours with a policy.

    Args:
        suite: the tasks.
        text: ``policy:FOLDER``, then, if wanted, ``temperature=...`` and overrides of the environment's configuration.
        user: who plays the customer.
        effort: how often.

    Raises:
        InputError: if the folder has no model, or an override is wrong.
    """
    first, *changes = shlex.split(text)
    model = model_in(Path(first.removeprefix(PREFIX)))
    temperature, overrides = _temperature(changes)
    environment = suite.ref.name
    config = compose([f"+env=cove_{environment}", *overrides])
    config["cove"] |= {"user": plain(user), "retries": effort.retries}
    limits = Limits(config["cove"]["user_turns"], config["cove"]["agent_turns"])
    agent = {
        "kind": "policy",
        "path": str(model),
        "temperature": temperature,
        "max_tokens": config["cove"]["turn_tokens"],
        "total_tokens": config["data"]["max_response_length"],
        "overrides": list(overrides),
    }
    prompts = own_prompts(suite.domains)
    run = described(suite, agent, plain(user), prompts, msgspec.structs.asdict(limits), effort)
    return Evaluation(run, suite, PolicyPlayer(model, config, temperature, effort.seed))


def _temperature(changes: list[str]) -> tuple[float, list[str]]:
    """Return the temperature, 1.0 if none is given, and the other changes."""
    given = [change for change in changes if change.startswith("temperature=")]
    try:
        return float(given[-1].partition("=")[2]) if given else 1.0, [one for one in changes if one not in given]
    except ValueError:
        raise InputError(f"'{given[-1]}': the temperature is a number") from None


def model_in(folder: Path) -> Path:
    """Return the folder of the model in a checkpoint: the folder itself, or the newest step's below it.

    Raises:
        InputError: if there is none, or its weights have not been merged.
    """
    steps = sorted(folder.glob("global_step_*"), key=lambda one: int(one.name.rpartition("_")[2]))
    for base in (folder, *reversed(steps)):
        for place in PLACES:
            found = base / place
            if (found / "config.json").is_file() and any(file for name in WEIGHTS for file in found.glob(name)):
                return found
    sharded = any(folder.glob("**/model_world_size_*.pt"))
    advice = (
        "its weights are in shards: merge them with `python -m verl.model_merger merge`, or save hf_model"
        if sharded
        else "a model has a config.json and its weights beside it"
    )
    raise InputError(f"{folder} holds no model in Hugging Face's format; {advice}")
