"""A data set as a folder that `datasets.load_dataset` reads: parquet shards and a card."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from cove_rl.data.card import card
from cove_rl.data.conversation import Advance, Conversation
from cove_rl.data.export import encoded_tools
from cove_rl.data.parquet import TEXT, conversation_schema, write_rows
from cove_rl.data.row import row_of
from cove_rl.data.stats import Stats
from cove_rl.errors import InputError
from cove_rl.files import atomic_folder, explain
from cove_rl.synth.manifest import Manifest

SHARD = 4096
"""Conversations per file: 50 to 500 MB before compression."""


def export_folder(
    sides: Mapping[str, Iterable[Conversation]],
    path: Path,
    *,
    title: str,
    licence: str,
    manifest: Manifest | None = None,
    advance: Advance | None = None,
    shard: int = SHARD,
) -> int:
    """Write a data set as a folder that was not there, and is whole or absent; return how many rows it has.

    Args:
        sides: name of a side -> what it holds; "train" is the one side of a set that was not split.
        path: the folder.
        title: the name on the card.
        licence: an identifier of Hugging Face's.
        manifest: how the data was synthesised, for the card.
        advance: called after every few rows with their number.
        shard: conversations per file.

    Raises:
        InputError: if there is such a folder, if a side has no conversations, or if it cannot be written.
    """
    if path.exists():
        raise InputError(f"{path} exists; give another name, or remove it")
    stats = Stats()
    with atomic_folder(path) as folder, explain(path):
        for side, conversations in sides.items():
            files = _write_shards(_counted(conversations, stats), folder, shard, advance)
            if not files:
                raise InputError(f"there is no conversation to export as '{side}'")
            for number, file in enumerate(files):
                file.rename(folder / f"{side}-{number:05d}-of-{len(files):05d}.parquet")
        text = card(stats, title, licence, manifest, tuple(sides))
        (folder / "README.md").write_text(text, encoding="utf-8")
    return stats.conversations


def _write_shards(
    conversations: Iterator[Conversation], folder: Path, shard: int, advance: Advance | None
) -> list[Path]:
    files: list[Path] = []
    schema = conversation_schema(TEXT)
    for first in conversations:
        files.append(folder / f"{len(files)}.parquet")
        part = chain([first], islice(conversations, shard - 1))
        with files[-1].open("wb") as stream:
            write_rows(stream, schema, map(_columns, part), advance)
    return files


def _columns(conversation: Conversation) -> dict[str, Any]:
    return {**row_of(conversation), "tools": encoded_tools(conversation.domain)}


def _counted(conversations: Iterable[Conversation], stats: Stats) -> Iterator[Conversation]:
    for one in conversations:
        stats.add(one)
        yield one
