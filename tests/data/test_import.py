"""Conversations of others become trajectories, whatever way their files are written, and can be exported again."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from cove_rl.data.conversation import load_conversations
from cove_rl.data.export import export_file
from cove_rl.data.importing import UNKNOWN, import_cove12k, import_tau2
from cove_rl.data.messages import exported_messages
from cove_rl.episode.files import load_trajectories
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.errors import InputError
from cove_rl.evaluation.recorded import read_runs
from cove_rl.tasks.worlds import Worlds
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain
from cove_rl.world.world import WorldRef

from .examples import trajectories, write

CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"key": "a"}'}}
ROW: dict[str, Any] = {
    "domain": "retail",
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "assistant", "content": "Hello.", "tool_calls": None},
        {"role": "user", "content": "Look at a."},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "content": "Error: nothing there", "tool_call_id": "c1", "name": "look"},
        {"role": "assistant", "content": "Nothing there."},
        {"role": "user", "content": "Bye. ###STOP###"},
    ],
}
SAID = (
    Message("assistant", "Hello."),
    Message("user", "Look at a."),
    Message("assistant", "", (ToolCall("c1", "look", {"key": "a"}),)),
    Message("tool", "Error: nothing there", call_id="c1", error=True),
    Message("assistant", "Nothing there."),
    Message("user", "Bye. ###STOP###"),
)


def arguments(value: object) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(json.dumps(ROW))
    row["messages"][3]["tool_calls"][0]["function"]["arguments"] = value
    return row


@pytest.mark.parametrize(
    "row",
    [
        ROW,
        arguments({"key": "a"}),
        {**ROW, "messages": ROW["messages"][1:]},
        {**ROW, "messages": json.dumps(ROW["messages"])},
        {**ROW, "domain": None, "data_source": "retail", "reward": {"x": 1}},
        {**ROW, "messages": [{k: v for k, v in one.items() if v is not None} for one in ROW["messages"]]},
    ],
    ids=["plain", "object", "no system", "json text", "data source", "nothing null"],
)
def test_every_way_of_writing_a_conversation_reads_alike(tmp_path: Path, row: dict[str, Any]) -> None:
    (trajectory,) = import_cove12k(write(tmp_path / "a.jsonl", row))
    assert trajectory.messages == SAID
    assert (trajectory.agent, trajectory.user, trajectory.world) == (UNKNOWN, UNKNOWN, WorldRef("retail", ""))
    assert trajectory.outcome.ending == "user_stop"


def test_parquet_reads_like_lines(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="needs the data extra")
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the data extra")
    parquet.write_table(pyarrow.Table.from_pylist([ROW, ROW]), tmp_path / "a.parquet")
    found = list(import_cove12k(tmp_path / "a.parquet"))
    assert [one.messages for one in found] == [SAID, SAID]


def test_rows_without_an_id_are_named_alike_wherever_their_file_is(tmp_path: Path) -> None:
    found = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        found.append(list(import_cove12k(write(folder / "set.jsonl", ROW, {**ROW, "id": 7}, ROW))))
    assert found[0] == found[1]
    assert [one.task_id for one in found[0]] == ["set.jsonl 1", "7", "set.jsonl 3"]


def test_how_a_conversation_ended_is_said_as_far_as_it_shows(tmp_path: Path) -> None:
    call = {"id": "c2", "function": {"name": "transfer_to_human_agents", "arguments": {}}}
    transfer = [{"role": "assistant", "tool_calls": [call]}, {"role": "tool", "content": "ok", "tool_call_id": "c2"}]
    rows = [{**ROW, "messages": said} for said in (ROW["messages"][:-1], [*ROW["messages"][:-1], *transfer])]
    endings = [one.outcome.ending for one in import_cove12k(write(tmp_path / "a.jsonl", *rows))]
    assert endings == ["interrupted", "transfer"]


@settings(max_examples=50)
@given(trajectory=trajectories)
def test_any_conversation_survives_export_and_import(
    trajectory: Trajectory, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    chats = exported_messages(get_domain("retail"), trajectory.messages)
    write(path, {"id": "a", "domain": "retail", "messages": chats})
    if not trajectory.messages:
        with pytest.raises(InputError, match="no message"):
            list(import_cove12k(path))
        return
    (again,) = import_cove12k(path)
    told = tuple(
        msgspec.structs.replace(one, error=one.content.startswith("Error:")) if one.role == "tool" else one
        for one in trajectory.messages
    )
    assert again.messages == told
    write(path, again)
    assert list(load_trajectories(path)) == [again]


def test_imported_conversations_can_be_exported_without_loss(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs the data extra")
    imported = write(tmp_path / "a.jsonl", *import_cove12k(write(tmp_path / "in.jsonl", ROW)))
    export_file(imported, "verl-sft", tmp_path / "a.parquet")
    assert list(load_conversations(tmp_path / "a.parquet")) == list(load_conversations(imported))
    export_file(imported, "jsonl", tmp_path / "b.jsonl")
    (again,) = import_cove12k(tmp_path / "b.jsonl", "retail")
    assert again.messages == SAID[:-1]  # tuning ends with the assistant


@pytest.mark.parametrize("read", [import_cove12k, import_tau2])
@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "line 2"),
        ('{"messages": 3}', "line 2"),
        ('{"messages": [{"content": "x"}]}', "role"),
        ('{"messages": [{"role": "user", "content": "x"}]}', "--domain"),
        ("[" * 100_000, "line 2"),
        ("\udcff", "line 2"),
    ],
    ids=range(6),
)
def test_a_malformed_line_is_one_line_that_names_it(tmp_path: Path, read: Any, line: str, fault: str) -> None:
    path = write(tmp_path / "a.jsonl", {"domain": "retail", "messages": ROW["messages"][:3]})
    with path.open("ab") as stream:
        stream.write(line.encode(errors="surrogateescape") + b"\n")
    with pytest.raises(InputError, match=fault) as caught:
        list(read(path))
    assert "\n" not in str(caught.value)


def test_a_role_nobody_has_is_refused(tmp_path: Path) -> None:
    row = {**ROW, "messages": [{"role": "narrator", "content": "Once"}]}
    with pytest.raises(InputError, match="narrator"):
        list(import_cove12k(write(tmp_path / "a.jsonl", row)))


@pytest.mark.parametrize("domain", ["retail", "airline", "telecom"])
def test_recorded_runs_keep_every_call_and_result(tau2: Path, tmp_path: Path, domain: str) -> None:
    path = tau2 / "trajectories" / f"{domain}.jsonl"
    imported = list(import_tau2(path))
    runs = list(read_runs(path, domain))
    assert len(imported) == len(runs) > 50
    for trajectory, run in zip(imported, runs, strict=True):
        assert [(c.name, c.arguments, c.requestor) for c in trajectory.calls()] == [
            (a.call.name, a.call.arguments, a.call.requestor) for a in run.answers()
        ]
        assert [m.content for m in trajectory.messages] == [m.text for m in run.flat() if m.role != "system"]
        assert trajectory.world == WorldRef(domain, "")
    assert {one.outcome.ending for one in imported} <= {"user_stop", "max_agent_turns", "interrupted"}
    assert list(load_trajectories(write(tmp_path / "a.jsonl", *imported))) == imported


def test_recorded_runs_survive_export(tau2: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs the data extra")
    imported = write(tmp_path / "a.jsonl", *import_tau2(tau2 / "trajectories" / "retail.jsonl"))
    export_file(imported, "verl-sft", tmp_path / "a.parquet")
    assert list(load_conversations(tmp_path / "a.parquet")) == list(load_conversations(imported))


def test_an_unknown_world_cannot_be_found() -> None:
    with pytest.raises(InputError, match="not generated from a seed"):
        Worlds().find(WorldRef("retail", ""))
