"""A leak in an example is found in every form the example is exported in."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from cove_rl.data.conversation import load_conversations
from cove_rl.data.export import export_file
from cove_rl.data.hf import export_folder
from cove_rl.data.leaks.guard import LeakGuard
from cove_rl.episode.trajectory import Message
from cove_rl.synth.example import Example
from tests.data.examples import examples, write

pytest.importorskip("pyarrow")


def _planted(one: Example) -> Example:
    """Return the example with an order of the made-up benchmark's in what the customer says and in a hint."""
    messages = list(one.trajectory.messages)
    at = next(at for at, message in enumerate(messages) if message.role == "user")
    messages[at] = Message("user", f"{messages[at].content} It is order 7654321.")
    hint = one.task.identity[0]
    identity = (msgspec.structs.replace(hint, values={**hint.values, "order": "#W7654321"}), *one.task.identity[1:])
    task = msgspec.structs.replace(one.task, identity=identity)
    return Example(task, msgspec.structs.replace(one.trajectory, messages=tuple(messages)), one.facts)


@pytest.fixture(params=[True, False], ids=["planted", "clean"])
def source(request: Any, tmp_path: Path) -> Path:
    """Four examples, of which the third has a leak, or none has."""
    lines = list(examples(4))
    if request.param:
        lines[2] = _planted(lines[2])
    return write(tmp_path / f"{'dirty' if request.param else 'clean'}.jsonl", *lines)


FORMS = [
    ("verl-sft", "a.parquet"),
    ("verl-rl", "b.parquet"),
    ("jsonl", "c.jsonl"),
    ("user-sft", "d.jsonl"),
    ("hf", "e"),
]


@pytest.mark.parametrize(("form", "name"), FORMS)
def test_exports(guard: LeakGuard, source: Path, tmp_path: Path, form: Any, name: str) -> None:
    path = tmp_path / name
    if form == "hf":
        export_folder({"train": load_conversations(source)}, path, title="t", licence="mit")
    else:
        export_file(source, form, path)
    report = guard.check([path])
    found = {(leak.what, leak.number) for leak in report.leaks}
    assert found == ({("#W7654321", 3)} if source.stem == "dirty" else set())
    assert report.rows >= 4
