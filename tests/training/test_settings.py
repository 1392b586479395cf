"""The `cove` key of the configuration: what is taken, and what is refused and how."""

from typing import Any

import pytest
from msgspec.structs import replace
from omegaconf import OmegaConf

from cove_rl.errors import InputError
from cove_rl.tasks.difficulty import LEVELS

from .engines import read_settings, settings


def test_plain_values_and_configuration_nodes_read_the_same() -> None:
    plain = settings(user_turns=5, deadlines={"user": 3})
    read = read_settings(plain)
    assert read == read_settings(OmegaConf.create(plain))
    assert (read.user_turns, read.deadlines.user, read.deadlines.episode) == (5, 3.0, 3600.0)


def test_interpolations_are_resolved() -> None:
    root = OmegaConf.create(
        {"data": {"cove": "${cove}"}, "cove": settings(retries="${cove.agent_turns}", agent_turns=7)}
    )
    assert read_settings(root.data.cove).retries == 7


TRAIN = {"worlds": [1], "tasks": 8}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"turn_token": 5}, "turn_token"),
        ({"domains": {}}, "domains"),
        ({"domains": {"retail": 0.0}}, "domains"),
        ({"splits": {}}, "splits"),
        ({"splits": {"train": {**TRAIN, "worlds": []}}}, "worlds"),
        ({"splits": {"train": {**TRAIN, "tasks": 0}}}, "tasks"),
        ({"splits": {"train": {**TRAIN, "size": 4}}}, "size"),
        ({"splits": {"train": TRAIN, "val": TRAIN}}, "'train' and 'val' share world 1"),
        ({"user": "nobody"}, "user"),
        ({"tool_format": "gpt-oss"}, "tool_format"),
        ({"agent_turns": 0}, "agent_turns"),
        ({"turn_tokens": -1}, "turn_tokens"),
        ({"result_tokens": 10}, "result_tokens"),
        ({"deadlines": {"user": 0}}, "user"),
        ({"retries": -1}, "retries"),
        ({"mix": [0.0]}, "weights"),
        ({"difficulty": "extreme"}, "extreme"),
        ({"difficulty": {"level": "easy", "colour": 1}}, "colour"),
        ({"difficulty": {"typos": 2}}, "typos"),
        ({"difficulty": {"requests": []}}, "weights"),
        ({"difficulty": 3}, "level"),
        ({"scoring": {"form": "linear"}}, "form"),
        ({"user_turns": "many"}, "user_turns"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_settings(settings(**changes))


def test_difficulty_is_a_level_with_changes_and_a_mix_of_its_own() -> None:
    assert read_settings(settings()).difficulty_of_tasks() == LEVELS["normal"]
    assert read_settings(settings(difficulty="hard")).difficulty_of_tasks() == LEVELS["hard"]
    changed = read_settings(settings(difficulty={"level": "hard", "typos": 0.0}, mix=[1.0])).difficulty_of_tasks()
    assert changed == replace(LEVELS["hard"], typos=0.0, requests=(1.0,))


def test_a_split_may_name_a_world_twice() -> None:
    assert read_settings(settings(splits={"train": {"worlds": [1, 1], "tasks": 8}}))
