"""Where conversations come from: every form, wrong ones named, and none of them held in memory."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cove_rl.episode.chat import chat_messages, system_message
from cove_rl.errors import InputError
from cove_rl.world.domain import get_domain

torch = pytest.importorskip("torch", reason="needs the train extra")

import datasets  # noqa: E402

from .cases import solved  # noqa: E402
from .fine_tuning import Conversations, sft_rows, sft_sources  # noqa: E402

DATA: dict[str, Any] = {
    "cove": {
        "domains": {"retail": 1.0},
        "splits": {"train": {"worlds": [1], "tasks": 5}, "val": {"worlds": [2], "tasks": 3}},
        "world_size": {"users": 40, "orders": 60},
    }
}
RETAIL = get_domain("retail")
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
TALK = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hello!"}]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def stored(tmp_path: Path, name: str, *records: Any) -> str:
    """Write records as JSON lines, without a line break at the end."""
    file = tmp_path / name
    file.write_bytes(b"\n".join(msgspec.json.encode(one) for one in records))
    return str(file)


def read(row: dict[str, Any]) -> tuple[Any, Any, str]:
    return sft_rows.read_row(row, "here")


def test_names_are_splits_files_and_folders_one_after_the_other(tmp_path: Path) -> None:
    records = [one.trajectory for one in solved(6)]
    file = stored(tmp_path, "a.jsonl", *records[:4])
    folder = tmp_path / "shards"
    folder.mkdir()
    stored(folder, "kept-00000.jsonl", *records[4:])
    stored(folder, "ledger-00000.jsonl", {})
    source = sft_sources.open_source([file, "val", str(folder)], DATA)
    assert len(source) == 4 + 3 + 2
    said = [source.conversation(index).chats[1:] for index in range(len(source))]
    assert said[:4] + said[7:] == [chat_messages(record.messages) for record in records]
    assert "task 1 of split 'val'" in source.conversation(5).place
    assert source.conversation(8).place.endswith("kept-00000.jsonl line 2")
    with pytest.raises(IndexError):
        source.conversation(9)


def test_a_side_of_a_data_set_is_trained_on_alone(tmp_path: Path) -> None:
    row = {"messages": TALK, "domain": "retail"}
    for folder in ("lines", "tables"):
        (tmp_path / folder).mkdir()
    for side, count in (("train", 3), ("val", 1)):
        stored(tmp_path / "lines", f"{side}.jsonl", *[row] * count)
        for shard in range(count):
            name = f"{side}-{shard:05d}-of-{count:05d}.parquet"
            datasets.Dataset.from_list([row]).to_parquet(tmp_path / "tables" / name)
    for home in (tmp_path / "lines", tmp_path / "tables"):
        assert len(sft_sources.open_source([f"{home}/train"], DATA)) == 3
        assert len(sft_sources.open_source([f"{home}/val"], DATA)) == 1
        with pytest.raises(InputError, match=r"several sides of a data set: name one, of .*/train, .*/val"):
            sft_sources.open_source([str(home)], DATA)
        with pytest.raises(InputError, match="there is no split"):
            sft_sources.open_source([f"{home}/test"], DATA)


def test_a_trajectory_has_the_prompt_of_a_rollout(tmp_path: Path) -> None:
    found = sft_sources.open_source([stored(tmp_path, "a.jsonl", solved(1)[0].trajectory)], DATA).conversation(0)
    assert (found.chats[0], found.tools, found.domain) == (system_message(RETAIL), RETAIL.toolbox.schemas(), "retail")


def test_a_prompt_that_is_recorded_is_used_as_it_is() -> None:
    chats, tools, _ = read({"messages": [{"role": "system", "content": "Be brief."}, *TALK], "tools": [TOOL]})
    assert chats[0] == {"role": "system", "content": "Be brief."}
    assert tools == [TOOL]
    assert read({"messages": chats, "tools": json.dumps([TOOL])})[1] is tools  # one object for every row


def test_tools_of_the_domain_are_the_domains_whatever_the_order_of_their_keys() -> None:
    known = json.loads(json.dumps(RETAIL.toolbox.schemas(), sort_keys=True))
    chats = [{"role": "system", "content": RETAIL.policy}, *TALK]
    tools = read({"messages": chats, "tools": known, "domain": "retail"})[1]
    assert json.dumps(tools) == json.dumps(RETAIL.toolbox.schemas()) != json.dumps(known)
    changed = known[1:]
    assert read({"messages": chats, "tools": changed, "domain": "retail"})[1] == changed


def test_a_row_without_a_prompt_has_its_domains() -> None:
    chats, tools, domain = read({"messages": TALK, "domain": "retail"})
    assert (chats[0], tools, domain) == (system_message(RETAIL), RETAIL.toolbox.schemas(), "retail")
    assert read({"messages": json.dumps(TALK), "tools": [TOOL], "domain": "retail"})[1] == [TOOL]


def test_a_prompt_without_tools_has_none_even_in_a_domain() -> None:
    row = {"messages": [{"role": "system", "content": "You are a customer."}, *TALK], "domain": "retail"}
    assert read(row)[1] == []


def test_calls_have_arguments_as_objects_where_they_are_objects() -> None:
    texts = ['{"b": 1, "a": 2.50}', "{}", "{", None]
    calls: list[Any] = [{"function": {"name": "look", "arguments": text}} for text in texts]
    calls.append({"function": {"name": "look", "arguments": {"b": None}}})
    talk = [TALK[0], {"role": "assistant", "content": None, "tool_calls": calls}]
    chats, _, _ = read({"messages": talk, "domain": "retail"})
    found = [call["function"]["arguments"] for call in chats[-1]["tool_calls"]]
    assert json.dumps(found) == '[{"b": 1, "a": 2.5}, {}, "{", {}, {"b": null}]'
    assert chats[-1]["content"] == ""


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"messages": TALK}, "neither a system message nor the name of a domain"),
        ({"messages": TALK, "domain": "bakery"}, "neither a system message nor the name of a domain"),
        ({"messages": "[", "domain": "retail"}, "truncated"),
        ({"messages": [{"role": "narrator"}], "domain": "retail"}, r"narrator.*messages\[0\]\.role"),
        ({"messages": [{"content": "a"}], "domain": "retail"}, "missing required field `role`"),
        ({"messages": [*TALK, {"role": "system", "content": ""}], "domain": "retail"}, "within the conversation"),
    ],
)
def test_a_row_that_is_none_is_named(row: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError, match=f"(?s)here: .*{fault}"):
        read(row)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.jsonl", b"", "is empty"),
        ("a.jsonl", b'{"messages": []}\n{"a": 1}\n', "line 2: no example, no trajectory, and no row with messages"),
        ("a.jsonl", b'{"messages": []}\n{"task_id": "a", "world": {}, "messages": []}\n', "line 2: Object missing"),
        ("a.jsonl", b'{"messages": []}\n\n', "line 2: empty"),
        ("a.parquet", b"PAR1", "cannot read .*a.parquet"),
        ("a.txt", b"", "there is no split '.*a.txt' .*train, val"),
    ],
)
def test_a_file_that_is_none_is_named(name: str, content: bytes, fault: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=fault):
        sft_sources.open_source([str(tmp_path / name)], DATA).conversation(1)


def test_a_table_without_messages_and_data_without_a_name_are_refused(tmp_path: Path) -> None:
    datasets.Dataset.from_list([{"text": "a"}]).save_to_disk(str(tmp_path / "texts"))
    with pytest.raises(InputError, match="no column 'messages', but text"):
        sft_sources.open_source([str(tmp_path / "texts")], DATA)
    with pytest.raises(InputError, match="no data was named"):
        sft_sources.open_source([], DATA)


def test_a_conversation_nobody_can_learn_from_is_named(tokenizer: Any, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "qwen3"}')
    data = DATA | {"model_path": str(tmp_path), "max_length": 9000, "truncation": "right"}
    system = {"role": "system", "content": "-"}
    talks: list[Any] = [[system, TALK[0]], [system, *TALK, TALK[1]], [system, TALK[1]], [system, *TALK]]
    rows = Conversations(stored(tmp_path, "a.jsonl", *({"messages": talk} for talk in talks)), tokenizer, data)
    for index, fault in enumerate(("says nothing after", "speaks twice in a row", "says nothing after")):
        with pytest.raises(InputError, match=f"a.jsonl line {index + 1}: the assistant {fault}"):
            rows[index]
    assert tokenizer.decode(rows[3]["input_ids"][rows[3]["loss_mask"].bool()]).endswith("Hello!<|im_end|>")
    data["max_length"] = 5
    with pytest.raises(InputError, match="line 4: the prompt alone has"):
        Conversations(str(tmp_path / "a.jsonl"), tokenizer, data)[3]


@pytest.mark.parametrize("workers", [0, 2])
def test_loader_processes_give_the_rows_in_their_order(workers: int, tokenizer: Any, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "qwen3"}')
    data = DATA | {"model_path": str(tmp_path), "max_length": 9000, "truncation": "error"}
    rows = Conversations(stored(tmp_path, "a.jsonl", *(one.trajectory for one in solved(9))), tokenizer, data)
    loader = torch.utils.data.DataLoader(rows, batch_size=None, num_workers=workers)
    assert [one["input_ids"].tolist() for one in loader] == [rows[n]["input_ids"].tolist() for n in range(9)]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    line = msgspec.json.encode(solved(1)[0].trajectory) + b"\n"
    (tmp_path / "a.jsonl").write_bytes(line * 4000)
    tracemalloc.start()
    try:
        source = sft_sources.LineSource(tmp_path / "a.jsonl")
        for index in range(0, 4000, 40):
            source.conversation(index)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(source) == 4000
    assert held < 4000 * 100 < len(line) * 4000 / 20
