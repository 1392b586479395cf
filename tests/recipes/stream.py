"""Check that a run that was interrupted trained on the tasks in order: none lost, none doubled.

`python stream.py FOLDER --batch 2 --steps 4` reads the rollouts that a run has kept (`cove.record=FOLDER`) and compares
the tasks of every step with the rows of the dataset. A step that was begun again after an interruption has rollouts of
either attempt, of the same tasks.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec


class Line(msgspec.Struct):
    """What is read of a kept rollout.

    Attributes:
        task: the task; its id is under "id".
        step: how many updates the policy had seen.
    """

    task: dict[str, object]
    step: int


def kept(folder: Path) -> dict[int, Counter[str]]:
    """Return, for every step from 1 on, how many rollouts of each task there are."""
    steps: dict[int, Counter[str]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for text in path.read_bytes().splitlines():
            line = msgspec.json.decode(text, type=Line)
            steps.setdefault(line.step + 1, Counter())[str(line.task["id"])] += 1
    return steps


def expected(count: int) -> list[str]:
    """Return the ids of the first training tasks, as the environment's dataset makes them."""
    from cove_rl.training.compose import compose
    from cove_rl.training.dataset import CoveTasks

    dataset = CoveTasks("train", config=compose(["+env=cove_retail", "+profile=cpu"])["data"])
    return [dataset.task(index).id for index in range(count)]


def faults(steps: dict[int, Counter[str]], stream: list[str], batch: int) -> Iterable[str]:
    """Yield what is wrong: a step whose tasks are not the stream's next `batch`."""
    for step in range(1, len(stream) // batch + 1):
        due = set(stream[(step - 1) * batch : step * batch])
        found = set(steps.get(step, ()))
        if due != found:
            yield f"step {step}: lost {sorted(due - found)}, unexpected {sorted(found - due)}"
    if more := sorted(set(steps) - set(range(1, len(stream) // batch + 1))):
        yield f"steps that should not be there: {more}"


def main() -> None:
    """Print a line for each step; end with an error if a task was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--batch", type=int, required=True, help="tasks of a step")
    parser.add_argument("--steps", type=int, required=True, help="steps of the run")
    asked = parser.parse_args()
    steps = kept(asked.folder)
    for step, tasks in sorted(steps.items()):
        counted = ", ".join(f"{task} x{count}" for task, count in sorted(tasks.items()))
        sys.stdout.write(f"step {step}: {counted}\n")
    if wrong := list(faults(steps, expected(asked.batch * asked.steps), asked.batch)):
        sys.exit("\n".join(wrong))
    sys.stdout.write("no task lost, none doubled\n")


if __name__ == "__main__":
    main()
