"""Fine-tuning data: the tokens and the mask of rollouts, whatever the conversation."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from cove_rl.errors import InputError, SamplingError
from cove_rl.synth.tasks import Solved

torch = pytest.importorskip("torch", reason="needs the train extra")

from .cases import solved  # noqa: E402
from .engines import Engine, make_loop, play  # noqa: E402
from .fine_tuning import ChosenTasks, Conversations, CopyDrills, read_choice  # noqa: E402

COVE = {
    "domains": {"retail": 1.0},
    "splits": {"train": {"worlds": [1, 2], "tasks": 50}, "val": {"worlds": [3], "tasks": 8, "seed": 1}},
    "world_size": {"users": 40, "orders": 60},
}


@pytest.fixture
def data(tmp_path: Path) -> dict[str, Any]:
    """verl's `data` node, for a model of type Qwen3."""
    (tmp_path / "config.json").write_text('{"model_type": "qwen3"}')
    return {"cove": COVE, "model_path": str(tmp_path), "max_length": 100_000, "truncation": "error", "drills": 64}


def record(tmp_path: Path, count: int) -> Path:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(one.trajectory) + b"\n" for one in solved(count)))
    return file


def repeating(one: Solved, tokenizer: Any) -> Engine:
    """Return an engine that says again what the oracle said."""
    said = [message for message in one.trajectory.messages if message.role == "assistant"]
    return Engine(tokenizer, said[1:])


async def test_the_tokens_are_those_of_a_rollout(tokenizer: Any, data: dict[str, Any], tmp_path: Path) -> None:
    rows = Conversations([str(record(tmp_path, 24))], tokenizer, data)
    assert len(rows) == 24
    for number, one in enumerate(solved(24)):
        output = await play(make_loop(repeating(one, tokenizer)), one.task)
        assert rows[number]["input_ids"].tolist() == [*output.prompt_ids, *output.response_ids]
        assert rows[number]["loss_mask"].tolist() == [0] * len(output.prompt_ids) + output.response_mask


async def test_long_results_are_cut_as_in_a_rollout(tokenizer: Any, data: dict[str, Any], tmp_path: Path) -> None:
    data["cove"] = COVE | {"result_tokens": 64}
    rows = Conversations(str(record(tmp_path, 6)), tokenizer, data)
    for number, one in enumerate(solved(6)):
        loop = make_loop(repeating(one, tokenizer))
        loop.settings = msgspec.structs.replace(loop.settings, result_tokens=64)
        output = await play(loop, one.task)
        assert rows[number]["input_ids"].tolist() == [*output.prompt_ids, *output.response_ids]
        assert "tokens left out" in tokenizer.decode(output.response_ids)


def test_a_row_depends_on_its_number_alone(tokenizer: Any, data: dict[str, Any]) -> None:
    rows, again = (Conversations("train", tokenizer, data) for _ in range(2))
    assert len(rows) == 50
    for index in (3, 0, 49):
        first, second = rows[index], again[index]
        assert set(first) == {"input_ids", "position_ids", "loss_mask"}
        assert all(torch.equal(first[key], second[key]) for key in first)
        assert first["position_ids"].tolist() == list(range(len(first["input_ids"])))
    with pytest.raises(IndexError):
        rows[50]
    assert len(Conversations("train", tokenizer, data, max_samples=7)) == 7


def test_the_loss_is_on_what_the_assistant_wrote(tokenizer: Any, data: dict[str, Any]) -> None:
    rows = Conversations("val", tokenizer, data)
    for index in range(len(rows)):
        said = [message for message in rows.conversation(index).chats if message["role"] == "assistant"][1:]
        kept = rows[index]["input_ids"][rows[index]["loss_mask"].bool()]
        text = tokenizer.decode(kept)
        assert text.count("<|im_end|>") == len(said)
        assert all(message["content"] in text for message in said)
        assert text.count("<tool_call>") == sum(len(message.get("tool_calls", ())) for message in said)
        assert "<tool_response>" not in text


def test_a_conversation_that_is_too_long_is_an_error_or_cut(tokenizer: Any, data: dict[str, Any]) -> None:
    whole = Conversations("train", tokenizer, data)[0]
    data["max_length"] = len(whole["input_ids"]) - 40
    with pytest.raises(InputError, match=r"raise it, or cut with data\.truncation=right"):
        Conversations("train", tokenizer, data)[0]
    data["truncation"] = "right"
    cut = Conversations("train", tokenizer, data)[0]
    assert all(torch.equal(cut[key], whole[key][:-40]) for key in whole)
    data["truncation"] = "left"
    with pytest.raises(InputError, match="'left'"):
        Conversations("train", tokenizer, data)


def test_a_split_or_a_file_that_is_not_there_is_an_error(tokenizer: Any, data: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no split 'trian'"):
        Conversations("trian", tokenizer, data)
    with pytest.raises(InputError, match=r"cannot read .*gone\.jsonl"):
        Conversations(str(tmp_path / "gone.jsonl"), tokenizer, data)


def test_drills_repeat_what_they_showed(tokenizer: Any, data: dict[str, Any]) -> None:
    data["max_length"] = 128
    drills, others = CopyDrills("train", tokenizer, data), CopyDrills("val", tokenizer, data)
    assert len(drills) == 64
    special = set(tokenizer.all_special_ids)
    for index in range(64):
        ids, mask = drills[index]["input_ids"].tolist(), drills[index]["loss_mask"].tolist()
        half = len(ids) // 2
        assert 32 <= len(ids) <= 128
        assert ids[:half] == ids[half:]
        assert mask == [0] * (half + 1) + [1] * (half - 1)
        assert not special & set(ids)
        assert ids != others[index]["input_ids"].tolist()


def test_chosen_tasks_are_of_the_kinds_chosen(data: dict[str, Any]) -> None:
    data["cove"] = COVE | {"mix": [1.0]}
    data["choose"] = {"kinds": ["cancel_order", "hand_over"], "openness": ["open"]}
    rows = ChosenTasks("train", config=data)
    tasks = [rows.task(index) for index in range(len(rows))]
    assert {constraint.kind for task in tasks for constraint in task.constraints} == {"cancel_order", "hand_over"}
    assert {task.persona.openness for task in tasks} == {"open"}
    assert len({task.id + task.world.fingerprint for task in tasks}) == len(tasks)
    assert rows.task(5) == ChosenTasks("train", config=data).task(5)


def test_without_a_choice_every_task_is_kept(data: dict[str, Any]) -> None:
    from .fine_tuning import CoveTasks

    chosen, plain = ChosenTasks("train", config=data), CoveTasks("train", config=data)
    assert [chosen.task(index) for index in range(10)] == [plain.task(index) for index in range(10)]


@pytest.mark.parametrize(
    ("choice", "fault"),
    [
        ({"kinds": ["bake_bread"]}, "bake_bread; there are cancel_order"),
        ({"kind": []}, "unknown field `kind`"),
        ({"openness": ["shy"]}, "openness of reserved, normal, open"),
    ],
)
def test_a_wrong_choice_is_named(data: dict[str, Any], choice: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        ChosenTasks("train", config=data | {"choose": choice})
    assert read_choice(None) == read_choice({})


def test_a_choice_that_no_task_meets_ends(data: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cove_rl.training.chosen.DRAWS", 3)
    data["cove"] = COVE | {"mix": [0, 0, 0, 1.0]}
    rows = ChosenTasks("train", config=data | {"choose": {"kinds": ["hand_over"]}})
    with pytest.raises(SamplingError, match="choose more kinds"):
        rows.task(0)
