"""Rollouts kept for the viewer: exact to the token, and never in the way of training."""

from pathlib import Path
from typing import Any

import pytest

from cove_rl.viewer.opening import collect

from .cases import solved
from .engines import Engine, OracleEngine, config, make_loop, play, reward

TASK = solved()[0].task


async def test_a_recorded_rollout_has_the_tokens_that_are_trained_on(tokenizer: Any, tmp_path: Path) -> None:
    output = await play(make_loop(OracleEngine(tokenizer), config(record=str(tmp_path / "kept"))), TASK)
    collection = collect([tmp_path / "kept"])
    (card,), shown = collection.cards, collection.detail(0).tokens
    assert shown is not None
    assert list(shown.ids) == [*output.prompt_ids, *output.response_ids]
    assert list(shown.mask) == [0] * shown.prompt + output.response_mask
    assert shown.prompt == len(output.prompt_ids)
    assert list(shown.logprobs or ()) == [0.0] * shown.prompt + (output.response_logprobs or [])
    assert "".join(shown.texts) == tokenizer.decode(shown.ids)
    assert (card.score, card.kinds) == (1.0, tuple(one.kind for one in TASK.constraints))


async def test_the_recorded_verdict_is_the_reward(tokenizer: Any, tmp_path: Path) -> None:
    loop = make_loop(Engine(tokenizer, ["No."] * 3), config(record=str(tmp_path), agent_turns=3))
    output = await play(loop, TASK)
    (card,) = collect([tmp_path]).cards
    assert card.score == reward(TASK, output)["score"] == 0.0
    assert card.ending == output.extra_fields["cove_ending"] == "max_agent_turns"


async def test_rollouts_of_one_process_are_lines_of_one_file(tokenizer: Any, tmp_path: Path) -> None:
    for one in solved()[:3]:
        await play(make_loop(OracleEngine(tokenizer), config(record=str(tmp_path))), one.task)
    assert len(list(tmp_path.iterdir())) == 1
    assert [card.task for card in collect([tmp_path]).cards] == [one.task.id for one in solved()[:3]]


async def test_a_folder_that_cannot_be_written_ends_nothing(
    tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("cove_rl.training.record.log.warning", lambda words, *values: said.append(words % values))
    (tmp_path / "file").write_text("in the way")
    output = await play(make_loop(OracleEngine(tokenizer), config(record=str(tmp_path / "file"))), TASK)
    assert reward(TASK, output)["score"] == 1.0
    assert len(said) == 1
    assert said[0].startswith(f"a rollout was not recorded: cannot write {tmp_path / 'file'}")


async def test_nothing_is_recorded_unless_it_is_asked_for(
    tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cove_rl.training.loop.record", None)
    await play(make_loop(OracleEngine(tokenizer)), TASK)
    assert list(tmp_path.iterdir()) == []
