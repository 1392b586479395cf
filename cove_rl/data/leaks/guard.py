"""Search data for anything that is the benchmark's."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from cove_rl.data.leaks.benchmark import Benchmark
from cove_rl.data.leaks.facts import FactIndex
from cove_rl.data.leaks.needles import FactKind
from cove_rl.data.leaks.report import Leak, LeakReport
from cove_rl.data.leaks.rows import can_read, read_rows
from cove_rl.data.leaks.texts import TextIndex, TextKind
from cove_rl.data.leaks.units import units_of
from cove_rl.data.leaks.words import without_fractions, words_of
from cove_rl.errors import InputError

_REMEMBERED = 2048
"""Units whose findings are kept: system prompts, tools and many results occur again and again."""
_AROUND = 6
_LONGEST_EXCERPT = 40


class Finding(msgspec.Struct, frozen=True):
    """A leak in a text; see `cove_rl.data.leaks.report.Leak` for the attributes."""

    kind: FactKind | TextKind
    what: str
    excerpt: str
    shared: int = 0


class LeakGuard:
    """Knows a benchmark and finds it in texts.

    Args:
        benchmark: what must not leak.
    """

    def __init__(self, benchmark: Benchmark) -> None:
        self.benchmark = benchmark
        self._facts = FactIndex(benchmark.facts)
        self._texts = TextIndex(benchmark.texts)
        self.find = lru_cache(_REMEMBERED)(self._find)

    def _find(self, text: str) -> tuple[Finding, ...]:
        """Return the leaks in a text: first the facts, then the passages, each in their order."""
        words = words_of(text)
        if matches := self._facts.find(words):
            words = words_of(without_fractions(text))
            matches = self._facts.find(words)
        facts = [Finding(one.fact.kind, one.fact.value, _excerpt(words, one.start, one.end)) for one in matches]
        passages = [
            Finding(one.text.kind, one.text.source, _excerpt(words, one.start, one.end), one.shared)
            for one in self._texts.find(words)
        ]
        return (*facts, *passages)

    def check(self, paths: Sequence[Path], advance: Callable[[int], object] = lambda _: None) -> LeakReport:
        """Search files and folders.

        Args:
            paths: data of any form; folders are searched whole.
            advance: called with 1 after every row.

        Raises:
            InputError: if a file cannot be read, or there is no row in any of the paths.
        """
        known = self.benchmark
        report = LeakReport(known.domains, len(known.facts), len(known.texts))
        for path in paths:
            before = report.rows
            for file in _files(path, report):
                self._check_file(file, report, advance)
            if report.rows == before:
                raise InputError(f"{path} holds no data: nothing in it could be searched")
        return report

    def _check_file(self, file: Path, report: LeakReport, advance: Callable[[int], object]) -> None:
        report.files += 1
        for row in read_rows(file):
            report.rows += 1
            for place, text in units_of(row.value):
                report.units += 1
                where = ".".join(part for part in (row.part, place) if part)
                for found in self.find(text):
                    leak = Leak(found.kind, found.what, str(file), row.number, where, found.excerpt, found.shared)
                    report.add(leak)
            advance(1)


def _files(path: Path, report: LeakReport) -> Iterator[Path]:
    """Yield the files to read, in the order of their names; list the others in the report."""
    if not path.exists():
        raise InputError(f"there is no {path}")
    if not path.is_dir():
        yield path
        return
    for file in _visible(path):
        if can_read(file) and not file.is_dir():
            yield file
        else:
            report.passed_over.append(str(file))


def _visible(folder: Path) -> Iterator[Path]:
    """Yield everything in a folder that is no folder, apart from what is hidden; links to folders are not followed."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and (path.is_symlink() or not path.is_dir()):
            yield path


def _excerpt(words: Sequence[str], start: int, end: int) -> str:
    return " ".join(words[max(0, start - _AROUND) : min(end + _AROUND, start + _LONGEST_EXCERPT)])
