"""The trainer side of the rollout engine: sends the weights after every step."""

import os
from collections.abc import Iterator
from typing import Any

import ray
import torch
from verl.workers.rollout.base import BaseRollout

from cove_rl.training.hf.replica import server_name


class HfAdapter(BaseRollout):  # type: ignore[misc]  # verl has no types
    """Lives in a trainer worker and speaks with the server of the same rank."""

    def __init__(self, config: Any, model_config: Any, device_mesh: Any, replica_rank: int = -1) -> None:
        super().__init__(config, model_config, device_mesh)
        self._rank = int(os.environ["RANK"]) if replica_rank < 0 else replica_rank

    async def update_weights(
        self,
        weights: Any,
        wire_format: str = "named_tensors",
        global_steps: int | None = None,
        **_: Any,
    ) -> None:
        """Send the weights, a bucket at a time.

        Args:
            weights: (name, tensor) pairs; every rank goes through all of them, as gathering them is collective.
            wire_format: only "named_tensors" is understood.
            global_steps: which step they are of.

        Raises:
            ValueError: for another wire format.
        """
        if wire_format != "named_tensors":
            raise ValueError(f"the hf rollout engine takes whole tensors, not '{wire_format}'")
        server = ray.get_actor(server_name(self._rank))
        limit = self.config.checkpoint_engine.update_weights_bucket_megabytes << 20
        for bucket in _buckets(weights, limit):
            await server.load.remote(bucket)
        await server.set_global_steps.remote(global_steps)

    async def resume(self, tags: list[str]) -> None:
        """Do nothing: nothing was released."""

    async def release(self) -> None:
        """Do nothing: the server keeps its model."""


def _buckets(weights: Any, limit: int) -> Iterator[dict[str, torch.Tensor]]:
    """Gather tensors on the CPU, in dictionaries of about `limit` bytes."""
    bucket: dict[str, torch.Tensor] = {}
    size = 0
    for name, tensor in weights:
        bucket[name] = tensor.detach().cpu()
        size += tensor.nbytes
        if size >= limit:
            yield bucket
            bucket, size = {}, 0
    if bucket:
        yield bucket
