"""The process group of CPU workers.

verl opens its group as "cpu:gloo,DEVICE:BACKEND". Here that comes out as "cpu:gloo,cpu:gloo", and torch refuses a
device that is named twice. torch also lets anyone register a backend under any name, so this string becomes one: gloo.
"""

from datetime import timedelta
from typing import Any

import torch.distributed as dist

NAME = "cpu:gloo,cpu:gloo"


def register() -> None:
    """Make the name known to torch. A second call does nothing."""
    if NAME not in dist.Backend.backend_list:
        dist.Backend.register_backend(NAME, _gloo, devices=["cpu"])


def _gloo(store: Any, rank: int, world_size: int, timeout: timedelta) -> Any:
    return dist.ProcessGroupGloo(store, rank, world_size, timeout=timeout)
