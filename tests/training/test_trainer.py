"""The parts of the reward among the training metrics."""

import pytest

from .engines import part_means

REWARDS = [
    {"score": 1.0, "satisfied": 1.0, "has/return_items": 1.0, "satisfied/return_items": 1.0},
    {"score": 0.5, "satisfied": 0.5, "has/return_items": 1.0, "satisfied/return_items": 0.5},
    {"score": 0.0, "satisfied": 0.0, "has/return_items": 0.0, "satisfied/return_items": 0.0},
]


def test_parts_are_means_over_the_batch_and_kinds_over_the_tasks_that_have_them() -> None:
    means = part_means(REWARDS)
    assert means["cove/score"] == means["cove/satisfied"] == 0.5
    assert means["cove/has/return_items"] == pytest.approx(2 / 3)
    assert means["cove/satisfied/return_items"] == 0.75


def test_a_kind_no_task_has_is_left_out() -> None:
    assert set(part_means(REWARDS[2:])) == {"cove/score", "cove/satisfied", "cove/has/return_items"}


def test_trajectories_without_a_reward_do_not_count() -> None:
    assert part_means([]) == part_means([{}]) == {}
    assert part_means([{}, *REWARDS])["cove/score"] == 0.5
