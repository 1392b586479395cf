"""Synthesis is exactly once: whatever happens, and whoever plays, the folder comes out the same."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import sleep
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cove_rl.errors import InputError
from cove_rl.files import atomic_write
from cove_rl.synth import shards as files
from cove_rl.synth.plan import Plan
from cove_rl.synth.shards import Shards
from cove_rl.synth.workers import Conversations, Processes

from .cases import CLUMSY, Hasty, PulledPlugError, content, ledger, make, plan

NUMBER = 11
PLANS = {
    "oracle": plan(),
    "clumsy": plan(teachers=[CLUMSY, "oracle"], retries=1, balance=("kinds", "turns"), near=0.9),
    "rejected": plan(teachers=[CLUMSY], best_of=2, keep_rejected=True),
}


@pytest.fixture(scope="module", params=PLANS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, dict[str, bytes]]:
    """A plan, and what comes of it undisturbed."""
    made_of, folder = PLANS[request.param], tmp_path_factory.mktemp("whole")
    make(folder, NUMBER, made_of)
    return made_of, content(folder)


@settings(max_examples=25)
@given(lives=st.lists(st.integers(0, 12), max_size=4), seed=st.integers(0, 10**6), capacity=st.integers(1, 20))
def test_deaths_and_orders_change_nothing(
    case: tuple[Plan, dict[str, bytes]], lives: list[int], seed: int, capacity: int
) -> None:
    made_of, expected = case
    with TemporaryDirectory() as name:
        for life in lives:
            _live(Path(name), made_of, Hasty(made_of, Random(seed), life, capacity))
        make(Path(name), NUMBER, made_of, lambda: Hasty(made_of, Random(seed), None, capacity))
        found = content(Path(name))
    assert [name for name in expected if found.get(name) != expected[name]] == []
    assert found.keys() == expected.keys()


def _live(folder: Path, made_of: Plan, workers: Hasty) -> None:
    """Go on with a folder until workers die."""
    try:
        make(folder, NUMBER, made_of, lambda: workers)
    except PulledPlugError:
        _tear(folder, Random(workers.capacity))


def _tear(folder: Path, rng: Random) -> None:
    """Leave what a process may leave that dies while it writes."""
    for journal in folder.glob(".partial-*"):
        with journal.open("rb+") as stream:
            size = len(stream.read())
            stream.truncate(rng.randint(max(size - 300, 0), size))
    (folder / ".kept-00009.jsonl.0a1b2c3d.tmp").write_bytes(b'{"task": ')


def test_conversations_side_by_side_change_nothing(case: tuple[Plan, dict[str, bytes]], tmp_path: Path) -> None:
    made_of, expected = case
    make(tmp_path, NUMBER, made_of, lambda: Conversations(made_of, 5))
    assert content(tmp_path) == expected


def test_processes_change_nothing(tmp_path: Path) -> None:
    for name, workers in (("alone", None), ("processes", lambda: Processes(PLANS["clumsy"], 2))):
        make(tmp_path / name, NUMBER, PLANS["clumsy"], workers)
    assert content(tmp_path / "alone") == content(tmp_path / "processes")


def test_no_task_is_played_for_nothing(tmp_path: Path) -> None:
    workers = Hasty(PLANS["clumsy"], Random(3))
    make(tmp_path, NUMBER, PLANS["clumsy"], lambda: workers)
    assert sorted(workers.taken) == [entry.index for entry in ledger(tmp_path)] == list(range(len(workers.taken)))


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from cases import make, plan
made_of = plan(shard=8)
make(Path(sys.argv[1]), 60, made_of, watch=lambda progress: print(progress.tally.tasks + progress.waiting, flush=True))
"""


