"""Read what must not leak: the records, tasks, policies and recorded conversations of a tau2-bench folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from cove_rl.data.leaks.needles import Fact, facts_in
from cove_rl.data.leaks.texts import Text
from cove_rl.errors import InputError
from cove_rl.files import decode_json, read_jsonl

_ROOTS = ("", "data/tau2")
"""Where a folder may have its domains: the data itself, or a checkout of the benchmark."""
_PLACEHOLDERS = {"mock"}
"""Domains of the benchmark's own tests; their records are called user_1 and task_1."""
_SPOKEN = {"user", "assistant", "system"}


class Benchmark(msgspec.Struct, frozen=True):
    """What must not leak.

    Attributes:
        domains: those that were read.
        facts: ids, e-mail addresses, phone numbers, names, addresses; each once.
        texts: of tasks, policies and recorded messages; each once.
    """

    domains: tuple[str, ...]
    facts: tuple[Fact, ...]
    texts: tuple[Text, ...]


def read_benchmark(folder: Path) -> Benchmark:
    """Read a folder of tau2-bench's data.

    Args:
        folder: has ``domains/NAME`` with ``db.json`` or ``db.toml``, ``tasks.json`` and policies as Markdown, and may
            have ``trajectories/*.jsonl``, recorded runs, and ``user_simulator/*.md``; or a checkout of the benchmark
            that has it in ``data/tau2``.

    Raises:
        InputError: if it is no such folder, or a file in it cannot be read; half a benchmark proves nothing.
    """
    root = _root(folder)
    domains = _domains(root)
    facts: dict[Fact, None] = {}
    texts: dict[tuple[str, str], Text] = {}
    for domain in domains:
        records, written = list(_facts(domain)), list(_texts(domain))
        if not records or not written:
            lacking = "records in db.json or db.toml" if not records else "texts in tasks.json"
            raise InputError(f"{domain} has no {lacking}: add them, or give a folder without this domain")
        facts.update(dict.fromkeys(records))
        for text in written:
            texts.setdefault((text.text, ""), text)
    for text in _shared(root):
        texts.setdefault((text.text, text.task if text.kind == "recorded" else ""), text)
    return Benchmark(tuple(path.name for path in domains), tuple(facts), tuple(texts.values()))


def _root(folder: Path) -> Path:
    for root in (folder / place for place in _ROOTS):
        if _domains(root):
            return root
    raise InputError(
        f"{folder} is no tau2-bench data: expected domains/NAME/tasks.json in it, or in data/tau2 of a checkout"
    )


def _domains(root: Path) -> list[Path]:
    found = sorted(path.parent for path in root.glob("domains/*/tasks.json"))
    return [path for path in found if path.name not in _PLACEHOLDERS]


def _facts(domain: Path) -> Iterator[Fact]:
    databases = sorted([*domain.glob("*db.json"), *domain.glob("*db.toml")])
    for file in databases:
        yield from facts_in(_document(file))
    if databases:
        for file in _task_files(domain):
            yield from facts_in(_document(file))


def _task_files(domain: Path) -> list[Path]:
    return sorted([*domain.glob("tasks*.json"), *domain.glob("tasks/*.json")])


def _texts(domain: Path) -> Iterator[Text]:
    for file in _task_files(domain):
        document = _document(file)
        for place, task in enumerate(document if isinstance(document, list) else [document]):
            name = str(task.get("id", place)) if isinstance(task, dict) else str(place)
            source = f"{domain.name}/{file.name}, task {name}"
            yield from (Text("task", source, name, text) for text in _strings(task))
    for file in sorted(domain.rglob("*.md")):
        yield Text("policy", f"{domain.name}/{file.name}", "", _read(file).decode(errors="replace"))


def _shared(root: Path) -> Iterator[Text]:
    for file in sorted(root.glob("user_simulator/*.md")):
        yield Text("policy", f"user_simulator/{file.name}", "", _read(file).decode(errors="replace"))
    for file in sorted(root.glob("trajectories/*.jsonl")):
        for number, run in enumerate(read_jsonl(file, dict[str, Any]), start=1):
            source, task = f"{file.name}, line {number}", f"{file.stem} {run.get('task_id')}"
            yield from (Text("task", source, task, text) for text in _strings(run.get("task")))
            yield from (Text("recorded", source, task, text) for text in _spoken(run.get("messages")))


def _spoken(messages: Any) -> Iterator[str]:
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and message.get("role") in _SPOKEN and isinstance(message.get("content"), str):
            yield message["content"]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def _document(file: Path) -> Any:
    data = _read(file)
    if file.suffix == ".json":
        return decode_json(data, object, str(file))
    try:
        return msgspec.toml.decode(data)
    except (msgspec.DecodeError, ValueError) as fault:
        raise InputError(f"{file}: {fault}") from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        raise InputError(f"cannot read {file}: {fault.strerror or fault}") from fault
