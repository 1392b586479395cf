"""All conversations of some files: a row for each in memory, the rest read from disk when it is asked for."""

import json
from collections.abc import Iterable, Iterator, Sequence
from threading import Lock

import msgspec

from cove_rl.errors import CoveError, InputError
from cove_rl.files import decode_json
from cove_rl.viewer.card import Card
from cove_rl.viewer.detail import Detail
from cove_rl.viewer.files import Span, read_span
from cove_rl.viewer.sources.source import Known, Source


class Entry(msgspec.Struct, frozen=True):
    """One conversation: its row, and where its record is."""

    card: Card
    source: Source
    span: Span


class Collection:
    """The conversations the viewer shows.

    Args:
        entries: them, in the order of the list.
        known: tasks and worlds.
    """

    def __init__(self, entries: Sequence[Entry], known: Known) -> None:
        self._entries = entries
        self._known = known
        self._lock = Lock()  # worlds are generated for one reader at a time

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def cards(self) -> list[Card]:
        """The rows of the list."""
        return [entry.card for entry in self._entries]

    def chosen(self, numbers: Iterable[int]) -> "Collection":
        """Return some of the conversations, in the order of their numbers' list."""
        return Collection([self._entries[number] for number in numbers], self._known)

    def detail(self, number: int) -> Detail:
        """Return a conversation by its place in the list.

        Raises:
            InputError: if there is none, or its record can no longer be read.
        """
        if not 0 <= number < len(self._entries):
            raise InputError(f"there is no conversation {number}; there are {len(self._entries)}")
        entry = self._entries[number]
        record = read_span(entry.span)
        try:
            with self._lock:
                return entry.source.detail(record, self._known)
        except CoveError as fault:
            raise InputError(f"{entry.card.place}: {fault}") from fault

    def search(self, text: str) -> Iterator[int]:
        """Yield the places of the conversations in which a text occurs, whatever its case.

        What is searched are the texts in a record, tasks included: messages, arguments, results, reasons.
        """
        wanted = text.casefold()
        if not wanted:
            yield from range(len(self._entries))
            return
        written = json.dumps(wanted)[1:-1] if wanted.isascii() else None
        for number, entry in enumerate(self._entries):
            record = read_span(entry.span)
            if written is not None and written not in record.decode().casefold():
                continue  # as it stands in JSON it is not there, so it is not there
            if any(wanted in one.casefold() for one in _texts(decode_json(record, object, entry.card.place))):
                yield number


def _texts(value: object) -> Iterator[str]:
    """Yield every text inside a JSON value, names of fields left out."""
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            pending.extend(one.values())
        elif isinstance(one, list):
            pending.extend(one)