def test_killed_processes_change_nothing(tmp_path: Path) -> None:
    beside = str(Path(__file__).parent)
    command = [sys.executable, "-c", SCRIPT]
    rng, done = Random(5), [0]
    for kill in range(4):
        running = subprocess.Popen([*command, str(tmp_path / "killed"), beside], stdout=subprocess.PIPE, text=True)
        assert running.stdout is not None
        goal = done[-1] + rng.randint(1, 14)
        for line in running.stdout:
            done.append(int(line))
            if done[-1] >= goal:
                break
        sleep(rng.random() / 100)
        os.kill(running.pid, signal.SIGKILL)
        running.stdout.close()
        assert running.wait() == -signal.SIGKILL, f"kill {kill} came too late"
    assert done == sorted(done), "tasks were lost"
    for name in ("killed", "whole"):
        subprocess.run([*command, str(tmp_path / name), beside], check=True, capture_output=True)
    assert content(tmp_path / "killed") == content(tmp_path / "whole")


@pytest.mark.parametrize("last", range(9))
def test_a_full_disk_leaves_a_folder_to_go_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int) -> None:
    made_of, written = plan(), 0

    def full(path: Path, data: bytes) -> None:
        nonlocal written
        written += 1
        if written > last:
            raise InputError(f"cannot write {path}: No space left on device")
        write(path, data)

    write = atomic_write
    with monkeypatch.context() as patched:
        patched.setattr(files, "atomic_write", full)
        if last < 6:  # three shards of a ledger and a file of examples each
            with pytest.raises(InputError, match="No space left"):
                make(tmp_path / "full", NUMBER, made_of)
    make(tmp_path / "full", NUMBER, made_of)
    make(tmp_path / "whole", NUMBER, made_of)
    assert content(tmp_path / "full") == content(tmp_path / "whole")


def test_a_full_disk_stops_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no device that is full")
    made_of = plan()
    with monkeypatch.context() as patched:
        patched.setattr(Shards, "_journal", lambda self, number: Path("/dev/full"))
        with pytest.raises(InputError, match="No space left"):
            make(tmp_path, 2, made_of)
    assert make(tmp_path, 2, made_of).complete


def test_two_processes_cannot_fill_one_folder(tmp_path: Path) -> None:
    first = Shards(tmp_path, 4)
    with pytest.raises(InputError, match="another process"):
        make(tmp_path, 1, plan())
    first.close()
    assert make(tmp_path, 1, plan()).complete


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 8}, "seed 7, now 8"),
        ({"retries": 2}, "retries"),
        ({"keep": "success"}, "keep"),
        ({"shard": 5}, "shard"),
    ],
)
def test_a_folder_of_another_plan_is_refused(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    make(tmp_path, 2, plan())
    before = content(tmp_path)
    with pytest.raises(InputError, match=named):
        make(tmp_path, 2, plan(**changes))
    assert content(tmp_path) == before
    (tmp_path / "notes.txt").write_text("mine")
    assert make(tmp_path, 2, plan(**changes), force=True).complete
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_can_be_made_larger_and_not_smaller(tmp_path: Path) -> None:
    for number in (2, 6, 11):
        make(tmp_path / "grown", number, plan())
    make(tmp_path / "whole", 11, plan())
    assert content(tmp_path / "grown") == content(tmp_path / "whole")
    with pytest.raises(InputError, match="holds 11 examples"):
        make(tmp_path / "grown", 5, plan())


def test_a_complete_folder_is_left_alone(tmp_path: Path) -> None:
    make(tmp_path, 5, plan())
    before = content(tmp_path)

    def nobody() -> Any:
        raise AssertionError("workers were started")

    assert make(tmp_path, 5, plan(), nobody).complete
    assert content(tmp_path) == before


def test_damage_is_noticed(tmp_path: Path) -> None:
    make(tmp_path, 5, plan())
    kept = tmp_path / "kept-00000.jsonl"
    kept.write_bytes(b"".join(kept.read_bytes().splitlines(keepends=True)[:2]))
    with pytest.raises(InputError, match="damaged"):
        make(tmp_path, 7, plan())
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(InputError, match="no manifest"):
        make(tmp_path, 7, plan())
