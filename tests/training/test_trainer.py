"""The trainer: parts of the reward among its metrics, and what it checks."""

from pathlib import Path

import msgspec
import pytest
from hydra import compose, initialize_config_module

from cove_rl.errors import CoveError, InputError

from .engines import Settings, Split, check_order, check_replaced, make_model, part_means, tiny

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


def test_a_profile_before_its_environment_is_noticed() -> None:
    with initialize_config_module("verl.trainer.config", version_base=None):
        right = compose("ppo_trainer", overrides=["+env=cove_retail", "+profile=cpu"])
        wrong = compose("ppo_trainer", overrides=["+profile=cpu", "+env=cove_retail"])
        none = compose("ppo_trainer", overrides=["+env=cove_retail"])
    check_order(right)
    check_order(none)
    with pytest.raises(InputError, match=r"\+profile=cpu came before \+env="):
        check_order(wrong)


def test_a_step_gives_up_when_too_many_groups_were_dropped() -> None:
    check_replaced(128, 128)
    with pytest.raises(CoveError, match="dropped 129 groups, more than 128"):
        check_replaced(129, 128)


def test_a_model_is_made_only_if_asked_for_and_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[Path, list[str]]] = []
    monkeypatch.setattr(tiny, "build_tiny", lambda path, domains, size: made.append((path, domains)))
    settings = Settings({"retail": 1.0}, {"train": Split((1,), 1)}, tiny_model=True)
    make_model(settings, tmp_path / "model")
    make_model(msgspec.structs.replace(settings, tiny_model=False), tmp_path / "model")
    make_model(settings, tmp_path)
    assert made == [(tmp_path / "model", ["retail"])]
