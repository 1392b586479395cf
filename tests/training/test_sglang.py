"""SGLang without SGLang: what verl would start it with for our runs, held against the arguments that SGLang takes.

verl's own server class runs up to the moment it hands its arguments over. What SGLang takes is read in the source of
the locked version: of $COVE_SGLANG_WHEEL, or of the wheel from the package index (12 MB).
"""

import ast
import asyncio
import os
import re
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints
from unittest.mock import MagicMock

import pytest

from cove_rl.planning.shape import read_shape

from .engines import Settings
from .test_configs import PRESETS, composed

with warnings.catch_warnings():  # verl warns of every training engine that is not installed
    warnings.simplefilter("ignore")
    import ray
    from verl.experimental.agent_loop.tool_parser import ToolParser
    from verl.utils.config import omega_conf_to_dataclass
    from verl.workers.rollout.replica import RolloutMode

    from cove_rl.training.tiny import Size, build_tiny

LOCK = Path(__file__).resolve().parents[2] / "docker" / "locks" / "sglang.txt"
VERSION = re.findall(r"^sglang==(\S+)", LOCK.read_text(encoding="utf-8"), re.M)[0]

MODULES = (
    "sglang",
    "sglang.srt",
    "sglang.srt.entrypoints",
    "sglang.srt.entrypoints.EngineBase",
    "sglang.srt.entrypoints.engine",
    "sglang.srt.entrypoints.http_server",
    "sglang.srt.managers",
    "sglang.srt.managers.io_struct",
    "sglang.srt.managers.tokenizer_manager",
    "sglang.srt.server_args",
    "sglang.srt.utils",
    "sglang.srt.weight_sync",
    "sglang.srt.weight_sync.utils",
)
"""What verl's side imports of SGLang."""


class Handed(Exception):  # noqa: N818
    """verl has handed its arguments over."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        super().__init__()
        self.arguments = arguments


@dataclass
class ServerArgs:
    """Stands where SGLang's arguments do."""

    enable_weights_cpu_backup: bool = False

    def __new__(cls, **arguments: Any) -> "ServerArgs":
        raise Handed(arguments)


class Absent(ModuleType):
    """A module of SGLang that has whatever is asked of it."""

    __path__: list[str] = []
    __version__ = VERSION

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return ServerArgs if name == "ServerArgs" else type(name, (), {})


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """verl's module that starts SGLang, with nothing behind it."""
    theirs = "verl.workers.rollout.sglang_rollout"
    with pytest.MonkeyPatch.context() as patch:
        for name in MODULES:
            patch.setitem(sys.modules, name, Absent(name))
        for name in MODULES[1:]:
            parent, _, child = name.rpartition(".")
            setattr(sys.modules[parent], child, sys.modules[name])
        patch.setattr(ray.util, "get_node_ip_address", lambda: "192.0.2.1")
        for name in ("CUDA_VISIBLE_DEVICES", "SGLANG_BLOCK_NONZERO_RANK_CHILDREN"):
            patch.setenv(name, "")  # the server sets them; afterwards they are as before
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import verl.workers.rollout.sglang_rollout.async_sglang_server as module
        yield module
    for name in [name for name in sys.modules if name.startswith(theirs)]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model on disk: verl reads its configuration."""
    folder = tmp_path_factory.mktemp("tiny")
    build_tiny(folder, ["retail"], Size(vocabulary=2048, hidden=24, layers=1, heads=2), conversations=4)
    text = (folder / "config.json").read_text(encoding="utf-8")
    positions = re.sub(r'("max_position_embeddings": )\d+', r"\g<1>262144", text)
    (folder / "config.json").write_text(positions, encoding="utf-8")
    return folder


RUNS = {
    "gpu1": ("+profile=gpu1",),
    "gpu8": ("+profile=gpu8",),
    **{preset: (*words, f"+preset={preset}") for preset, words in PRESETS.items()},
}


@cache
def handed(server: Any, tiny: Path, *words: str) -> dict[str, Any]:
    """Return what verl would start SGLang with for a run."""
    policy = composed("+env=cove_retail", *words, f"actor_rollout_ref.model.path={tiny}").actor_rollout_ref
    started = server.SGLangHttpServer(
        policy.rollout, policy.model, RolloutMode.HYBRID, [], 0, 0, 1, cuda_visible_devices="", base_gpu_id=0
    )
    with pytest.raises(Handed) as caught:
        asyncio.run(started.launch_server())
    return caught.value.arguments


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SGLang's own source, of the locked version."""
    folder = tmp_path_factory.mktemp("sglang")
    wheel = Path(os.environ.get("COVE_SGLANG_WHEEL") or _downloaded(folder))
    assert wheel.name.startswith(f"sglang-{VERSION}-"), f"{wheel} is not the locked version {VERSION}"
    with zipfile.ZipFile(wheel) as packed:
        for name in ("server_args.py", "function_call/function_call_parser.py"):
            packed.extract(f"sglang/srt/{name}", folder)
    return folder / "sglang" / "srt"


