"""Our suites are the held-out split of the recipe: the same tasks a training run would be tested on."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from cove_rl.errors import InputError
from cove_rl.evaluation.suite import fingerprint, own_split, own_suite, own_suites
from cove_rl.tasks.strangers import Strangers
from cove_rl.tasks.task import decode_task
from cove_rl.tasks.worlds import Worlds
from cove_rl.world.domain import get_domain

RECIPE = Path(__file__).parents[2] / "configs" / "recipe" / "cove_grpo.yaml"


@pytest.mark.parametrize("name", own_suites())
def test_a_suite_is_the_test_split_of_its_environment(name: str) -> None:
    recipe: dict[str, Any] = yaml.safe_load(RECIPE.read_text())["cove"]
    environment: dict[str, Any] = yaml.safe_load((RECIPE.parents[1] / "env" / f"cove_{name}.yaml").read_text())["cove"]
    split, test = own_split(name), recipe["splits"]["test"]
    assert (list(split.worlds), split.tasks, split.seed) == (test["worlds"], test["tasks"], test["seed"])
    others = [world for other, one in recipe["splits"].items() if other != "test" for world in one["worlds"]]
    assert list(split.others) == others
    assert split.domains == environment["domains"]
    assert recipe["difficulty"] == {"level": "normal"}
    assert set(split.worlds).isdisjoint(split.others)


def test_tasks_are_of_the_held_out_world_and_of_nobody_met_in_training() -> None:
    suite, split, worlds = own_suite("retail", 6), own_split("retail"), Worlds()
    tasks = [decode_task(case.task) for case in suite.cases]
    strangers = Strangers([get_domain("retail").world(seed) for seed in split.others])
    assert {task.world.seed for task in tasks} == set(split.worlds)
    assert not any(strangers.include(task, worlds.find(task.world)) for task in tasks)
    assert [case.task_id for case in suite.cases] == [task.id for task in tasks]
    assert len({task.id for task in tasks}) == suite.ref.tasks == 6


def test_fewer_tasks_are_the_first_ones_and_processes_change_nothing() -> None:
    assert own_suite("retail", 4).cases == own_suite("retail", 6, workers=2).cases[:4]
    assert own_suite("retail", 4).ref.fingerprint != own_suite("retail", 3).ref.fingerprint


def test_a_fingerprint_is_of_the_tasks_and_their_order() -> None:
    assert fingerprint([b"a", b"b"]) == fingerprint(iter([b"a", b"b"]))
    assert len({fingerprint(some) for some in ([b"a", b"b"], [b"b", b"a"], [b"ab"], [b"a"], [])}) == 5


@pytest.mark.parametrize(
    ("name", "tasks", "fault"), [("telecom", 1, "there is no suite"), ("retail", 513, "512 tasks")]
)
def test_what_there_is_not_is_refused(name: str, tasks: int, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        own_suite(name, tasks)


def test_every_task_is_counted_as_it_is_made() -> None:
    advanced: list[int] = []
    own_suite("retail", 3, advance=lambda: advanced.append(1))
    assert len(advanced) == 3


def test_a_case_can_be_sent_to_another_process() -> None:
    case = own_suite("retail", 1).cases[0]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(case), type=type(case)) == case
