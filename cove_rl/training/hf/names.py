"""Make the rollout engine known to verl under a name, without importing any of it."""

from typing import Any

from verl.workers.rollout.base import _ROLLOUT_REGISTRY
from verl.workers.rollout.replica import RolloutReplicaRegistry

ROLLOUT = "hf"
"""The engine's name, as in `actor_rollout_ref.rollout.name`."""


def register() -> None:
    """Register the server side and the trainer side of the engine."""
    RolloutReplicaRegistry.register(ROLLOUT, _replica)
    _ROLLOUT_REGISTRY[ROLLOUT, "async"] = "cove_rl.training.hf.adapter.HfAdapter"


def _replica() -> Any:
    from cove_rl.training.hf.replica import HfReplica

    return HfReplica
