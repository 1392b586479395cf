"""Checks of the machine: devices, memory, disk, ports, Ray."""

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from cove_rl.training.doctor.finding import Finding, Profile

GIB = 2**30
RAY_SECONDS = 120.0
"""Time for Ray to start on this machine alone; a few seconds are usual."""
RAY_LOGS = f"look into {tempfile.gettempdir()}/ray/session_latest/logs"
PORTS = {6379: "ray start --head", 8265: "Ray's dashboard"}

CPU_MEMORY, GPU_MEMORY = 6, 80
"""GiB of main memory a run needs: about 4 were seen with the tiny model; a 4 B model keeps 67 there (`cove plan`)."""
DISK = {True: 2, False: 200}
"""GiB of disk: on a CPU checkpoints are small; those of a 4 B model with its optimizer are about 50 each."""
DEVICE_MEMORY = 70
"""GiB of each GPU: the profiles are made for 80 GB."""

_RAY = (
    "import ray; ray.init(num_cpus=1, num_gpus=0, include_dashboard=False, log_to_driver=False); "
    "print(ray.get(ray.remote(lambda: 'alive').remote())); ray.shutdown()"
)


def devices(profile: Profile) -> Iterator[Finding]:
    """Count the GPUs and look at their memory."""
    if profile.on_cpu:
        yield Finding("gpus", "skipped", "the profile uses none")
        return
    import torch

    needed = int(profile.value("trainer.n_gpus_per_node", 1))
    count = torch.cuda.device_count()
    if count < needed:
        remedy = "take a smaller profile, or set trainer.n_gpus_per_node"
        yield Finding("gpus", "failure", f"{count} of the {needed} that profile {profile.name} uses on a node", remedy)
        return
    sizes = [torch.cuda.mem_get_info(number) for number in range(needed)]
    total, free = min(size[1] for size in sizes) / GIB, min(size[0] for size in sizes) / GIB
    detail = f"{needed}, each with at least {total:.0f} GiB, {free:.0f} GiB of it free"
    if total < DEVICE_MEMORY:
        yield Finding(
            "gpus", "warning", detail, "take a smaller model, or offload: actor.fsdp_config.param_offload=true"
        )
    elif free < 0.9 * total:
        yield Finding("gpus", "warning", detail, "something else is using them: see nvidia-smi")
    else:
        yield Finding("gpus", "ok", detail)


def engine(profile: Profile) -> Iterator[Finding]:
    """See whether the rollout engine is there."""
    name = profile.value("actor_rollout_ref.rollout.name", "sglang")
    if name != "sglang":
        yield Finding("engine", "ok", f"{name}, which is part of this library")
    elif find_spec("sglang") is None:
        remedy = "pip install 'cove_rl[sglang]', or take the slow engine: actor_rollout_ref.rollout.name=hf"
        yield Finding("engine", "failure", "SGLang is not installed", remedy)
    else:
        done = subprocess.run([sys.executable, "-c", "import sglang"], capture_output=True, text=True, check=False)
        last = (done.stderr.strip().splitlines() or [""])[-1]
        if done.returncode == 0:
            yield Finding("engine", "ok", "SGLang can be imported")
        else:
            yield Finding(
                "engine",
                "failure",
                f"import sglang fails: {last}",
                "see docs/training.md for versions that go together",
            )


def memory(profile: Profile) -> Iterator[Finding]:
    """Look at the main memory that is free."""
    needed = CPU_MEMORY if profile.on_cpu else GPU_MEMORY
    available = _available() / GIB
    detail = f"{available:.1f} GiB of main memory available, about {needed} needed"
    if available >= needed:
        yield Finding("memory", "ok", detail)
    else:
        yield Finding("memory", "warning", detail, "end other programs; Ray kills workers when memory runs out")


def _available() -> float:
    """Return the bytes of main memory that programs can still get."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024.0
    return float("inf")


def disk(profile: Profile) -> Iterator[Finding]:
    """Look at the space where checkpoints and Ray's files go."""
    needed = DISK[profile.on_cpu]
    for name, folder in {"disk": Path.cwd(), "disk for Ray": Path(tempfile.gettempdir())}.items():
        free = shutil.disk_usage(folder).free / GIB
        enough = free >= (needed if name == "disk" else 1)
        detail = f"{free:.0f} GiB free in {folder}"
        remedy = (
            "" if enough else "make room, or write elsewhere: trainer.default_local_dir=..., ray start --temp-dir=..."
        )
        yield Finding(name, "ok" if enough else "warning", detail, remedy)


def ports(_: Profile) -> Iterator[Finding]:
    """See whether ports can be opened, and the ones Ray asks for by number are free."""
    try:
        with socket.create_server(("127.0.0.1", 0)):
            pass
    except OSError as error:
        yield Finding("ports", "failure", f"no port can be opened on 127.0.0.1: {error}", "allow local connections")
        return
    taken = [f"{port} ({use})" for port, use in PORTS.items() if not _is_free(port)]
    if taken:
        remedy = "a Ray cluster may be running: join it with ray_kwargs.ray_init.address=auto, or `ray stop` it"
        yield Finding("ports", "warning", f"in use: {', '.join(taken)}", remedy)
    else:
        yield Finding("ports", "ok", "local ports can be opened; Ray's usual ones are free")


def _is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


def ray(_: Profile) -> Iterator[Finding]:
    """Start Ray by itself, run a task on it and stop it."""
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", _RAY], capture_output=True, text=True, check=False, timeout=RAY_SECONDS
        )
    except subprocess.TimeoutExpired:
        remedy = f"{RAY_LOGS}; on a cluster's login node, run this in a job"
        yield Finding("ray", "failure", f"did not start within {RAY_SECONDS:.0f} s", remedy)
        return
    if done.returncode == 0 and "alive" in done.stdout:
        yield Finding("ray", "ok", "starts, and runs a task")
    else:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        yield Finding("ray", "failure", f"does not start: {last[:200]}", RAY_LOGS)
