"""The check that the tests on Slurm and Ray end with: it finds a task that was lost, doubled, or is another's."""

import importlib.util
import json
from collections import Counter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "stream.py"
SPEC = importlib.util.spec_from_file_location("recipes_stream", SOURCE)
assert SPEC is not None
assert SPEC.loader is not None
stream = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(stream)

DUE = ["a", "b", "c", "d"]


def steps(*tasks: str) -> dict[int, Counter[str]]:
    return {number: Counter(names) for number, names in enumerate(tasks, start=1)}


def test_a_step_that_was_begun_again_is_no_fault() -> None:
    assert list(stream.faults(steps("aabb", "ccddccd"), DUE, 2)) == []


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (("ab", "c"), "step 2: lost ['d'], unexpected []"),
        (("ab",), "step 2: lost ['c', 'd'], unexpected []"),
        (("ab", "cb"), "step 2: lost ['d'], unexpected ['b']"),
        (("ab", "cde"), "step 2: lost [], unexpected ['e']"),
        (("ab", "cd", "e"), "steps that should not be there: [3]"),
    ],
)
def test_a_fault_is_found(found: tuple[str, ...], fault: str) -> None:
    assert list(stream.faults(steps(*found), DUE, 2)) == [fault]


def test_rollouts_are_counted_by_step(tmp_path: Path) -> None:
    lines = [{"task": {"id": name}, "step": step} for name, step in (("a", 0), ("a", 0), ("b", 0), ("c", 1))]
    (tmp_path / "one.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines[:3]))
    (tmp_path / "two.jsonl").write_text(json.dumps(lines[3]) + "\n")
    assert stream.kept(tmp_path) == {1: Counter(a=2, b=1), 2: Counter(c=1)}
