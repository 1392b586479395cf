"""verl's platform interface for the CPU."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from verl.plugin.platform import PlatformBase, PlatformRegistry

from cove_rl.training.cpu import process_group


def register() -> None:
    """Register the platform, and what else verl needs in order to train on a CPU."""
    PlatformRegistry.register(platform="cpu")(CpuPlatform)
    process_group.register()
    # verl's own switch: use the FSDP engine that is registered for "cuda". It is written for any device.
    os.environ.setdefault("VERL_ENGINE_DEVICE", "cuda")
    # Ray gives an actor one thread unless it reserves more; trainers and engines take turns, so each may use its share
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // int(os.environ.get("RAY_LOCAL_WORLD_SIZE", "1"))))


class CpuDevice(ModuleType):
    """What verl takes `torch.cuda` for. Calls that would manage a device do nothing, and memory figures are 0."""

    def __init__(self) -> None:
        super().__init__("cove_rl.training.cpu.device")

    def __getattr__(self, name: str) -> Any:
        """Take the rest (streams, events) from `torch.cpu`, which has them as stand-ins."""
        return getattr(torch.cpu, name)

    def is_available(self) -> bool:
        """Say yes: verl asks before it moves anything."""
        return True

    def device_count(self) -> int:
        """Count one device per process."""
        return 1

    def current_device(self) -> str:
        """Return what `Tensor.to` takes for this device; it has no number."""
        return "cpu"

    def set_device(self, device: object) -> None:
        """Do nothing: there is one device."""

    def synchronize(self, device: object = None) -> None:
        """Do nothing: operations are done when they return."""

    def empty_cache(self) -> None:
        """Do nothing: there is no cache."""

    def ipc_collect(self) -> None:
        """Do nothing: there are no shared handles."""

    def reset_peak_memory_stats(self, device: object = None) -> None:
        """Do nothing: memory is not counted."""

    def memory_allocated(self, device: object = None) -> int:
        """Return 0 bytes."""
        return 0

    memory_reserved = max_memory_allocated = max_memory_reserved = memory_allocated

    def mem_get_info(self, device: object = None) -> tuple[int, int]:
        """Return 0 bytes free of 0."""
        return 0, 0

    def get_device_name(self, device: object = None) -> str:
        """Return the device's name, by which verl looks up its peak FLOPS."""
        return "CPU"

    def get_rng_state(self, device: object = None) -> torch.Tensor:
        """Return the state of the default generator."""
        return torch.get_rng_state()

    def set_rng_state(self, state: torch.Tensor, device: object = None) -> None:
        """Restore the state of the default generator."""
        torch.set_rng_state(state)


DEVICE = CpuDevice()


class CpuPlatform(PlatformBase):  # type: ignore[misc]  # verl has no types
    """The CPU. Its workers take the place of GPUs in Ray, one nominal GPU each."""

    @property
    def device_name(self) -> str:
        """The device type."""
        return "cpu"

    @property
    def vendor_name(self) -> str:
        """The vendor; no engine is registered for a particular one."""
        return "cpu"

    @property
    def device_module(self) -> ModuleType:
        """What stands for `torch.cuda`."""
        return DEVICE

    def is_available(self) -> bool:
        """Say yes: there is always a CPU."""
        return True

    def is_platform_available(self, use_smi_check: bool = False) -> bool:
        """Say no, so that this platform is never detected but only asked for by name."""
        return False

    def current_device(self) -> Any:
        """Return what verl hands to `Tensor.to`."""
        return DEVICE.current_device()

    def device_count(self) -> int:
        """Count one device per process."""
        return 1

    def set_device(self, device_index: int) -> None:
        """Do nothing: there is one device."""

    def synchronize(self, device_index: int | None = None) -> None:
        """Do nothing: operations are done when they return."""

    def manual_seed(self, seed: int) -> None:
        """Seed the default generator."""
        torch.manual_seed(seed)

    def manual_seed_all(self, seed: int) -> None:
        """Seed the default generator."""
        torch.manual_seed(seed)

    def set_allocator_settings(self, settings: str) -> None:
        """Do nothing: the settings are CUDA's."""

    def empty_cache(self) -> None:
        """Do nothing: there is no cache."""

    def get_device_capability(self, device_index: int = 0) -> tuple[int | None, int | None]:
        """Return no capability."""
        return None, None

    def communication_backend_name(self) -> str:
        """Return gloo; verl builds a name of it that `process_group` makes known to torch."""
        return "gloo"

    def visible_devices_envvar(self) -> str:
        """Return the variable Ray sets for the nominal GPUs."""
        return "CUDA_VISIBLE_DEVICES"

    @contextmanager
    def nvtx_range(self, msg: str) -> Iterator[None]:
        """Mark nothing: there is no profiler."""
        yield

    def profiler_start(self) -> None:
        """Do nothing: there is no profiler."""

    def profiler_stop(self) -> None:
        """Do nothing: there is no profiler."""

    def ray_resource_name(self) -> str:
        """Return the resource workers are placed by; profiles declare as many as they want workers."""
        return "GPU"

    def ray_noset_envvars(self) -> list[str]:
        """Return none: Ray may set the variables, nobody reads them."""
        return []

    def is_ipc_supported(self) -> bool:
        """Say no: weights travel through Ray."""
        return False

    def cudart(self) -> None:
        """Return nothing: there is no CUDA runtime."""
