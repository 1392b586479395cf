"""Over a hundred world files that no airline can have: one clear error each, and nothing is written."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cove_rl.cli.main import app
from cove_rl.world.domain import get_domain
from cove_rl.world.files import save_world

from . import faults

FAULTS = {**faults.WRONG_SHAPES, **faults.CONTRADICTIONS}


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of a sound world file."""
    path = tmp_path_factory.mktemp("sound") / "world.json"
    save_world(get_domain("airline").world(0, faults.SIZE), path)
    return path.read_text()


@pytest.fixture
def good(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "world.json"
    path.write_text(content)
    return path


def complaint(path: Path, *arguments: str) -> str:
    """Run a command that must fail; return its one line, having checked that no file appeared or changed."""
    before = {file: file.read_bytes() for file in path.parent.iterdir()}
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 1, (result.output, result.exception)
    assert {file: file.read_bytes() for file in path.parent.iterdir()} == before
    assert not result.stdout
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("error: ")
    assert len(lines[0]) < 600
    assert lines[0].isprintable()
    return lines[0]


def test_the_world_is_sound_before_it_is_spoilt(good: Path) -> None:
    result = CliRunner().invoke(app, ["world", "show", str(good)])
    assert result.exit_code == 0, result.stderr
    assert len(FAULTS) > 100


@pytest.mark.parametrize("name", FAULTS)
def test_each_faulty_file_is_one_clear_error(good: Path, name: str) -> None:
    whole = json.loads(good.read_text())
    FAULTS[name].spoil(whole["tables"])
    good.write_text(json.dumps(whole))
    line = complaint(good, "world", "show", str(good))
    assert good.name in line
    assert "; correct it, or build the world again" in line
    assert FAULTS[name].says in line or " more); " in line  # what it says may come after what follows from it
    assert complaint(good, "tasks", "sample", "--seed", "1", "-n", "1", "--world", str(good)) == line


def test_an_edit_that_contradicts_nothing_is_noticed(good: Path) -> None:
    whole = json.loads(good.read_text())
    faults.flight(whole["tables"])["dates"]["2024-05-20"] = {"status": "cancelled"}
    good.write_text(json.dumps(whole))
    assert "was edited after it was built" in complaint(good, "world", "show", str(good))


@pytest.mark.parametrize("table", ["flights", "users", "reservations"])
def test_a_table_that_is_missing_or_none_is_named(good: Path, table: str) -> None:
    whole = json.loads(good.read_text())
    values: list[Any] = [[], None, "none", 3]
    for value in values:
        good.write_text(json.dumps({**whole, "tables": {**whole["tables"], table: value}}))
        assert f"{table}: Expected `object`" in complaint(good, "world", "show", str(good))
    whole["tables"].pop(table)
    good.write_text(json.dumps(whole))
    assert f"table '{table}' is missing" in complaint(good, "world", "show", str(good))


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_a_file_that_was_cut_short_is_refused(good: Path, share: float) -> None:
    whole = good.read_text()
    good.write_text(whole[: int(len(whole) * share)])
    complaint(good, "world", "show", str(good))


@pytest.mark.parametrize(
    ("size", "says"),
    [
        ("flights=0", "cannot have 0 flights"),
        ("flights=1000", "give 1 to 999"),
        ("users=-1", "users=-1: expected TABLE=N"),
        ("users=5001", "give 1 to 5000"),
        ("reservations=0", "an empty world"),
        ("users=3,reservations=31", "ask for more users"),
        ("orders=3", "no table 'orders'"),
        ("flights=many", "flights=many"),
    ],
)
def test_a_size_no_world_can_have_is_refused(tmp_path: Path, size: str, says: str) -> None:
    out = tmp_path / "world.json"
    sizes = [word for part in size.split(",") for word in ("--size", part)]
    line = complaint(out, "world", "build", "--domain", "airline", "--seed", "1", *sizes, "--out", str(out))
    assert says in line
