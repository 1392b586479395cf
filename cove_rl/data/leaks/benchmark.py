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
            have ``trajectories/*.jsonl``, recorded runs; or a checkout of the benchmark that has it in ``data/tau2``.

    Raises:
        InputError: if it is no such folder, or a file in it cannot be read; half a benchmark proves nothing.
    """
    root = _root(folder)
    domains = [path for path in _domains(root) if path.name not in _PLACEHOLDERS]
    facts: dict[Fact, None] = {}
    texts: dict[tuple[str, str], Text] = {}
    for domain in domains:
        found = list(_facts(domain))
        if not found:
            raise InputError(f"{domain} has no records in db.json or db.toml; the check needs the benchmark's database")
        facts.update(dict.fromkeys(found))
        for text in _texts(domain):
            texts.setdefault((text.text, ""), text)
    for text in _recorded(root):
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
    return sorted(path.parent for path in root.glob("domains/*/tasks.json"))


def _facts(domain: Path) -> Iterator[Fact]:
    databases = sorted([*domain.glob("*db.json"), *domain.glob("*db.toml")])
    for file in databases:
        yield from facts_in(_document(file))
    if databases:
        for file in sorted(domain.glob("tasks*.json")):
            yield from facts_in(_document(file))


def _texts(domain: Path) -> Iterator[Text]:
    for file in sorted(domain.glob("tasks*.json")):
        for place, task in enumerate(_document(file)):
            name = str(task.get("id", place)) if isinstance(task, dict) else str(place)
            source = f"{domain.name}/{file.name}, task {name}"
            yield from (Text("task", source, name, text) for text in _strings(task))
    for file in sorted(domain.rglob("*.md")):
        yield Text("policy", f"{domain.name}/{file.name}", "", _read(file).decode(errors="replace"))


def _recorded(root: Path) -> Iterator[Text]:
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
