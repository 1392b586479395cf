"""A domain's package, built and installed with pip, is found by its entry point and passes from another folder."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parent / "library"
COVE = "from cove_rl.cli.main import app; app()"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder the library is installed in: without a network, with the build backend of the `dev` extra."""
    source, target = tmp_path_factory.mktemp("source") / "library", tmp_path_factory.mktemp("site")
    shutil.copytree(LIBRARY, source, ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr}\nhatchling is part of the dev extra: pip install -e '.[dev]'"
    return target


def cove(site: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-c", COVE, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=site)


def test_it_passes_every_check(site: Path) -> None:
    done = cove(site, "check-domain", "library", "--tasks", "20", "--mutants", "200", "--calls", "200", "--json")
    findings = json.loads(done.stdout)["findings"]
    assert {one["name"]: one["counterexample"] for one in findings if one["status"] != "passed"} == {}
    assert done.returncode == 0


def test_tasks_are_sampled_and_solved(site: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "tasks.jsonl")
    assert cove(site, "tasks", "sample", "--domain", "library", "--seed", "3", "-n", "5", "--out", file).returncode == 0
    done = cove(site, "tasks", "solve", file, "--json")
    assert json.loads(done.stdout)["solved"] == 5


def test_its_data_is_installed_with_it(site: Path) -> None:
    assert (site / "library_desk" / "data" / "speech.yaml").is_file()
    assert (site / "library_desk" / "data" / "policy.md").read_text(encoding="utf-8").strip()