def _downloaded(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command += ["--python-version", "3.11", "--platform", "manylinux_2_34_x86_64", "--dest", str(folder)]
    done = subprocess.run([*command, f"sglang=={VERSION}"], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"SGLang's wheel is not here (COVE_SGLANG_WHEEL) and not to be had: {done.stderr[-200:]}")
    return next(folder.glob("sglang-*.whl"))


def fields(source: Path) -> set[str]:
    """Return the names of SGLang's arguments."""
    tree = ast.parse((source / "server_args.py").read_text(encoding="utf-8"))
    made = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "ServerArgs")
    return {
        node.target.id for node in made.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def literals(source: Path, name: str) -> set[str]:
    """Return the texts in a list or the keys of a dictionary that SGLang's source assigns to a name."""
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(isinstance(one, ast.Name) and one.id == name for one in targets):
                value = getattr(node, "value", None)
                parts = value.keys if isinstance(value, ast.Dict) else getattr(value, "elts", [])
                return {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    raise AssertionError(f"SGLang's source has no {name}")


@pytest.mark.parametrize("run", RUNS)
def test_sglang_takes_every_argument(run: str, server: Any, tiny: Path, source: Path) -> None:
    known = fields(source)
    assert len(known) > 300
    arguments = handed(server, tiny, *RUNS[run])
    assert set(arguments) - known == set()
    assert arguments["load_format"] in literals(source, "LOAD_FORMAT_CHOICES")
    assert arguments["attention_backend"] in literals(source, "ATTENTION_BACKEND_CHOICES")


@pytest.mark.parametrize("run", RUNS)
def test_weights_come_from_the_trainer_and_make_room_for_it(run: str, server: Any, tiny: Path) -> None:
    arguments = handed(server, tiny, *RUNS[run])
    rollout = composed("+env=cove_retail", *RUNS[run]).actor_rollout_ref.rollout
    assert arguments["load_format"] == "dummy"
    assert arguments["enable_memory_saver"]
    assert arguments["enable_weights_cpu_backup"]
    assert not arguments.get("enable_lora")
    assert arguments["dtype"] == "bfloat16"
    assert arguments["tp_size"] == rollout.tensor_model_parallel_size
    assert arguments["mem_fraction_static"] == rollout.gpu_memory_utilization
    assert rollout.free_cache_engine
    assert rollout.checkpoint_engine.backend == "naive"


@pytest.mark.parametrize("run", RUNS)
def test_the_largest_weight_fits_a_bucket(run: str) -> None:
    policy = composed("+env=cove_retail", *RUNS[run]).actor_rollout_ref
    shape = read_shape(policy.model.path)
    bucket = policy.rollout.checkpoint_engine.update_weights_bucket_megabytes << 20
    assert shape.vocabulary * shape.hidden * 4 <= bucket
    assert shape.hidden * max(shape.intermediate, shape.heads * shape.head) * 4 <= bucket


@pytest.mark.parametrize("run", RUNS)
def test_conversations_are_ours_and_tokens_stay_tokens(run: str, server: Any, tiny: Path) -> None:
    rollout = omega_conf_to_dataclass(composed("+env=cove_retail", *RUNS[run]).actor_rollout_ref.rollout)
    assert rollout.agent.default_agent_loop == "cove_agent"
    assert not rollout.multi_turn.enable
    assert rollout.multi_turn.tool_config_path is None
    assert rollout.prompt_length + rollout.response_length <= rollout.max_model_len
    arguments = handed(server, tiny, *RUNS[run])
    assert arguments["skip_tokenizer_init"]
    assert arguments["max_running_requests"] >= rollout.n


def test_a_context_longer_than_the_models_is_refused(server: Any, tiny: Path) -> None:
    with pytest.raises(ValueError, match="max_position_embeddings"):
        handed(server, tiny, "+profile=gpu8", "actor_rollout_ref.rollout.max_model_len=300000")


def test_formats_of_calls_are_known_to_all_three(source: Path) -> None:
    ours = set(get_args(get_type_hints(Settings)["tool_format"]))
    assert ours == {"hermes", "qwen3_coder"}
    assert ours - set(ToolParser._registry) == set()
    assert ours - literals(source, "ToolCallParserEnum") == set()


async def test_the_turns_limit_reaches_the_engine(server: Any, tiny: Path) -> None:
    policy = composed("+env=cove_retail", "+profile=gpu8", f"actor_rollout_ref.model.path={tiny}").actor_rollout_ref
    started = server.SGLangHttpServer(
        policy.rollout, policy.model, RolloutMode.HYBRID, [], 0, 0, 1, cuda_visible_devices="", base_gpu_id=0
    )
    asked: list[dict[str, Any]] = []

    class Request:
        def __init__(self, **values: Any) -> None:
            asked.append(values)

    async def answer() -> Any:
        yield {"output_ids": [7], "meta_info": {"finish_reason": {"type": "abort"}}}

    server.GenerateReqInput = Request
    started.tokenizer_manager = MagicMock(generate_request=lambda request, _: answer())
    output = await started.generate([1, 2, 3], {"temperature": 1.0, "max_tokens": 16}, "r")
    assert asked[0]["input_ids"] == [1, 2, 3]
    assert asked[0]["sampling_params"] == {"temperature": 1.0, "max_new_tokens": 16}
    assert (output.token_ids, output.stop_reason) == ([7], "abort")
