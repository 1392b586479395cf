"""`cove data` at the command line: every sub-command on a small set, and one line for everything that is wrong."""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from cove_rl.cli.main import app
from cove_rl.episode.files import load_trajectories
from cove_rl.episode.trajectory import Message
from cove_rl.synth.example import load_examples
from cove_rl.synth.manifest import Manifest, write_manifest
from cove_rl.synth.tally import Tally
from cove_rl.world.call import ToolCall

from ..data.examples import examples, write

FORMATS = {"hf": "", "verl-sft": ".parquet", "verl-rl": ".parquet", "jsonl": ".jsonl", "user-sft": ".jsonl"}


def data(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["data", *map(str, words)])


def ok(*words: str | Path) -> Any:
    result = data(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder as `cove synth` leaves it: two shards and a manifest."""
    folder = tmp_path / "set"
    folder.mkdir()
    write(folder / "kept-00000.jsonl", *examples()[:3])
    write(folder / "kept-00001.jsonl", *examples()[3:])
    write_manifest(folder, Manifest({"seed": 4711}, 6, True, Tally(), ()))
    return folder


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_written(source: Path, tmp_path: Path, form: str) -> None:
    pytest.importorskip("pyarrow", reason="needs the data extra")
    path = tmp_path / f"out{FORMATS[form]}"
    assert ok("export", source, "--format", form, "--out", path)["rows"] == 6
    assert path.exists()
    if form == "hf":
        assert '"seed": 4711' in (path / "README.md").read_text()
    if form in ("hf", "verl-sft"):
        assert ok("verify", path)["perfect"] == 6
        assert ok("stats", path) == ok("stats", source)
    again = data("export", source, "--format", form, "--out", path)
    assert (again.exit_code, len(again.stderr.splitlines())) == (1, 1)
    assert "exists" in again.stderr


def test_a_file_is_replaced_on_request(source: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "out.jsonl")
    assert data("export", source, "--format", "jsonl", "--out", path, "--force").exit_code == 0
    assert len(path.read_bytes().splitlines()) == 6


def test_stats_count_what_is_there(source: Path) -> None:
    write(source / "kept-00002.jsonl", examples()[0])
    found = ok("stats", source)
    assert (found["conversations"], found["tasks"], found["duplicates"]) == (7, 6, 1)
    assert found["counts"]["domain"] == {"retail": 4, "airline": 3}
    assert found["counts"]["teacher"] == {"oracle": 7}
    assert found["distributions"]["score"]["min"] == 1.0
    assert found["distributions"]["calls"]["max"] == max(one.facts.calls for one in examples())
    assert found["distributions"]["turns"]["max"] >= max(one.facts.turns for one in examples())
    shown = data("stats", source).stdout
    assert "7 conversations about 6 tasks, 1 duplicates" in shown
    assert all(kind in shown for one in examples() for kind in one.facts.kinds)


def test_view_shows_one_conversation(source: Path) -> None:
    one = examples()[4]
    shown = data("view", source, "--index", "4").stdout
    assert shown == data("view", source, "--id", one.task.id).stdout.split(examples()[5].task.id)[0]
    assert "score 1.000" in shown
    assert f"characters: {one.facts.characters}" in shown
    (found,) = ok("view", source, "--index", "4")
    assert found["trajectory"] == json.loads(msgspec.json.encode(one.trajectory))


def test_verify_fails_where_a_result_was_altered(source: Path) -> None:
    one = examples()[0]
    messages = tuple(
        msgspec.structs.replace(message, content="{}") if message.role == "tool" else message
        for message in one.trajectory.messages
    )
    altered = msgspec.structs.replace(one, trajectory=msgspec.structs.replace(one.trajectory, messages=messages))
    write(source / "kept-00002.jsonl", altered)
    result = data("verify", source)
    assert result.exit_code == 1
    assert "7 of 7 conversations score 1.0, 0 differ from what was recorded, 1 were altered" in result.stdout
    assert one.task.id in result.stderr


def test_filter_keeps_what_meets_an_expression(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    found = ok("filter", source, "--keep", "domain == 'retail' and success", "--out", path)
    assert found == {"path": str(path), "examples": 6, "kept": 3}
    assert list(load_examples(path)) == [one for one in examples() if one.facts.domain == "retail"]


def test_split_writes_a_file_per_side(source: Path, tmp_path: Path) -> None:
    shares = ["--train", "0.5", "--val", "0", "--test", "0.5"]
    outs = [tmp_path / f"out{seed}" for seed in range(20)]
    done = [
        out
        for seed, out in enumerate(outs)
        if not data("split", source, "--out", out, *shares, "--seed", str(seed)).exit_code
    ]
    assert done
    for out in done:
        sides = {file.name: [one.task.id for one in load_examples(file)] for file in out.iterdir()}
        assert sorted(sides) == ["test.jsonl", "train.jsonl"]
        assert sorted(sides["test.jsonl"] + sides["train.jsonl"]) == sorted(one.task.id for one in examples())


def test_who_exports_all_sides_of_a_split_as_one_file_is_told_so(tmp_path: Path) -> None:
    write(tmp_path / "train.jsonl", *examples()[:4])
    write(tmp_path / "test.jsonl", *examples()[4:])
    every = data("export", tmp_path, "--format", "jsonl", "--out", tmp_path / "a.jsonl")
    assert "all sides of the split, train, test" in every.stderr
    one = data("export", tmp_path / "train.jsonl", "--format", "jsonl", "--out", tmp_path / "b.jsonl")
    assert "sides of the split" not in one.stderr
    assert [len((tmp_path / f"{name}.jsonl").read_bytes().splitlines()) for name in "ab"] == [6, 4]


def test_import_writes_trajectories(tmp_path: Path) -> None:
    row = {"messages": [{"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Bye ###STOP###"}]}
    found = ok(
        "import",
        write(tmp_path / "in.jsonl", row),
        "--format",
        "cove12k",
        "--domain",
        "retail",
        "--out",
        tmp_path / "out.jsonl",
    )
    assert found["trajectories"] == 1
    (trajectory,) = load_trajectories(tmp_path / "out.jsonl")
    assert [message.content for message in trajectory.messages] == ["Hi", "Bye ###STOP###"]
    assert "ended by user_stop" in data("view", tmp_path / "out.jsonl").stdout


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["export", "IN", "--format", "jsonl", "--out", "OUT.parquet"], "ends in .jsonl"),
        (["export", "NO", "--format", "jsonl", "--out", "OUT.jsonl"], "cannot read"),
        (["export", "BAD", "--format", "jsonl", "--out", "OUT.jsonl"], "line 1"),
        (["stats", "NO"], "cannot read"),
        (["stats", "EMPTY"], "no examples"),
        (["stats", "TORN.parquet"], "cannot read"),
        (["view", "IN", "--index", "6"], "no conversation 6"),
        (["view", "IN", "--id", "nobody"], "no conversation 'nobody'"),
        (["view", "IN", "--id", "a", "--index", "1"], "give one of them"),
        (["verify", "NO"], "cannot read"),
        (["filter", "IN", "--keep", "no_field", "--out", "OUT.jsonl"], "no_field"),
        (["filter", "IN", "--keep", "turns > 9999", "--out", "OUT.jsonl"], "none of 6"),
        (["filter", "IN", "--keep", "turns > 9999", "--out", "BAD"], "--force"),
        (["split", "IN", "--train", "0.5", "--out", "OUT"], "add up"),
        (["split", "IN", "--by", "world", "--out", "OUT", "--seed", "3"], "too few worlds"),
        (["import", "BAD", "--format", "cove12k", "--out", "OUT.jsonl"], "line 1"),
        (["import", "BAD", "--format", "tau2", "--out", "OUT.jsonl"], "line 1"),
        (["import", "NO", "--format", "tau2", "--out", "OUT.jsonl"], "cannot read"),
    ],
    ids=range(18),
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(
    source: Path, tmp_path: Path, words: list[str], fault: str
) -> None:
    (tmp_path / "BAD").write_text("{}\n")
    (tmp_path / "TORN.parquet").write_text("PAR1")
    (tmp_path / "EMPTY").mkdir()
    names = {word: tmp_path / word for word in words if word.partition(".")[0].isupper()} | {"IN": source}
    before = sorted(tmp_path.rglob("*"))
    result = data(*(names.get(word, word) for word in words))
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1), result.output
    assert fault in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "words", [["export", "IN", "--format", "hf"], ["export", "IN", "--format", "verl-sft"], ["verify", "a.parquet"]]
)
def test_without_the_data_extra_it_says_how_to_get_it(
    source: Path, tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for module in [name for name in sys.modules if name in ("cove_rl.data.parquet", "cove_rl.data.hf")]:
        monkeypatch.delitem(sys.modules, module)
    out = ["--out", str(tmp_path / "out.parquet")] if words[0] == "export" else []
    result = data(*(source if word == "IN" else word for word in words), *out)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "cove_rl[data]" in result.stderr
    assert sorted(tmp_path.iterdir()) == [source]


def test_a_terminal_does_not_obey_what_is_viewed(tmp_path: Path) -> None:
    one = examples()[0].trajectory
    call = ToolCall("c", "look\x1b[2J", {"a": "\x1b]0;x\x07"})
    said = (Message("user", "hi\x1b[2J\r\u202e\nthere", ()), Message("assistant", "", (call,)))
    hostile = msgspec.structs.replace(one, agent="a\x1b[31m", messages=said)
    path = write(tmp_path / "a.jsonl", hostile)
    for shown in (data("view", path).stdout, data("stats", path).stdout):
        assert not {"\x1b", "\r", "\x07", "\u202e"} & set(shown)
    assert "hi?[2J" in data("view", path).stdout
