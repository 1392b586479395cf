"""A customer behind a real server: transformers' own, with a tiny model of random weights."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from socket import socket
from time import sleep
from typing import Any
from urllib.request import urlopen

import pytest

from cove_rl.endpoints.endpoint import close_endpoints

from .cases import solved
from .engines import Engine, Size, build_tiny, config, make_loop, play, reward

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "users.py"
SERVE = "import sys; from transformers.cli.transformers import main; sys.argv[0] = 'transformers'; main()"


def _free_port() -> int:
    with socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The URL and the name of a model that is served."""
    folder = tmp_path_factory.mktemp("served")
    build_tiny(folder, ["retail"], Size(vocabulary=2048, hidden=24, layers=1, heads=2), conversations=4)
    config = folder / "generation_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "do_sample": True}))
    port = _free_port()
    options = ["serve", str(folder), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, *options], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait(process, f"http://127.0.0.1:{port}/health")
            yield f"http://127.0.0.1:{port}/v1", str(folder)
        finally:
            process.terminate()


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    """Wait until a server answers."""
    while process.poll() is None:
        with suppress(OSError), urlopen(url, timeout=5) as answer:
            if answer.status == 200:
                return
        sleep(0.2)
    pytest.fail(f"the server ended with status {process.returncode}")


def test_episodes_at_once_with_a_served_customer_end_and_leave_nothing_open(served: tuple[str, str]) -> None:
    url, model = served
    options = ["--episodes", "24", "--at-once", "12", "--turns", "2", "--max-tokens", "12"]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--json", "--url", url, "--model", model, *options],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    figures = json.loads(done.stdout)
    assert figures["episodes"] == 24
    assert all("no use" in failure for failure in figures["failures"])  # a model of random weights may say nothing
    assert figures["usage"]["failures"] == {}
    assert figures["usage"]["completion_tokens"] > 0
    assert figures["closed"]["sockets"] == figures["before"]["sockets"]
    assert figures["at_end"]["tasks"] == figures["closed"]["tasks"] == figures["before"]["tasks"]


async def test_a_rollout_with_a_served_customer_counts_what_it_took(served: tuple[str, str], tokenizer: Any) -> None:
    url, model = served
    user = {"kind": "openai", "endpoint": {"url": url, "model": model, "max_tokens": 12}, "tries": 20}
    loop = make_loop(Engine(tokenizer, ["Hello.", "How can I help?"]), config(user=user, user_turns=2))
    output = await play(loop, solved()[0].task)
    parts = reward(solved()[0].task, output)
    assert parts["ended/max_user_turns"] + parts["ended/user_stop"] == 1.0  # random weights may stop by chance
    assert parts["user/calls"] >= 2.0
    assert parts["user/completion_tokens"] > 0.0
    await asyncio.to_thread(close_endpoints)
