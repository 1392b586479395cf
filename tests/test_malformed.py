"""Over two hundred malformed worlds, tasks, trajectories and calls: one clear error each, nothing half-written."""

import itertools
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from cove_rl.cli.main import app
from cove_rl.synth.tasks import Sampled, Sampling
from cove_rl.tasks.sampler import Mix
from cove_rl.tasks.task import encode_task
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import Domain, get_domain
from cove_rl.world.files import save_world
from cove_rl.world.state import State
from cove_rl.world.world import World

GIANT = "x" * 300_000
Broken = tuple[str, bytes]


@pytest.fixture(scope="module")
def world() -> World:
    return get_domain("retail").world(3, {"users": 40, "orders": 90, "products": 12})


@pytest.fixture(scope="module")
def sampled(world: World) -> list[Sampled]:
    return Sampling(world.ref, 3, Mix())(list(range(4)))


def corrupted(whole: bytes, rng: random.Random) -> Iterator[Broken]:
    """Yield damaged copies of a JSON document: truncated, of another encoding, nested, with wrong values."""
    yield "empty", b""
    yield "blank", b" \n"
    yield "not JSON", b"hello"
    yield "null", b"null"
    yield "list", b"[]"
    yield "number", b"7"
    yield "string", json.dumps(GIANT).encode()
    yield "nested", b"[" * 200_000
    yield "nested object", b'{"a":' * 100_000
    yield "latin", whole[:50] + b"\xff\xfe" + whole[50:]
    yield "two documents", whole.strip() + whole.strip()
    for cut in sorted(rng.sample(range(1, len(whole.strip()) - 1), 12)):
        yield f"truncated at {cut}", whole[:cut]
    yield from mistyped(json.loads(whole), rng)


def mistyped(document: Any, rng: random.Random) -> Iterator[Broken]:
    """Yield copies with one value replaced by one of another kind, one key missing, or one key too many."""
    places = [place for place in walk(document) if place and "arguments" not in place]  # those may be anything
    for number, place in enumerate(rng.sample(places, min(24, len(places)))):
        value: Any = (None, 7, [], {}, True, GIANT, float("nan"), {"a": [1]})[number % 8]
        if type(value) is type(get(document, place)):
            value = [[]]
        yield f"{place} is {str(value)[:20]}", json.dumps(replaced(document, place, value)).encode()
    for key in document:
        yield f"without {key}", json.dumps({name: part for name, part in document.items() if name != key}).encode()
    yield "extra key", json.dumps({**document, "surprise": 1}).encode()


