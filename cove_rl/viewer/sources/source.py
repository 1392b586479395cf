"""What the viewer asks of a kind of file."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from cove_rl.tasks.task import Task
from cove_rl.tasks.worlds import Worlds
from cove_rl.viewer.card import Card
from cove_rl.viewer.detail import Detail


class Known(msgspec.Struct, frozen=True):
    """What is known besides the files: tasks by id, and where to find worlds."""

    tasks: Mapping[str, Task]
    worlds: Worlds


class Source(Protocol):
    """Reads the records of one kind of file; a record is one JSON value, as bytes."""

    def card(self, record: bytes, known: Known) -> Card:
        """Return the record's row in the list.

        Raises:
            InputError: if it is no such record.
        """
        ...

    def detail(self, record: bytes, known: Known) -> Detail:
        """Return the record's conversation.

        Raises:
            InputError: if it is no such record.
        """
        ...


Head = Mapping[str, Any]
"""The first record of a file, parsed: by its keys, one tells the kind of file."""
