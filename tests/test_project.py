"""Rules of the whole code base: who imports whom, what stays out of memory, how long files are, what they mention."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cove_rl"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_sandbox" not in path.parts)
LONGEST_FILE = 500

HEAVY = {"torch", "verl", "ray", "transformers", "datasets", "sglang", "hydra"}
"""What only `cove_rl.training` may import."""

BASE = {"distribution", "errors", "files", "jsonl", "kinds", "sandbox"}
"""Modules below every package; each of them may import the others."""

WORLD = BASE | {"world"}
DOMAINS = WORLD | {"speech", "domains"}
ENDPOINTS = BASE | {"endpoints"}
TASKS = DOMAINS | {"tasks"}
EPISODE = TASKS | {"episode", "verify"}
SIDES = EPISODE | ENDPOINTS | {"users", "agents"}
ALL = SIDES | {"audit", "synth", "evaluation"}

ALLOWED = {
    **dict.fromkeys(BASE, BASE),
    "world": WORLD,
    "speech": WORLD | {"speech"},
    "domains": DOMAINS,
    "tasks": TASKS,
    "verify": TASKS | {"verify"},
    "episode": EPISODE,
    "endpoints": ENDPOINTS,
    "planning": BASE | {"planning"},
    "users": EPISODE | ENDPOINTS | {"users"},
    "agents": EPISODE | ENDPOINTS | {"users", "agents"},
    "audit": EPISODE | ENDPOINTS | {"users", "audit"},
    "synth": ALL,
    "evaluation": ALL,
    "data": ALL | {"data"},
    "viewer": ALL | {"viewer"},
    "training": ALL | {"data", "viewer", "training"},
    "cli": ALL | {"data", "viewer", "planning", "training", "cli"},
}
"""Package or module directly under cove_rl -> what it may import of cove_rl, itself included."""

CORE = ("world", "speech", "domains", "tasks", "verify", "episode", "users", "agents", "audit", "viewer", "planning")

FOREIGN = re.compile(r"(?<![\w.-])/work/|\.\./shared|/root/|/home/\w|/tmp/|\bissue #?\d|\bsession \d", re.I)
"""Paths of somebody's machine and numbers of somebody's tracker."""


@cache
def imports(path: Path) -> tuple[tuple[str, int], ...]:
    """Return the absolute name and the line of everything a module imports, anywhere in it."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return tuple(found)


def inside() -> Iterator[tuple[Path, tuple[str, ...], str, int]]:
    """Yield every import of one part of cove_rl by another: file, its dotted place, the imported name, the line."""
    for path in MODULES:
        place = path.relative_to(PACKAGE).with_suffix("").parts
        for name, line in imports(path):
            if name.startswith("cove_rl."):
                yield path, place, name.removeprefix("cove_rl."), line


def test_imports_follow_the_direction_of_dependencies() -> None:
    wrong = []
    for path, place, name, line in inside():
        target = name.split(".")[0]
        if place[0] != "__init__" and target not in ALLOWED[place[0]] | {"__version__"}:
            wrong.append(f"{path.relative_to(ROOT)}:{line}: {place[0]} imports {target}")
    assert wrong == []


def test_a_domain_imports_no_other_domain() -> None:
    folders = {path.name for path in (PACKAGE / "domains").iterdir() if path.is_dir()}
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path, place, name, line in inside()
        if place[0] == "domains" and name.startswith("domains.") and name.split(".")[1] in folders - {place[1]}
    ]
    assert wrong == []


def test_only_training_imports_the_training_libraries() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in MODULES
        for name, line in imports(path)
        if name.split(".")[0] in HEAVY and path.relative_to(PACKAGE).parts[0] != "training"
    ]
    assert wrong == []


def test_only_the_command_line_imports_its_libraries() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in MODULES
        for name, line in imports(path)
        if name.split(".")[0] in {"typer", "click", "rich"} and path.relative_to(PACKAGE).parts[0] != "cli"
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["", *CORE])
def test_the_core_loads_no_heavy_library(name: str) -> None:
    modules = [path for path in MODULES if name and path.relative_to(PACKAGE).parts[0] == name]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in modules]
    script = (
        "import importlib, sys; before = set(sys.modules)\n"
        f"for name in {names or ['cove_rl']!r}: importlib.import_module(name)\n"
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "cove_rl" in loaded
    assert loaded & (HEAVY | {"typer", "click", "rich", "pydantic", "numpy", "openai"}) == set()


def test_importing_the_package_imports_nothing_else_of_it() -> None:
    script = "import sys, cove_rl; print([name for name in sys.modules if name.startswith('cove_rl')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['cove_rl']"


def test_no_file_is_too_long() -> None:
    sources = [*MODULES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
    long = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FILE} == {}


def test_every_file_says_what_it_does() -> None:
    bare = [path for path in MODULES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert [str(path.relative_to(ROOT)) for path in bare] == []


def test_there_are_no_drawers_for_odds_and_ends() -> None:
    assert [str(path) for path in MODULES if path.stem in {"utils", "util", "helpers", "common", "misc"}] == []


def test_nothing_mentions_a_machine_or_a_tracker() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
    data = [path for folder in ("sandbox", "configs", "recipes") for path in (ROOT / folder).rglob("*")]
    wrong = []
    for path in [*MODULES, *pages, *(path for path in data if path.is_file())]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if FOREIGN.search(line):
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert wrong == []
