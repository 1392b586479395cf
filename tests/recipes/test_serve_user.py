"""The recipe that serves the customer's model: it says when the server answers, and why if it never does."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

RECIPE = Path(__file__).parents[2] / "recipes" / "serve_user.sh"


@pytest.fixture
def port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def around(folder: Path, port: int, server: str) -> dict[str, str]:
    """Return an environment in which a shell script takes the place of `transformers`."""
    program = folder / "transformers"
    program.write_text(f"#!/usr/bin/env bash\n{server}\n")
    program.chmod(0o755)
    settings = {"PROFILE": "cpu", "USER_PORT": str(port), "USER_MODEL": "m", "USER_WAIT": "60", "OUT": str(folder)}
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", **settings}


def test_it_says_when_the_server_answers_and_takes_it_down(tmp_path: Path, port: int) -> None:
    (tmp_path / "health").write_text("{}")
    env = around(tmp_path, port, f"exec python -m http.server {port} --directory {tmp_path}")
    recipe = subprocess.Popen(["bash", str(RECIPE)], env=env, stdout=subprocess.PIPE, text=True)
    assert recipe.stdout is not None
    with recipe, recipe.stdout as said:
        assert f"USER_URLS=http://{socket.gethostname()}:{port}/v1" in said.readline()
        assert [said.readline().strip(), said.readline().split(":")[0]] == [
            "+user=hybrid",
            "cove.user.endpoint.url=http",
        ]
        recipe.send_signal(signal.SIGTERM)
        assert recipe.wait(timeout=30) == 128 + signal.SIGTERM
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port)) != 0


def test_a_server_that_dies_is_an_error_with_what_it_said_last(tmp_path: Path, port: int) -> None:
    env = around(tmp_path, port, "echo out of memory; exit 3")
    done = subprocess.run(["bash", str(RECIPE)], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the server ended before it answered; the end of ")
    assert done.stderr.endswith("\nout of memory\n")


def test_a_port_that_is_taken_is_an_error(tmp_path: Path, port: int) -> None:
    (tmp_path / "health").write_text("{}")
    command = ["python", "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        try:
            for _ in range(100):
                with socket.socket() as client:
                    if client.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            env = around(tmp_path, port, "exit 3")
            done = subprocess.run(
                ["bash", str(RECIPE)], env=env, capture_output=True, text=True, check=False, timeout=60
            )
            assert (done.returncode, done.stdout) == (1, "")
            assert f"something answers on port {port} already" in done.stderr
        finally:
            other.terminate()