def walk(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in itertools.islice(items, 6):
        yield from walk(child, (*path, key))


def get(node: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        node = node[key]
    return node


def replaced(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(node))
    get(copy, path[:-1])[path[-1]] = value
    return copy


def complaint(arguments: list[str], tmp_path: Path) -> str:
    """Run a command that must fail; return its one line, having checked that no file appeared."""
    before = sorted(tmp_path.rglob("*"))
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1, (arguments, result.output, result.exception)
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("error: ")
    assert len(lines[0]) < 600
    assert not result.stdout
    assert sorted(tmp_path.rglob("*")) == before, lines
    return lines[0]


def each(cases: Iterator[Broken], tmp_path: Path, command: Callable[[Path, Path], list[str]], least: int) -> None:
    known = list(cases)
    assert len(known) >= least
    for label, content in known:
        file = tmp_path / "broken"
        file.write_bytes(content)
        line = complaint(command(file, tmp_path / "out"), tmp_path)
        assert "broken" in line, (label, line)


def test_worlds(world: World, tmp_path: Path) -> None:
    save_world(world, tmp_path / "good.json")
    whole = (tmp_path / "good.json").read_bytes()
    cases = corrupted(whole, random.Random(1))
    each(cases, tmp_path, lambda file, out: ["world", "show", str(file)], 50)
    edited = whole.replace(b'"available":true', b'"available":false', 1)
    (tmp_path / "broken").write_bytes(edited)
    line = complaint(["tasks", "sample", "--seed", "1", "--world", str(tmp_path / "broken")], tmp_path)
    assert "fingerprint" in line or "edited" in line


def test_tasks(sampled: list[Sampled], tmp_path: Path) -> None:
    whole = encode_task(sampled[0].solved.task)
    each(
        corrupted(whole, random.Random(2)),
        tmp_path,
        lambda file, out: ["tasks", "solve", str(file), "--out", str(out)],
        50,
    )


def test_trajectories(sampled: list[Sampled], tmp_path: Path) -> None:
    tasks = tmp_path / "tasks.jsonl"
    tasks.write_bytes(b"".join(encode_task(one.solved.task) + b"\n" for one in sampled))
    whole = msgspec.json.encode(sampled[0].solved.trajectory)
    verify = ["verify", "--tasks", str(tasks), "--trajectories"]
    optional = {"without seconds"}
    cases = (case for case in corrupted(whole, random.Random(3)) if case[0] not in optional)
    each(cases, tmp_path, lambda file, out: [*verify, str(file), "--out", str(out)], 40)


@pytest.mark.parametrize(
    "arguments",
    [
        ["world", "show", "absent.json"],
        ["world", "build", "--seed", "1", "--domain", "bakery"],
        ["world", "build", "--seed", "1", "--users", "0"],
        ["world", "build", "--seed", "1", "--users", "-3"],
        ["world", "build", "--seed", "1", "--products", "51"],
        ["world", "build", "--seed", "1", "--size", "shoes=3"],
        ["world", "build", "--seed", "1", "--size", "users"],
        ["world", "build", "--seed", "1", "--size", "users=1e9"],
        ["world", "build", "--seed", "1", "--out", "/nowhere/at/all.json"],
        ["tasks", "sample", "--seed", "1", "-n", "2", "--domain", "bakery"],
        ["tasks", "sample", "--seed", "1", "-n", "2", "--mix", "a,b"],
        ["tasks", "sample", "--seed", "1", "-n", "2", "--mix", "0,0"],
        ["tasks", "sample", "--seed", "1", "-n", "2", "--mix", "-1,2"],
        ["tasks", "sample", "--seed", "1", "-n", "2", "--mix", "nan"],
        ["tasks", "sample", "--seed", "1", "-n", "2", "--difficulty", "extreme"],
        ["tasks", "sample", "--seed", "1", "-n", "2", "--set", "typos"],
        ["tasks", "sample", "--seed", "1", "-n", "2", "--set", "typos=2"],
        ["tasks", "sample", "--seed", "1", "-n", "2", "--set", "colour=1"],
        ["tasks", "sample", "--seed", "1", "-n", "2", "--world", "absent.json"],
        ["tasks", "solve", "absent.jsonl"],
        ["tasks", "show", "absent.jsonl"],
        ["verify", "--tasks", "absent.jsonl", "--trajectories", "absent.jsonl"],
        ["tau2", "replay", "--data", "absent", "--domain", "retail"],
        ["tau2", "replay", "--data", "absent", "--domain", "airline"],
        ["world", "build", "--seed", "1", "--domain", "airline", "--size", "flights=0"],
        ["world", "build", "--seed", "1", "--domain", "airline", "--size", "orders=9"],
        ["play", "--tasks", "absent.jsonl"],
        ["play", "--domain", "bakery"],
        ["play", "--as", "user", "--agent", "nobody"],
    ],
)
def test_arguments(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    complaint(arguments, tmp_path)


def bad_calls(domain: Domain) -> Iterator[ToolCall]:
    """Yield calls no agent should make, of every tool."""
    deep: Any = []
    for _ in range(2000):
        deep = [deep]
    for name, tool in domain.toolbox.tools.items():
        fields = tool.arguments.__struct_fields__
        yield ToolCall("1", name, "{not json")
        yield ToolCall("2", name, "[1, 2]")
        yield ToolCall("3", name, dict.fromkeys(fields, 7) or {"extra": 1})
        yield ToolCall("4", name, {"surprise": GIANT})
        yield ToolCall("5", name, dict.fromkeys(fields) or {"extra": None})
        yield ToolCall("6", name, dict.fromkeys(fields, deep) or {"extra": deep})
        yield ToolCall("7", name, dict.fromkeys(fields, float("nan")) or {"extra": 1})
        yield ToolCall("8", name, {}, requestor="user")
    for name in ("", "get_order", GIANT, "__import__", "calculate; rm", "\u0000"):
        yield ToolCall("9", name, {})


@pytest.mark.parametrize("name", ["airline", "retail"])
def test_calls(name: str) -> None:
    domain = get_domain(name)
    state = State(domain.world(3))
    calls = list(bad_calls(domain))
    assert len(calls) > 100
    for call in calls:
        result = domain.toolbox.call(state, call)
        assert result.error, call.name
        assert result.content.startswith("Error: ")
        assert len(result.content) < 1500
        assert state.diff() == ()
