"""What a search for leaks found."""

from collections import Counter

import msgspec

from cove_rl.data.leaks.needles import FactKind
from cove_rl.data.leaks.texts import TextKind

LISTED = 1000
"""Leaks that a report lists; it counts all of them."""


class Leak(msgspec.Struct, frozen=True):
    """A piece of the benchmark in the data.

    Attributes:
        kind: a fact that identifies a record, or a passage of a text.
        what: the fact as the benchmark writes it, or where the text is from.
        file: the file it is in.
        number: line of the file, or row of the table, counted from 1; 0 in a JSON document.
        place: where in the row or document, such as ``trajectory.messages[3]``, messages counted from 0.
        excerpt: words around it, as they are compared: in lower case, without punctuation.
        shared: of a passage, the words that are the benchmark's.
    """

    kind: FactKind | TextKind
    what: str
    file: str
    number: int
    place: str
    excerpt: str
    shared: int = 0

    def __str__(self) -> str:
        """Return one line for a person."""
        where = (f"{self.file}:{self.number}" if self.number else self.file) + (f": {self.place}" if self.place else "")
        words = f", {self.shared} words" if self.shared else ""
        return f"{where}: {self.kind} {self.what}{words}: ... {self.excerpt} ..."


class LeakReport(msgspec.Struct):
    """What was searched, for what, and what was found.

    Attributes:
        domains: of the benchmark.
        facts: ids, e-mail addresses, phone numbers, names and street lines that were looked for.
        texts: task texts, policies and recorded messages that were looked for.
        files: files that were read.
        rows: rows in them.
        units: messages and other fields in those.
        passed_over: what was not read in the folders: files that hold no data by their names, and links to folders.
        found: kind -> how many leaks.
        leaks: the first of them.
    """

    domains: tuple[str, ...]
    facts: int
    texts: int
    files: int = 0
    rows: int = 0
    units: int = 0
    passed_over: list[str] = []
    found: Counter[str] = msgspec.field(default_factory=Counter)
    leaks: list[Leak] = []

    @property
    def is_clean(self) -> bool:
        """Whether nothing of the benchmark was found."""
        return not self.found

    def add(self, leak: Leak) -> None:
        """Count a leak, and list it if the list is not full."""
        self.found[leak.kind] += 1
        if len(self.leaks) < LISTED:
            self.leaks.append(leak)
