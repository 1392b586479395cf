"""Registration with verl: everything where it belongs, from any directory, and the CPU only on request."""

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

REPORT = """
import json, logging, os, warnings
logging.disable(logging.WARNING)
warnings.simplefilter("ignore")
import verl
from cove_rl.training.plugin import LOADED
from verl.experimental.agent_loop.agent_loop import _agent_loop_registry
from verl.plugin.platform import PlatformRegistry, get_platform
from verl.trainer.ppo.v1 import get_trainer_cls
from verl.utils.device import get_device_id, get_device_name, get_torch_device
from verl.workers.engine import EngineRegistry
from verl.workers.rollout.base import get_rollout_class
from verl.workers.rollout.replica import get_rollout_replica_class
report = {
    "loaded": {name: error and repr(error) for name, error in LOADED.items()},
    "agent": _agent_loop_registry["cove_agent"]["_target_"],
    "trainer": get_trainer_cls("cove_sync").__name__,
    "replica": get_rollout_replica_class("hf").__name__,
    "adapter": get_rollout_class("hf").__name__,
    "platforms": sorted(PlatformRegistry.registered_names()),
    "device": get_device_name(),
    "engine_device": os.environ.get("VERL_ENGINE_DEVICE"),
}
if report["device"] == "cpu":
    import torch
    device = get_torch_device()
    report["engine"] = EngineRegistry.get_engine_cls("language_model", "fsdp2").__name__
    report["moved"] = str(torch.ones(1).to(get_device_id()).device)
    report["memory"] = [device.memory_allocated(), device.max_memory_reserved(), *device.mem_get_info()]
    report["count"] = device.device_count()
    device.set_rng_state(device.get_rng_state())
    with device.stream(device.current_stream()):
        device.synchronize()
print("REPORT", json.dumps(report))
"""


def report(folder: Path, **env: str) -> dict[str, Any]:
    """Import verl in a process of its own, in a folder that has nothing to do with us."""
    around = {name: value for name, value in os.environ.items() if not name.startswith("VERL_")}
    command = [sys.executable, "-c", REPORT]
    done = subprocess.run(
        command, cwd=folder, env={**around, **env}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("REPORT "))
    found: dict[str, Any] = json.loads(line.removeprefix("REPORT "))
    return found


def test_verl_finds_the_plugin() -> None:
    (plugin,) = [entry for entry in entry_points(group="verl.plugins") if entry.name == "cove_rl"]
    assert plugin.value == "cove_rl.training.plugin"


def test_everything_is_registered_and_the_cpu_is_left_alone(tmp_path: Path) -> None:
    found = report(tmp_path)
    assert set(found["loaded"].values()) == {None}, found["loaded"]
    assert found["agent"] == "cove_rl.training.loop.CoveAgentLoop"
    assert (found["trainer"], found["replica"], found["adapter"]) == ("CoveTrainer", "HfReplica", "HfAdapter")
    assert "cpu" not in found["platforms"]
    assert (found["device"], found["engine_device"]) == ("cuda", None)


def test_the_cpu_is_a_device_when_asked_for(tmp_path: Path) -> None:
    found = report(tmp_path, VERL_PLATFORM="cpu")
    assert set(found["loaded"].values()) == {None}, found["loaded"]
    assert (found["device"], found["engine"], found["moved"]) == ("cpu", "FSDPEngineWithLMHead", "cpu")
    assert (found["memory"], found["count"]) == ([0, 0, 0, 0], 1)


def test_a_piece_that_fails_is_reported_and_the_rest_is_registered(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from cove_rl.training import plugin

    done: list[str] = []

    def broken() -> None:
        raise ImportError("no such thing")

    monkeypatch.setattr(plugin, "PIECES", {"first": broken, "second": lambda: done.append("second")})
    monkeypatch.setattr(plugin, "LOADED", {})
    found = plugin.register()
    assert done == ["second"]
    assert isinstance(found["first"], ImportError)
    assert found["second"] is None
    assert "could not register its first" in caplog.text
    plugin.register()
    assert done == ["second"]  # once per process


GLOO = """
import os, sys
import torch, torch.distributed as dist
from torch.distributed.fsdp import fully_shard
from cove_rl.training.cpu import process_group
process_group.register()
process_group.register()
rank = int(sys.argv[1])
dist.init_process_group("cpu:gloo,cpu:gloo", init_method=f"file://{sys.argv[2]}", rank=rank, world_size=2)
value = torch.tensor([float(rank)])
dist.all_reduce(value, op=dist.ReduceOp.AVG)
seen = [None, None]
dist.all_gather_object(seen, rank)
mesh = dist.init_device_mesh("cpu", (2,), mesh_dim_names=("fsdp",))
layer = torch.nn.Linear(4, 4)
fully_shard(layer, mesh=mesh)
layer(torch.ones(1, 4)).sum().backward()
assert layer.weight.grad.full_tensor().tolist() == [[1.0] * 4] * 4
assert (value.item(), seen) == (0.5, [0, 1])
dist.destroy_process_group()
"""


def test_the_process_group_verl_asks_for_opens_on_two_workers(tmp_path: Path) -> None:
    meeting = str(tmp_path / "meeting")
    workers = [
        subprocess.Popen([sys.executable, "-c", GLOO, str(rank), meeting], stderr=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    ended = [(worker.communicate(timeout=120)[1], worker.returncode) for worker in workers]
    assert [code for _, code in ended] == [0, 0], ended
