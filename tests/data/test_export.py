"""Exports hold every message and call; what reads them back gets the same conversation, whatever was said in it."""

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from cove_rl.data.conversation import Conversation, count_conversations, domains_in, load_conversations
from cove_rl.data.customer import customer_row
from cove_rl.data.export import export_file
from cove_rl.data.importing import import_cove12k
from cove_rl.data.row import conversation_of, row_of
from cove_rl.episode.chat import parsed_arguments
from cove_rl.episode.episode import STOP
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.errors import InputError
from cove_rl.tasks.task import decode_task
from cove_rl.users.model import instructions
from cove_rl.world.domain import GREETING, get_domain

pyarrow = pytest.importorskip("pyarrow", reason="needs the data extra")

from cove_rl.data.hf import export_folder  # noqa: E402

from .examples import HOSTILE, examples, of_example, trajectories, write  # noqa: E402

FORMATS = [
    ("verl-sft", ".parquet"),
    ("verl-rl", ".parquet"),
    ("jsonl", ".jsonl"),
    ("user-sft", ".jsonl"),
    ("user-sft", ".parquet"),
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "examples.jsonl", *examples())


def rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_bytes().splitlines()]
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    return found


def hf(source: Path, path: Path, **more: Any) -> int:
    return export_folder({"train": load_conversations(source)}, path, title="A set", licence="apache-2.0", **more)


@given(trajectory=trajectories)
def test_a_row_holds_a_conversation_whole(trajectory: Trajectory) -> None:
    conversation = Conversation(trajectory)
    through_json = json.loads(json.dumps(row_of(conversation)))
    assert conversation_of(through_json, "here") == conversation


