"""Write a data set in the formats others read; a file is whole or absent, and a few conversations are in memory."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec

from cove_rl.data.conversation import Advance, Conversation, domains_in, load_conversations, load_known_examples
from cove_rl.data.customer import customer_row
from cove_rl.data.messages import exported_messages
from cove_rl.data.rl import rl_rows
from cove_rl.data.row import row_of
from cove_rl.episode.chat import Chat
from cove_rl.errors import InputError
from cove_rl.files import atomic_open
from cove_rl.world.domain import get_domain

FileFormat = Literal["verl-sft", "verl-rl", "jsonl", "user-sft"]
SUFFIXES: Mapping[FileFormat, tuple[str, ...]] = {
    "verl-sft": (".parquet",),
    "verl-rl": (".parquet",),
    "jsonl": (".jsonl",),
    "user-sft": (".jsonl", ".parquet"),
}
"""What the name of an export ends in."""


def export_file(source: Path, form: FileFormat, path: Path, advance: Advance | None = None) -> int:
    """Write the conversations of a file or folder as one file and return how many rows it has.

    Args:
        source: whatever `load_conversations` reads.
        form: "verl-sft" and "verl-rl" for verl's datasets, "jsonl" for fine-tuning as OpenAI has it, "user-sft" for
            training whoever plays the customer.
        path: the file; its suffix must be one of the format's.
        advance: called after every few rows with their number.

    Raises:
        InputError: if the source is unusable or empty, or the file cannot be written.
    """
    if path.suffix not in SUFFIXES[form]:
        raise InputError(f"{path}: the name of a {form} export ends in {' or '.join(SUFFIXES[form])}")
    with atomic_open(path) as stream:
        rows = _rows(source, form)
        if path.suffix == ".jsonl":
            written = _write_lines(stream, rows, advance)
        else:
            from cove_rl.data.parquet import write_rows  # pyarrow is slow to import, and an extra

            written = write_rows(stream, _schema(source, form), rows, advance)
        if not written:
            raise InputError(f"{source} holds no conversation")
    return written


def _write_lines(stream: BinaryIO, rows: Iterable[dict[str, Any]], advance: Advance | None) -> int:
    written = 0
    for row in rows:
        stream.write(msgspec.json.encode(row) + b"\n")
        written += 1
        if advance is not None:
            advance(1)
    return written


def _rows(source: Path, form: FileFormat) -> Iterator[dict[str, Any]]:
    if form == "verl-sft":
        return map(verl_row, load_conversations(source))
    if form == "verl-rl":
        return rl_rows(load_conversations(source))
    if form == "jsonl":
        return map(tuning_row, load_conversations(source))
    return map(customer_row, load_known_examples(source))


def _schema(source: Path, form: FileFormat) -> Any:
    from cove_rl.data.parquet import CUSTOMER, TASKS, conversation_schema, tools_type

    if form == "verl-sft":
        names = domains_in(source)
        return conversation_schema(tools_type([tool for name in names for tool in _tools(name)]) if names else None)
    return TASKS if form == "verl-rl" else CUSTOMER


def verl_row(conversation: Conversation) -> dict[str, Any]:
    """Return a row for verl's dataset of conversations: those of a data set, with the tools as objects."""
    return {**row_of(conversation), "tools": _tools(conversation.domain)}


def tuning_row(conversation: Conversation) -> dict[str, Any]:
    """Return `messages` and `tools` as OpenAI's fine-tuning has them: the last message is the assistant's."""
    messages = exported_messages(get_domain(conversation.domain), conversation.trajectory.messages)
    return {"messages": _up_to_the_assistant(messages), "tools": _tools(conversation.domain)}


def _up_to_the_assistant(messages: list[Chat]) -> list[Chat]:
    last = max((place for place, chat in enumerate(messages) if chat["role"] == "assistant"), default=0)
    return messages[: last + 1]


@cache
def _tools(domain: str) -> list[dict[str, Any]]:
    return get_domain(domain).toolbox.schemas()


def encoded_tools(domain: str) -> str:
    """Return the tools of a domain as JSON, for columns that hold those of all domains."""
    return msgspec.json.encode(_tools(domain)).decode()
