"""Tasks as rows: the same whenever and wherever they are asked for, and no customer in two splits."""

from random import Random
from typing import Any

import pytest

from cove_rl.domains.retail.records import User
from cove_rl.errors import InputError, SamplingError
from cove_rl.tasks.task import Task, decode_task, encode_task
from cove_rl.tasks.worlds import Worlds
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World

from .cases import WORLD
from .engines import CoveTasks, Strangers, settings

SMALL = {"users": 40, "orders": 120}
SPLITS: dict[str, dict[str, Any]] = {
    "train": {"worlds": [1, 2, 3], "tasks": 60, "seed": 1},
    "val": {"worlds": [1001], "tasks": 20, "seed": 1001},
    "test": {"worlds": [2001], "tasks": 20, "seed": 2001},
}


def tasks_of(name: str, *, max_samples: int = -1, **changes: Any) -> CoveTasks:
    values = settings(**{"splits": SPLITS, "world_size": SMALL, **changes})
    return CoveTasks([name], tokenizer=None, config={"cove": values}, max_samples=max_samples)


def customer(task: Task, world: World) -> User:
    """Return the customer, found in another way than the dataset's."""
    said = task.identity[0].values
    for user in world.rows(User).values():
        if said.get("email") == user.email:
            return user
        names = (user.name.first_name, user.name.last_name, user.address.zip)
        if tuple(said.get(name) for name in ("first_name", "last_name", "zip")) == names:
            return user
    raise AssertionError(said)


def test_rows_are_the_same_in_any_order_and_any_process() -> None:
    rows, again = tasks_of("train"), tasks_of("train")
    order = Random(0).sample(range(60), 60)
    texts = {number: again[number]["extra_info"]["task"] for number in order}
    assert [rows[number]["extra_info"]["task"] for number in range(60)] == [texts[number] for number in range(60)]


def test_a_row_has_what_verl_asks_for() -> None:
    row = tasks_of("val")[3]
    task = decode_task(row["extra_info"]["task"])
    assert row["raw_prompt"] == [{"role": "system", "content": get_domain("retail").policy}]
    assert row["data_source"] == "cove_retail"
    assert row["reward_model"] == {"style": "rule", "ground_truth": task.id}
    assert row["index"] == row["extra_info"]["index"] == 3
    assert encode_task(task).decode() == row["extra_info"]["task"]


def test_lengths() -> None:
    assert [len(tasks_of(name)) for name in SPLITS] == [60, 20, 20]
    assert [len(tasks_of("val", max_samples=number)) for number in (0, 5, 99)] == [0, 5, 20]
    with pytest.raises(IndexError):
        tasks_of("val", max_samples=5)[5]


def test_an_unknown_split_is_an_error() -> None:
    with pytest.raises(InputError, match=r"no split 'dev'; cove.splits has: train, val, test"):
        tasks_of("dev")


def test_splits_share_neither_worlds_nor_tasks_nor_customers() -> None:
    rows = {name: tasks_of(name) for name in SPLITS}
    splits = {name: [rows[name].task(number) for number in range(20)] for name in SPLITS}
    worlds = {name: [get_domain("retail").world(seed, SMALL) for seed in SPLITS[name]["worlds"]] for name in SPLITS}
    found = {world.ref.fingerprint: world for some in worlds.values() for world in some}
    for name, tasks in splits.items():
        assert {task.world.seed for task in tasks} <= set(SPLITS[name]["worlds"])
        elsewhere = {
            key for other, some in worlds.items() if other != name for world in some for key in world.rows(User)
        }
        assert {customer(task, found[task.world.fingerprint]).user_id for task in tasks}.isdisjoint(elsewhere)
    ids = [task.id for tasks in splits.values() for task in tasks]
    assert len(set(ids)) == len(ids)


def renamed(world: World, users: dict[str, User]) -> World:
    """Return the world with other people in it."""
    return World(world.ref.domain, {kind: users if kind is User else rows for kind, rows in world.tables.items()})


def test_a_customer_is_known_by_id_or_by_how_they_describe_themselves() -> None:
    rows = tasks_of("train", splits={"train": {"worlds": [7], "tasks": 20}}, world_size={})
    other = get_domain("retail").world(1001, SMALL)
    for number in range(20):
        task = rows.task(number)
        user = customer(task, WORLD)
        stranger = next(iter(other.rows(User).values()))
        assert not Strangers([other]).include(task, WORLD)
        assert Strangers([renamed(other, {user.user_id: stranger})]).include(task, WORLD)
        assert Strangers([other, renamed(other, {"someone_else_0001": user})]).include(task, WORLD)


def test_customers_met_in_another_split_are_passed_over() -> None:
    """Worlds of one seed have the same people first, whatever their size, so here half of the customers overlap."""
    rows = tasks_of("train")
    strangers = Strangers([get_domain("retail").world(1, {"users": 20, "orders": 60})])
    found = Worlds()
    passed = [
        number for number in range(60) if strangers.include(rows.task(number), found.find(rows.task(number).world))
    ]
    assert passed
    before = {number: encode_task(rows.task(number)) for number in range(60)}
    rows.rows.strangers["retail"] = strangers
    after = {number: encode_task(rows.task(number)) for number in range(60)}
    assert {number for number in range(60) if before[number] != after[number]} == set(passed)
    assert len(set(after.values())) == 60


def test_a_split_that_overlaps_whole_is_an_error() -> None:
    rows = tasks_of("val")
    rows.rows.strangers["retail"] = Strangers([get_domain("retail").world(1001, SMALL)])
    with pytest.raises(SamplingError, match="also met in another split's world"):
        rows.task(0)
