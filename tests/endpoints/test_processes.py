"""Processes that talk to an endpoint: an interrupt ends them with nothing left open, and they may fork."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from .server import Server
from .traces import disconnected

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "users.py"


def started(server: Server, *options: str) -> "subprocess.Popen[str]":
    """Start the measurement of users."""
    command = [sys.executable, str(SCRIPT), "--json", "--url", server.url, "--model", "tiny", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


async def ended(process: "subprocess.Popen[str]") -> tuple[int, dict[str, Any]]:
    """Return the exit status of a process and the figures it printed; nothing it says may be a traceback."""
    out, err = await asyncio.to_thread(process.communicate, timeout=120)
    assert "Traceback" not in err
    return process.returncode, json.loads(out)


async def test_a_run_to_the_end_leaves_nothing_open() -> None:
    with Server(lambda body: "I would like that, please.") as server:
        status, figures = await ended(started(server, "--episodes", "20", "--at-once", "8", "--turns", "2"))
        await disconnected(server)
    assert (status, figures["episodes"], figures["interrupted"]) == (0, 20, False)
    assert figures["usage"]["failures"] == {}
    assert figures["at_end"]["tasks"] == figures["closed"]["tasks"] == figures["before"]["tasks"]
    assert figures["closed"]["sockets"] == figures["before"]["sockets"]


async def test_an_interrupt_ends_calls_under_way_and_closes_every_connection() -> None:
    with Server(choose=lambda number: "" if number < 5 else "hang") as server:
        process = started(server, "--episodes", "20", "--at-once", "8")
        while server.connections < 8 and process.poll() is None:
            await asyncio.sleep(0.05)
        process.send_signal(signal.SIGINT)
        status, figures = await ended(process)
        await disconnected(server)
    assert (status, figures["interrupted"]) == (130, True)
    assert figures["at_end"]["tasks"] == figures["closed"]["tasks"] == figures["before"]["tasks"]
    assert figures["closed"]["sockets"] == figures["before"]["sockets"]


async def test_an_interrupt_of_a_plain_script_does_not_hang() -> None:
    """No handler, no closing: whatever the script leaves open goes with it."""
    script = (
        "import asyncio\n"
        "from cove_rl.endpoints.endpoint import endpoint_of\n"
        "from cove_rl.endpoints.settings import EndpointSettings\n"
        "endpoint = endpoint_of(EndpointSettings({url!r}, 'tiny'))\n"
        "asyncio.run(endpoint.complete([{{'role': 'user', 'content': 'Hi!'}}], seed=1, seconds=60.0))\n"
    )
    with Server(choose=lambda number: "hang") as server:
        command = [sys.executable, "-c", script.format(url=server.url)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not server.connections and process.poll() is None:
            await asyncio.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = await asyncio.to_thread(process.communicate, timeout=120)
        await disconnected(server)
    assert process.returncode in (-signal.SIGINT, 1, 130)
    assert err.rstrip().endswith("KeyboardInterrupt")


async def test_a_forked_process_opens_connections_of_its_own() -> None:
    script = (
        "import asyncio, os\n"
        "from cove_rl.endpoints.endpoint import endpoint_of\n"
        "from cove_rl.endpoints.settings import EndpointSettings\n"
        "endpoint = endpoint_of(EndpointSettings({url!r}, 'tiny'))\n"
        "ask = lambda: asyncio.run(endpoint.complete([{{'role': 'user', 'content': 'Hi!'}}], seed=1, seconds=60.0))\n"
        "ask()\n"
        "child = os.fork()\n"
        "ask()\n"
        "if child: raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    with Server(lambda body: "Hello.") as server:
        command = [sys.executable, "-W", "ignore", "-c", script.format(url=server.url)]
        done = await asyncio.to_thread(
            lambda: subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert len(server.bodies) == 3
        assert len(server.peers) == 2
        await disconnected(server)
