"""Recorded runs are read whatever version wrote them, and an unusable line is named."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.errors import InputError
from cove_rl.evaluation.recorded import RecordedRun, read_runs

CALL = {"id": "c1", "name": "look", "arguments": {"key": "a"}, "requestor": "assistant"}
RESULT = {"role": "tool", "id": "c1", "content": "seen", "error": False, "requestor": "assistant"}


def _asks(*calls: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": list(calls)}


def _read(tmp_path: Path, *lines: dict[str, Any] | str) -> list[RecordedRun]:
    path = tmp_path / "runs.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return list(read_runs(path, "shop"))


def _one(tmp_path: Path, *messages: Any, **fields: Any) -> RecordedRun:
    (run,) = _read(tmp_path, {"domain": "shop", "messages": list(messages), **fields})
    return run


@pytest.mark.parametrize(
    "messages",
    [
        [_asks(CALL), RESULT],
        [_asks({**CALL, "arguments": '{"key": "a"}'}), {**RESULT, "error": None}],
        [{**_asks(CALL), "content": None, "cost": 0.1, "raw_data": {"x": [1]}}, RESULT],
        [{"role": "user", "content": "hello", "tool_calls": None}, _asks(CALL), RESULT],
        [_asks(CALL), {"role": "tool", "tool_messages": [RESULT]}],
        [[_asks(CALL)], [RESULT]],
        [_asks({"name": "look", "arguments": {"key": "a"}}), {"role": "tool", "content": "seen"}],
        [_asks(CALL), {**RESULT, "id": "another"}],
    ],
    ids=["plain", "json text", "extra fields", "user text", "bundle", "lists", "no ids", "foreign id"],
)
def test_every_way_of_writing_one_call_reads_alike(tmp_path: Path, messages: list[Any]) -> None:
    (answer,) = _one(tmp_path, *messages).answers()
    assert (answer.call.name, answer.call.arguments, answer.call.requestor) == ("look", {"key": "a"}, "assistant")
    assert (answer.content, answer.failed) == ("seen", False)


def test_several_calls_in_a_message_keep_their_order_and_their_results(tmp_path: Path) -> None:
    calls = [{**CALL, "id": name, "arguments": {"key": name}} for name in "abc"]
    results = [{**RESULT, "id": name, "content": f"seen {name}"} for name in "bca"]
    answers = _one(tmp_path, _asks(*calls), *results).answers()
    assert [(answer.call.id, answer.content) for answer in answers] == [(name, f"seen {name}") for name in "abc"]


def test_ids_that_repeat_are_matched_oldest_first(tmp_path: Path) -> None:
    run = _one(tmp_path, _asks(CALL), RESULT, _asks(CALL), {**RESULT, "content": "seen again"})
    assert [answer.content for answer in run.answers()] == ["seen", "seen again"]


def test_a_call_at_the_end_has_no_answer(tmp_path: Path) -> None:
    answers = _one(tmp_path, _asks(CALL), RESULT, _asks(CALL)).answers()
    assert [answer.content for answer in answers] == ["seen", None]


def test_a_users_call_stays_the_users(tmp_path: Path) -> None:
    run = _one(
        tmp_path, {"role": "user", "tool_calls": [{**CALL, "requestor": "user"}]}, {**RESULT, "requestor": "user"}
    )
    assert run.answers()[0].call.requestor == "user"


@pytest.mark.parametrize(
    ("error", "content", "failed"),
    [(None, "Error: no", True), (None, "no Error: here", False), (True, "odd", True), (False, "Error: text", False)],
)
def test_failure_is_the_flag_or_without_one_the_text(
    tmp_path: Path, error: bool | None, content: str, failed: bool
) -> None:
    run = _one(tmp_path, _asks(CALL), {**RESULT, "error": error, "content": content})
    assert run.answers()[0].failed is failed


@pytest.mark.parametrize("content", [None, ["a"], {"a": 1}])
def test_content_that_is_no_text_is_compared_as_json(tmp_path: Path, content: Any) -> None:
    run = _one(tmp_path, _asks(CALL), {**RESULT, "content": content})
    assert run.answers()[0].content == ("" if content is None else json.dumps(content))


def test_gold_actions_come_from_the_score_before_the_task(tmp_path: Path) -> None:
    task = {"evaluation_criteria": {"actions": [{"action_id": "0", "name": "from_task", "arguments": {}}]}}
    score = {
        "action_checks": [{"action": {"action_id": "0", "name": "from_score", "arguments": {}}, "action_match": True}]
    }
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"task": task, "reward_info": score}, ["from_score"]),
        ({"task": None, "reward_info": score}, ["from_score"]),
        ({"task": task, "reward_info": {"action_checks": None}}, ["from_task"]),
        ({"task": task, "reward_info": None}, ["from_task"]),
        ({"task": {"evaluation_criteria": None}}, []),
        ({"task": {"evaluation_criteria": {"actions": None}}}, []),
        ({}, []),
    ]
    for fields, names in cases:
        assert [call.name for call in _one(tmp_path, **fields).gold()] == names


@pytest.mark.parametrize(
    ("setup", "prepared"),
    [
        (None, False),
        ({}, False),
        ({"initialization_data": None, "initialization_actions": None}, False),
        ({"initialization_actions": [{"func_name": "x"}]}, True),
    ],
)
def test_a_prepared_world_is_noticed(tmp_path: Path, setup: Any, prepared: bool) -> None:
    assert _one(tmp_path, task={"initial_state": setup}).prepared is prepared


def test_other_domains_are_passed_over(tmp_path: Path) -> None:
    runs = _read(tmp_path, {"domain": "other", "messages": []}, {"domain": "shop", "messages": [], "sim_id": "s"})
    assert [run.name for run in runs] == ["s"]


def test_a_run_without_an_id_is_named_by_task_and_trial(tmp_path: Path) -> None:
    assert _one(tmp_path, task_id=7, trial=2).name == "task 7, trial 2"


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "null",
        '{"domain": "shop"}',
        '{"messages": 3}',
        '{"messages": [{"content": "no role"}]}',
        "[" * 10**5,
        "\n",
    ],
)
def test_an_unusable_line_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    with pytest.raises(InputError, match=r"runs\.jsonl line 2: "):
        _read(tmp_path, {"domain": "shop", "messages": []}, line)


def test_a_line_that_is_no_utf8_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_bytes(b'{"messages": [], "domain": "\xff"}')
    with pytest.raises(InputError, match="line 1"):
        list(read_runs(path, "shop"))


@pytest.mark.parametrize("name", ["absent.jsonl", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot read"):
        list(read_runs(tmp_path / name, "shop"))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), lambda x: st.lists(x, max_size=3)))
def test_no_messages_break_the_reader(tmp_path_factory: pytest.TempPathFactory, messages: Any) -> None:
    path = tmp_path_factory.mktemp("runs") / "runs.jsonl"
    path.write_text(json.dumps({"messages": messages}))
    try:
        assert [run.answers() for run in read_runs(path, "shop")] == [[]]
    except InputError as error:
        assert "line 1" in str(error)  # noqa: PT017  (either outcome is right)
