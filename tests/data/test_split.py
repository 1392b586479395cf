"""Sides share no task, or no world and no customer; where a task goes depends on nothing else."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.data.split import By, Sides, Splitting, split
from cove_rl.errors import InputError
from cove_rl.synth.example import Example, load_examples
from cove_rl.tasks.task import Task

from .examples import example, examples, world, write

HALVES = {"train": 0.5, "val": 0.25, "test": 0.25}
SEEDS = range(100)


def task(name: str, place: str) -> Task:
    """Return a task that differs from others in its id and its world."""
    one = examples()[0].task
    return msgspec.structs.replace(one, id=name, world=msgspec.structs.replace(one.world, fingerprint=place))


def sides_of(path: Path) -> dict[str, list[Example]]:
    return {file.stem: list(load_examples(file)) for file in path.iterdir()}


def working(lines: Sequence[Example], tmp_path: Path, by: By) -> tuple[Path, Splitting, Sides]:
    """Split with the first seed that leaves no side empty."""
    source = write(tmp_path / "in.jsonl", *lines)
    for seed in SEEDS:
        splitting = Splitting({"train": 0.5, "test": 0.5}, by, seed)
        if {splitting.side(line.task) for line in lines} == {"train", "test"}:
            return tmp_path / "out", splitting, split(source, splitting, tmp_path / "out")
    raise AssertionError("no seed leads to two sides")


@given(st.text(max_size=9), st.text(max_size=9), st.sampled_from(["task", "world"]), st.integers())
def test_the_side_is_that_of_the_task_or_of_the_world(name: str, place: str, by: By, seed: int) -> None:
    splitting = Splitting(HALVES, by, seed)
    side = splitting.side(task(name, place))
    assert side in HALVES
    assert side == Splitting(HALVES, by, seed).side(msgspec.structs.replace(task(name, place), seed="another attempt"))
    assert by == "task" or side == splitting.side(task("another", place))


@pytest.mark.parametrize("by", ["task", "world"])
def test_sides_have_their_shares(by: By) -> None:
    splitting = Splitting({"train": 0.9, "val": 0.05, "test": 0.05}, by)
    sides = [splitting.side(task(f"t{index}", f"w{index}")) for index in range(4000)]
    assert 0.88 < sides.count("train") / 4000 < 0.92
    assert 0.035 < sides.count("val") / 4000 < 0.065


def test_seeds_lead_to_different_sides() -> None:
    names = [f"t{index}" for index in range(64)]
    found = [tuple(Splitting(HALVES, "task", seed).side(task(name, "w")) for name in names) for seed in range(4)]
    assert len(set(found)) == 4


def test_all_attempts_at_a_task_stay_together(tmp_path: Path) -> None:
    again = [msgspec.structs.replace(one, facts=msgspec.structs.replace(one.facts, teacher="b")) for one in examples()]
    out, splitting, sides = working([*examples(), *again], tmp_path, "task")
    found = sides_of(out)
    assert sides.counts == {name: len(lines) for name, lines in found.items()}
    assert sum(sides.counts.values()) == 12
    for name, lines in found.items():
        assert all(splitting.side(line.task) == name for line in lines)
        wanted = [one for one in [*examples(), *again] if one.task in [line.task for line in lines]]
        assert lines == wanted


def test_all_tasks_of_a_world_stay_together_and_no_customer_is_on_two_sides(tmp_path: Path) -> None:
    lines = [example("retail", index, seed) for seed in (7, 8) for index in range(2)]
    first, third = lines[0], lines[2]
    # the same customer in the other world
    stranger = msgspec.structs.replace(first.task, id="another", world=third.task.world)
    lines.append(msgspec.structs.replace(first, task=stranger))
    out, _, sides = working(lines, tmp_path, "world")
    found = sides_of(out)
    places = {name: {line.task.world.fingerprint for line in kept} for name, kept in found.items()}
    assert places["train"] | places["test"] == {world("retail", seed).ref.fingerprint for seed in (7, 8)}
    assert not places["train"] & places["test"]
    met = [line.task.identity for line in found["train"]]
    assert all(line.task.identity not in met for line in found["test"])
    assert sides.left_out == 1
    assert sum(sides.counts.values()) == 4


def test_a_customer_who_is_described_otherwise_is_still_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cove_rl.data.split.customers_of", lambda task, world: {("User", "ann_lee_1234")})
    with pytest.raises(InputError, match="nothing would be in test"):
        working([example("retail", index, seed) for seed in (7, 8) for index in range(2)], tmp_path, "world")


def test_a_split_is_the_same_every_time(tmp_path: Path) -> None:
    out, splitting, _ = working(examples(), tmp_path, "task")
    split(tmp_path / "in.jsonl", splitting, tmp_path / "again")
    assert sides_of(out) == sides_of(tmp_path / "again")


def test_a_side_without_a_share_is_not_written(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", *examples())
    assert split(source, Splitting({"train": 1.0, "test": 0.0}), tmp_path / "out").counts == {"train": 6}
    assert list(sides_of(tmp_path / "out")) == ["train"]


def test_an_empty_side_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", examples()[0])
    with pytest.raises(InputError, match="nothing would be in"):
        split(source, Splitting(HALVES), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="exists"):
        split(source, Splitting(HALVES), tmp_path)


@pytest.mark.parametrize("shares", [{"a": 0.5, "b": 0.4}, {"a": 1.5, "b": -0.5}])
def test_shares_must_add_up(shares: dict[str, float]) -> None:
    with pytest.raises(InputError, match="add up"):
        Splitting(shares)
