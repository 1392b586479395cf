"""A policy in a folder is evaluated as any other agent is, on this process's engine."""

import warnings
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

pytest.importorskip("verl", reason="needs the train extra")

from cove_rl.errors import InputError
from cove_rl.evaluation.evaluate import Effort, evaluate
from cove_rl.evaluation.suite import Suite
from cove_rl.evaluation.trials import load_trials
from cove_rl.users.settings import ScriptedSettings
from tests.evaluation.runs import suite

from .engines import EpisodeFailedError
from .fine_tuning import Size, build_model

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from cove_rl.training import evaluated
    from cove_rl.training.local import LocalPolicy

SHORT = "data.max_response_length=128 cove.turn_tokens=16"


@pytest.fixture
def retail() -> Suite:
    """Two tasks, by the name of an environment."""
    made = suite(2)
    return replace(made, ref=replace(made.ref, name="retail"))


@pytest.fixture
def checkpoint(tokenizer: Any, tmp_path: Path) -> Path:
    """A folder of verl's checkpoints with a tiny policy in its newest step."""
    folder = tmp_path / "run" / "global_step_10" / "actor" / "huggingface"
    build_model(tokenizer, Size(len(tokenizer), 24, 1, 2)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (tmp_path / "run" / "global_step_9" / "actor" / "huggingface").mkdir(parents=True)
    return tmp_path / "run"


def test_a_policy_plays_every_trial(retail: Suite, checkpoint: Path, tmp_path: Path) -> None:
    text = f"policy:{checkpoint} temperature=0.5 {SHORT}"
    planned = evaluated.policy_evaluation(retail, text, ScriptedSettings(), Effort(trials=2))
    assert planned.run.sampling == {"temperature": 0.5, "max_tokens": 16, "total_tokens": 128}
    assert planned.run.agent["path"].endswith("global_step_10/actor/huggingface")
    found = evaluate(planned, tmp_path / "out", together=4)
    assert (found.finished, found.scored, found.score) == (4, 4, 0.0)
    trials = list(load_trials(tmp_path / "out"))
    assert {one.trajectory.agent for one in trials if one.trajectory} == {"policy"}
    assert len({one.task.seed for one in trials if one.task}) == 4


def test_what_the_loop_gives_up_is_excluded(
    retail: Suite, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise EpisodeFailedError("the engine is gone")

    planned = evaluated.policy_evaluation(
        retail, f"policy:{checkpoint}", ScriptedSettings(), Effort(trials=1, retries=3)
    )
    monkeypatch.setattr(LocalPolicy, "play", fails)
    found = evaluate(planned, tmp_path / "out")
    assert (found.scored, found.excluded) == (0, {"no attempt counts": 2})
    assert {(one.attempts, one.success) for one in load_trials(tmp_path / "out")} == {(4, None)}


@pytest.mark.parametrize("place", ["", "huggingface", "global_step_3/actor/huggingface", "global_step_12/huggingface"])
def test_a_model_is_found_wherever_checkpoints_have_it(tmp_path: Path, place: str) -> None:
    for name in ("config.json", "model.safetensors"):
        file = tmp_path / place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / "global_step_4").mkdir(exist_ok=True)
    assert evaluated.model_in(tmp_path) == tmp_path / place


def test_the_newest_of_several_steps_is_taken(tmp_path: Path) -> None:
    for step in (9, 10, 2):
        for name in ("config.json", "model.safetensors"):
            file = tmp_path / f"global_step_{step}" / "huggingface" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    assert evaluated.model_in(tmp_path).parent.name == "global_step_10"


def test_a_folder_without_a_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has a config\.json and its weights beside it"):
        evaluated.model_in(tmp_path)
    shard = tmp_path / "global_step_1" / "actor" / "model_world_size_1_rank_0.pt"
    shard.parent.mkdir(parents=True)
    shard.touch()
    with pytest.raises(InputError, match="merge them"):
        evaluated.model_in(tmp_path)


def test_a_wrong_setting_is_named(retail: Suite, checkpoint: Path) -> None:
    for setting, fault in (("temperature=warm", "is a number"), ("cove.no_such_key=1", "no_such_key")):
        with pytest.raises(InputError, match=fault):
            evaluated.policy_evaluation(retail, f"policy:{checkpoint} {setting}", ScriptedSettings(), Effort())
