"""The viewer in one file: the page, the list, and the conversations in compressed chunks that are opened lazily."""

import gzip
from collections.abc import Callable
from pathlib import Path

import msgspec

from cove_rl.files import atomic_open
from cove_rl.viewer.card import Card
from cove_rl.viewer.collection import Collection
from cove_rl.viewer.page import block, page

CHUNK = 16
"""Conversations that are compressed together: more make the file smaller, fewer make opening one quicker."""


class Listing(msgspec.Struct, frozen=True):
    """The list as the page gets it.

    Attributes:
        columns: names of a row's values.
        rows: the rows.
        chunk: conversations per chunk in a page that holds them itself.
    """

    columns: tuple[str, ...]
    rows: list[Card]
    chunk: int = CHUNK


def listing(collection: Collection) -> Listing:
    """Return the list of a collection."""
    return Listing(Card.__struct_fields__, collection.cards)


def packed(value: object) -> bytes:
    """Return a value as compressed JSON; equal values give equal bytes."""
    return gzip.compress(msgspec.json.encode(value), 6, mtime=0)


def write_archive(
    collection: Collection,
    path: Path,
    title: str,
    advance: Callable[[int], None] = lambda _: None,
    report: str = "",
) -> None:
    """Write a collection as one page; one chunk at a time is in memory.

    Args:
        collection: the conversations.
        path: the file.
        title: of the page.
        advance: called with the number of conversations written since the last time.
        report: markup of a report that is shown first; "" for none.

    Raises:
        InputError: if the file cannot be written, or a conversation not be read; then no file is left behind.
    """
    upper, lower = page(title, block("cards", packed(listing(collection))), report)
    with atomic_open(path) as stream:
        stream.write(upper.encode())
        for start in range(0, len(collection), CHUNK):
            numbers = range(start, min(start + CHUNK, len(collection)))
            stream.write(chunk(collection, numbers).encode())
            advance(len(numbers))
        stream.write(lower.encode())


def chunk(collection: Collection, numbers: range) -> str:
    """Return the block of some conversations that follow one another."""
    details = [collection.detail(number) for number in numbers]
    return block(f"chunk-{numbers.start // CHUNK}", packed(details))
