"""verl's synchronous trainer, with the parts of the reward among its training metrics."""

from typing import Any

import transfer_queue as tq
from omegaconf import open_dict
from verl.trainer.ppo.v1 import register_trainer
from verl.trainer.ppo.v1.trainer_sync import PPOTrainerSync


@register_trainer("cove_sync")
class CoveTrainer(PPOTrainerSync):
    """`PPOTrainerSync`, unchanged but for its metrics: verl reports a reward's parts in validation only."""

    def __init__(self, config: Any) -> None:
        with open_dict(config):
            config.trainer.v1.trainer_mode = "sync"  # what it is; verl asks by name in several places
        super().__init__(config)

    def _compute_metrics(self, batch: Any, metrics: Any, timing_raw: Any, global_steps: int, epoch: int) -> Any:
        data = tq.kv_batch_get(keys=batch.keys, partition_id=batch.partition_id, select_fields=["extra_fields"])
        metrics.update(part_means([fields.get("reward_extra_info", {}) for fields in list(data["extra_fields"])]))
        return super()._compute_metrics(batch, metrics, timing_raw, global_steps, epoch)


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
