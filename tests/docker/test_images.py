"""The images' recipes: clean to hadolint, nobody is root, bases and packages are fixed, the health check exists."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cove_rl.cli.main import app

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "docker").glob("Dockerfile*"))
LINTER = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin")

every_recipe = pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)


def steps(path: Path) -> list[tuple[str, str]]:
    """Return (instruction, rest) of a recipe's lines, continued ones as one, comments left out."""
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.M))
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


def lint(text: str) -> str:
    """Return what hadolint has to say of a recipe."""
    if LINTER is None:
        pytest.skip("hadolint is not installed: pip install '.[dev]'")
    done = subprocess.run(
        [LINTER, "--no-color", "-"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


def test_there_is_one_with_gpus_and_one_without() -> None:
    assert [path.name for path in RECIPES] == ["Dockerfile", "Dockerfile.cpu"]


@every_recipe
def test_hadolint_is_content(path: Path) -> None:
    assert lint(path.read_text(encoding="utf-8")) == ""


def test_hadolint_is_not_always_content() -> None:
    assert "DL3007" in lint("FROM debian:latest\n")


@every_recipe
def test_every_base_has_a_version(path: Path) -> None:
    stages: set[str] = set()
    for word, rest in steps(path):
        if word != "FROM":
            continue
        image, _, stage = rest.partition(" AS ")
        assert image in stages or re.search(r":\d+\.\d+\.\d+", image), image
        stages.add(stage)


@every_recipe
def test_nobody_is_root(path: Path) -> None:
    users = [rest for word, rest in steps(path) if word == "USER"]
    last = max(place for place, (word, _) in enumerate(steps(path)) if word == "FROM")
    assert len(users) == 1
    assert int(users[0].split(":")[0]) > 0
    assert ("USER", users[0]) in steps(path)[last:]


@every_recipe
def test_packages_come_from_the_lock_alone(path: Path) -> None:
    installs = [rest for word, rest in steps(path) if word == "RUN" and "pip install" in rest]
    assert all("--require-hashes" in one or "--no-deps" in one for one in installs)
    locks = [rest.split()[0] for word, rest in steps(path) if word == "COPY" and "locks" in rest]
    assert len(locks) == 1
    assert (ROOT / locks[0]).is_file()


@every_recipe
def test_the_health_check_is_a_command_that_works(path: Path) -> None:
    check = next(rest for word, rest in steps(path) if word == "HEALTHCHECK")
    words = json.loads(check[check.index("CMD") + 3 :])
    assert words[0] == "cove"
    done = CliRunner().invoke(app, words[1:])
    assert done.exit_code == 0, done.output


def test_an_image_is_built_from_what_the_package_needs_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [*wheel["packages"], *wheel["force-include"], project["project"]["readme"]]
    needed += [*project["project"]["license-files"], "pyproject.toml", "docker/locks"]
    assert "*" in lines
    assert {line[1:] for line in lines if line.startswith("!")} == set(needed)
    assert [name for name in needed if not (ROOT / name).exists()] == []
