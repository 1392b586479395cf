"""Hugging Face's own library reads the exported folder, offline, card and all."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from cove_rl.data.conversation import load_conversations, sides_in
from cove_rl.data.row import conversation_of
from cove_rl.synth.manifest import Manifest
from cove_rl.synth.tally import Tally

datasets = pytest.importorskip("datasets", reason="needs the train extra")

from cove_rl.data.hf import export_folder  # noqa: E402

from .examples import examples, of_example, write  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("hf")
    source = write(home / "examples.jsonl", *examples())
    manifest = Manifest({"seed": 3, "note": "{braces} | ``` \x1b"}, 6, True, Tally(), ())
    sides = {"train": load_conversations(source)}
    export_folder(sides, home / "set", title="Shop: talks", licence="mit", manifest=manifest, shard=4)
    return home / "set"


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Any:
    return datasets.load_dataset(str(folder), cache_dir=str(folder.parent / "cache"))


def test_it_loads_every_row(loaded: Any) -> None:
    assert list(loaded) == ["train"]
    found = [conversation_of(row, "here") for row in loaded["train"]]
    assert found == [of_example(one) for one in examples()]
    assert {tool["type"] for tool in json.loads(loaded["train"][0]["tools"])} == {"function"}


def test_the_card_says_what_the_folder_holds(folder: Path) -> None:
    _, front, text = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    known = yaml.safe_load(front)
    assert (known["license"], known["pretty_name"], known["size_categories"]) == ("mit", "Shop: talks", ["n<1K"])
    assert f"{len(examples())} conversations" in text
    assert "| retail | 3 |" in text
    assert "| airline | 3 |" in text
    for one in examples():
        assert one.task.world.fingerprint in text
        assert all(f"| {kind} |" in text for kind in one.facts.kinds)
    assert '"note": "{braces} | ``` ' in text


def test_the_sides_of_a_split_are_splits(tmp_path: Path) -> None:
    parts = {"train": examples()[:3], "val": examples()[3:4], "test": examples()[4:]}
    (tmp_path / "sides").mkdir()
    for side, lines in parts.items():
        write(tmp_path / "sides" / f"{side}.jsonl", *lines)
    sides = {side: load_conversations(file) for side, file in sides_in(tmp_path / "sides").items()}
    export_folder(sides, tmp_path / "set", title="x", licence="x")
    loaded = datasets.load_dataset(str(tmp_path / "set"), cache_dir=str(tmp_path / "cache"))
    assert {side: [row["id"] for row in rows] for side, rows in loaded.items()} == {
        side: [line.task.id for line in lines] for side, lines in parts.items()
    }
    every = {one.task.id for one in examples()}
    assert {one.trajectory.task_id for one in load_conversations(tmp_path / "set")} == every
    assert {one.trajectory.task_id for one in load_conversations(tmp_path / "sides")} == every
