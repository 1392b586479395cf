"""verl's synchronous trainer, with the reward's parts among its metrics, and an end to steps that lead nowhere."""

from pathlib import Path
from typing import Any

import transfer_queue as tq
from omegaconf import open_dict
from verl.trainer.ppo.v1 import register_trainer
from verl.trainer.ppo.v1.trainer_sync import PPOTrainerSync

from cove_rl.errors import CoveError, InputError
from cove_rl.training.settings import read_settings


@register_trainer("cove_sync")
class CoveTrainer(PPOTrainerSync):
    """`PPOTrainerSync`, unchanged in how it trains.

    verl reports a reward's parts in validation only; here they are training metrics, too. verl replaces dropped groups
    without end, so a run in which every group fails would never say so; here a step gives up.

    Raises:
        InputError: if the environment's settings are wrong, or took the profile's values back.
    """

    def __init__(self, config: Any) -> None:
        from cove_rl.training.tiny import make_model

        check_order(config)
        self._cove = read_settings(config.cove)
        make_model(self._cove, Path(config.actor_rollout_ref.model.path))
        self._replaced = 0
        with open_dict(config):
            config.trainer.v1.trainer_mode = "sync"  # what it is; verl asks by name in several places
        super().__init__(config)

    def on_step_begin(self) -> None:
        """Begin to count dropped groups anew."""
        self._replaced = 0
        super().on_step_begin()

    def _add_prompts_to_generate(self, num_prompts: int) -> int:
        """Replace dropped groups, unless this step has had its share of them.

        Raises:
            CoveError: if it has.
        """
        self._replaced += num_prompts
        check_replaced(self._replaced, self._cove.replacements * int(self.config.data.train_batch_size))
        return int(super()._add_prompts_to_generate(num_prompts))

    def _compute_metrics(self, batch: Any, metrics: Any, timing_raw: Any, global_steps: int, epoch: int) -> Any:
        data = tq.kv_batch_get(keys=batch.keys, partition_id=batch.partition_id, select_fields=["extra_fields"])
        metrics.update(part_means([fields.get("reward_extra_info", {}) for fields in list(data["extra_fields"])]))
        return super()._compute_metrics(batch, metrics, timing_raw, global_steps, epoch)


def check_order(config: Any) -> None:
    """Make sure that the environment did not take back what the profile says.

    Raises:
        InputError: if `+profile=` stood before `+env=` on the command line.
    """
    asked = config.get("cove_profile")
    if asked is not None and config.cove.get("profile") != asked:
        raise InputError(f"+profile={asked} came before +env=, which overrides it: put +env= first")


def check_replaced(groups: int, most: int) -> None:
    """Make sure that a step does not go on replacing groups without end.

    Raises:
        CoveError: if more groups were dropped than `most`.
    """
    if groups > most:
        raise CoveError(
            f"this step has dropped {groups} groups, more than {most} (cove.replacements batches). Either "
            "conversations fail (the log has a warning for each attempt that did), or the members of every group agree "
            "in algorithm.filter_groups.metric: then start from a better policy (docs/training.md), take easier tasks, "
            "or set algorithm.filter_groups.enable=false"
        )


def part_means(rewards: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of every part over a batch, under `cove/`.

    A kind's satisfied share is the mean over the trajectories whose task has that kind.
    """
    means: dict[str, float] = {}
    for name in dict.fromkeys(name for reward in rewards for name in reward):
        kind = name.removeprefix("satisfied/")
        counted = [one for one in rewards if name in one and (kind == name or one.get(f"has/{kind}"))]
        if counted:
            means[f"cove/{name}"] = sum(one[name] for one in counted) / len(counted)
    return means