@settings(max_examples=25)
@given(trajectory=trajectories)
def test_a_folder_holds_a_conversation_whole(trajectory: Trajectory, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "set"
    conversation = Conversation(trajectory)
    assert export_folder({"train": [conversation]}, path, title="x", licence="x") == 1
    assert list(load_conversations(path)) == [conversation]
    shutil.rmtree(path)


@pytest.mark.parametrize("form", ["hf", "verl-sft"])
def test_examples_come_back_as_they_were(source: Path, tmp_path: Path, form: Any) -> None:
    path = tmp_path / "out.parquet"
    counted: list[int] = []
    written = hf(source, path, advance=counted.append) if form == "hf" else export_file(source, form, path)
    assert written == len(examples()) == count_conversations(path)
    assert list(load_conversations(path)) == [of_example(one) for one in examples()]
    assert domains_in(path) == domains_in(source) == ["airline", "retail"]
    assert form != "hf" or sum(counted) == written


def test_messages_are_those_of_openai(source: Path, tmp_path: Path) -> None:
    hf(source, tmp_path / "set")
    for row, one in zip(rows(next((tmp_path / "set").glob("*.parquet"))), examples(), strict=True):
        domain = get_domain(one.task.domain)
        system, greeting, *rest = row["messages"]
        assert (system["role"], system["content"]) == ("system", domain.policy)
        assert (greeting["role"], greeting["content"]) == ("assistant", GREETING)
        assert [message["content"] for message in rest] == [m.content for m in one.trajectory.messages[1:]]
        made = [call for message in rest for call in message["tool_calls"] or ()]
        expected = one.trajectory.calls()
        assert [(c["id"], c["type"], c["function"]["name"]) for c in made] == [
            (c.id, "function", c.name) for c in expected
        ]
        assert [parsed_arguments(c["function"]["arguments"]) for c in made] == [c.arguments for c in expected]
        results = [message for message in rest if message["role"] == "tool"]
        assert [message["tool_call_id"] for message in results] == [c.id for c in expected]
        assert json.loads(row["tools"]) == domain.toolbox.schemas()
        assert decode_task(row["task"]) == one.task


def test_arguments_are_spaced_as_templates_space_them(source: Path, tmp_path: Path) -> None:
    export_file(source, "jsonl", tmp_path / "a.jsonl")
    texts = [
        call["function"]["arguments"]
        for row in rows(tmp_path / "a.jsonl")
        for message in row["messages"]
        for call in message.get("tool_calls", ())
    ]
    assert texts
    assert texts == [json.dumps(json.loads(text), ensure_ascii=False) for text in texts]


def test_lines_for_tuning_end_with_the_assistant(source: Path, tmp_path: Path) -> None:
    export_file(source, "jsonl", tmp_path / "a.jsonl")
    again = list(import_cove12k(tmp_path / "a.jsonl", "retail"))
    for row, one, trajectory in zip(rows(tmp_path / "a.jsonl"), examples(), again, strict=True):
        assert list(row) == ["messages", "tools"]
        assert row["tools"] == get_domain(one.task.domain).toolbox.schemas()
        assert row["messages"][-1]["role"] == "assistant"
        said = one.trajectory.messages
        kept = len(trajectory.messages)
        assert trajectory.messages == said[:kept]
        assert all(message.role != "assistant" for message in said[kept:])


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_the_customers_side_is_what_a_customer_knows_hears_and_says(source: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    assert export_file(source, "user-sft", path) == len(examples())
    stopped = 0
    for row, one in zip(rows(path), examples(), strict=True):
        system, *turns = row["messages"]
        assert system == {"role": "system", "content": instructions(one.task)}
        said = [message.content for message in one.trajectory.messages if message.role == "user"]
        assert [turn["content"] for turn in turns if turn["role"] == "assistant"] == said
        assert turns[0] == {"role": "user", "content": GREETING}
        assert turns[-1] == {"role": "assistant", "content": said[-1]}
        assert [turn["role"] for turn in turns] == ["user", "assistant"] * (len(turns) // 2)
        results = {message.content for message in one.trajectory.messages if message.role == "tool"}
        assert not results & {turn["content"] for turn in turns}
        stopped += STOP in turns[-1]["content"]
    assert stopped


def test_the_customers_side_ends_with_what_the_customer_said_last() -> None:
    one = examples()[0]
    more = (*one.trajectory.messages, Message("assistant", "Goodbye."))
    longer = msgspec.structs.replace(one, trajectory=msgspec.structs.replace(one.trajectory, messages=more))
    assert customer_row(longer) == customer_row(one)


def test_tasks_for_rl_come_once_each(tmp_path: Path) -> None:
    twice = write(tmp_path / "twice.jsonl", *examples(), *examples())
    assert export_file(twice, "verl-rl", tmp_path / "a.parquet") == len(examples())
    found = rows(tmp_path / "a.parquet")
    assert [decode_task(row["extra_info"]["task"]) for row in found] == [one.task for one in examples()]
    assert [row["extra_info"]["index"] for row in found] == list(range(len(examples())))


@pytest.mark.parametrize(("form", "suffix"), FORMATS)
def test_equal_data_gives_equal_bytes(source: Path, tmp_path: Path, form: Any, suffix: str) -> None:
    for name in ("a", "b"):
        export_file(source, form, tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_equal_data_gives_an_equal_folder(source: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        hf(source, tmp_path / name, shard=4)
    left, right = ({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("a", "b"))
    assert left == right
    assert sorted(left) == ["README.md", "train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]


@pytest.mark.parametrize(("form", "suffix"), [*FORMATS, ("hf", "")])
def test_a_broken_line_leaves_nothing_behind(source: Path, tmp_path: Path, form: Any, suffix: str) -> None:
    with source.open("ab") as stream:
        stream.write(b'{"task": 1}\n')
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(InputError, match="line 7"):
        hf(source, out / "set", shard=2) if form == "hf" else export_file(source, form, out / f"a{suffix}")
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(("form", "suffix"), [*FORMATS, ("hf", "")])
def test_an_interrupt_leaves_what_was_there(
    source: Path, tmp_path: Path, form: Any, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(count: int) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "out"
    out.mkdir()
    if form != "hf":
        (out / f"a{suffix}").write_text("before")
    with pytest.raises(KeyboardInterrupt):
        hf(source, out / "set", advance=stop) if form == "hf" else export_file(source, form, out / f"a{suffix}", stop)
    assert [file.read_text() for file in out.iterdir()] == ([] if form == "hf" else ["before"])


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 2**20])
def test_hostile_text_survives(tmp_path: Path, text: str) -> None:
    one = examples()[0]
    said = (*one.trajectory.messages[:1], Message("user", text), *one.trajectory.messages[2:])
    hostile = msgspec.structs.replace(one, trajectory=msgspec.structs.replace(one.trajectory, messages=said, user=text))
    source = write(tmp_path / "a.jsonl", hostile)
    hf(source, tmp_path / "set")
    export_file(source, "verl-sft", tmp_path / "a.parquet")
    assert list(load_conversations(tmp_path / "set")) == list(load_conversations(tmp_path / "a.parquet"))
    assert next(load_conversations(tmp_path / "set")).trajectory == hostile.trajectory
    export_file(source, "user-sft", tmp_path / "user.jsonl")
    assert rows(tmp_path / "user.jsonl")[0]["messages"][2]["content"] == text


@pytest.mark.parametrize(
    ("form", "name", "fault"),
    [("verl-sft", "a.jsonl", "ends in .parquet"), ("jsonl", "a.parquet", "ends in .jsonl"), ("jsonl", "a.jsonl", "no")],
)
def test_what_cannot_be_exported_says_why(tmp_path: Path, form: Any, name: str, fault: str) -> None:
    (tmp_path / "in.jsonl").touch()
    with pytest.raises(InputError, match=fault):
        export_file(tmp_path / "in.jsonl", form, tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("form", ["verl-rl", "user-sft"])
def test_conversations_without_a_task_are_refused_where_one_is_needed(tmp_path: Path, form: Any) -> None:
    source = write(tmp_path / "a.jsonl", examples()[0].trajectory)
    with pytest.raises(InputError, match="is not known"):
        export_file(source, form, tmp_path / "a.parquet")
    assert export_file(source, "verl-sft", tmp_path / "b.parquet") == 1


def test_no_folder_is_written_over(source: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exists"):
        hf(source, tmp_path)
    assert list(tmp_path.iterdir()) == [source]


def test_exports_in_the_folder_of_their_examples_are_not_read_in_place_of_them(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs the data extra")
    write(tmp_path / "kept-00000.jsonl", *examples())
    before = list(load_conversations(tmp_path))
    export_file(tmp_path, "verl-rl", tmp_path / "tasks.parquet")
    assert list(load_conversations(tmp_path)) == before
