"""The locks of the images: they are whole, within the project's bounds, and the package index still has all of it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "docker" / "locks"
EXTRAS = {"sglang": "sglang", "cpu": "train"}
"""Lock -> the extra of pyproject.toml it is made from."""

LINUX = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64", "python_version": "3.11"}
UNREACHABLE = re.compile(r"dns error|error sending request|Failed to fetch|timed out|Connection refused", re.I)
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+) \\\n(?: {4}--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", re.M)

TORCH = canonicalize_name("torch")
EXCLUDED = "torch; python_version < '0'\n"
"""An override that leaves torch out: the index of Python packages has no build of it for processors alone."""


def pins(name: str) -> dict[NormalizedName, Version]:
    """Return package -> version of a lock, every one of which has a hash."""
    text = (LOCKS / f"{name}.txt").read_text(encoding="utf-8")
    found = {canonicalize_name(match["name"]): Version(match["version"]) for match in PIN.finditer(text)}
    assert len(found) == sum(not line.startswith(("#", " ")) for line in text.splitlines())
    return found


def wanted(extra: str) -> Iterator[Requirement]:
    """Yield what the project and one of its extras ask for on the images' platform, extras of its own followed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"][extra]]
    for requirement in map(Requirement, lines):
        if requirement.name == "cove_rl":
            for inner in requirement.extras:
                yield from wanted(inner)
        elif requirement.marker is None or requirement.marker.evaluate(LINUX):
            yield requirement


@pytest.mark.parametrize("name", EXTRAS)
def test_a_lock_is_within_the_projects_bounds(name: str) -> None:
    locked = pins(name)
    requirements = list(wanted(EXTRAS[name]))
    assert len(requirements) > 20
    outside = [
        str(one)
        for one in requirements
        if (version := locked.get(canonicalize_name(one.name))) is None or not one.specifier.contains(version)
    ]
    assert outside == []


def test_the_lock_without_gpu_is_what_the_tests_run_with() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    tested = dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    versions = {canonicalize_name(name): Version(version) for name, version in tested.items()}
    locked = pins("cpu")
    assert locked.pop(TORCH).local == "cpu"
    assert locked.pop(canonicalize_name("setuptools"))  # `pip freeze` leaves it out
    assert {name: version for name, version in locked.items() if versions.get(name) != version} == {}


def test_torch_is_one_version_everywhere() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    expected = re.search(r"'torch==([\d.]+)'", makefile)
    assert expected is not None
    assert pins("cpu")[TORCH].public == expected[1]


def test_the_lock_for_gpus_is_what_verl_and_sglang_agree_on() -> None:
    locked = pins("sglang")
    assert locked[canonicalize_name("verl")] in Requirement("verl>=0.9.1,<0.10").specifier
    assert locked[canonicalize_name("transformers")] in Requirement("transformers>=5.5.3,!=5.6.0,<5.11").specifier
    assert locked[TORCH].local is None


def resolve(lock: Path, folder: Path, *options: str) -> str:
    """Ask the package index for everything in a lock, as an installation would; returns what uv says of a failure."""
    command = [sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--require-hashes", "--no-config", "--quiet"]
    command += ["--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_34", "--python", sys.executable]
    command += ["--target", str(folder / "target"), "--cache-dir", str(folder / "cache"), "-r", str(lock), *options]
    if index := os.environ.get("PIP_INDEX_URL"):
        command += ["--default-index", index]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode and UNREACHABLE.search(done.stderr):
        pytest.skip(f"the package index cannot be reached: {' '.join(done.stderr.split())[:300]}")
    return done.stderr if done.returncode else ""


@pytest.mark.skipif(find_spec("uv") is None, reason="uv is not installed: pip install '.[dev]'")
@pytest.mark.parametrize("name", EXTRAS)
def test_the_package_index_has_all_of_it(name: str, tmp_path: Path) -> None:
    (tmp_path / "override.txt").write_text(EXCLUDED if name == "cpu" else "")
    assert resolve(LOCKS / f"{name}.txt", tmp_path, "--override", "override.txt") == ""


@pytest.mark.skipif(find_spec("uv") is None, reason="uv is not installed: pip install '.[dev]'")
@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("rich==15.0.0 --hash=sha256:" + "0" * 64, "hash"),
        ("tenacity==9.2.1", "hash"),
        ("tenacity==9999 --hash=sha256:" + "0" * 64, "no version of tenacity==9999"),
    ],
)
def test_a_wrong_lock_is_refused(lines: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text(lines + "\n")
    assert fault in resolve(tmp_path / "lock.txt", tmp_path)
