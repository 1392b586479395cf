"""What a check is: a question about a domain, asked of many cases, with what to do about the answer."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from cove_rl.evaluation.conformance.faults import words_of

if TYPE_CHECKING:
    from cove_rl.evaluation.conformance.subject import Subject


class Note(msgspec.Struct, frozen=True):
    """What a check saw beside its cases, for the report."""

    words: str


Cases = Iterator[str | Note]
"""One text per case: empty if all is well, else a counterexample; and a note, where there is something to tell."""

Status = Literal["passed", "failed", "blocked", "not applicable"]


class Blocked(Exception):  # noqa: N818  (no error of the check's own)
    """Raised where a check needs what another check has found missing; its argument is that check's name."""


class NotApplicable(Exception):  # noqa: N818
    """Raised by a check that a domain gives no case for; its argument says why."""


class Check(msgspec.Struct, frozen=True):
    """A question about a domain.

    Attributes:
        name: as `--only` takes it.
        group: what it is about.
        meaning: what holds if it is passed.
        why: why that matters.
        remedy: what to do if it is failed.
        run: asks it of every case.
    """

    name: str
    group: str
    meaning: str
    why: str
    remedy: str
    run: "Callable[[Subject], Cases]"


class Finding(msgspec.Struct, frozen=True):
    """What came of a check.

    Attributes:
        name: of the check, as are group, meaning, why and remedy.
        status: "blocked" if it could not be asked because another check failed.
        cases: how many cases were tried.
        failures: how many of them were counterexamples.
        counterexample: the first of them; for "blocked" and "not applicable", the reason.
        note: what else was seen.
    """

    name: str
    group: str
    meaning: str
    why: str
    remedy: str
    status: Status
    cases: int = 0
    failures: int = 0
    counterexample: str = ""
    note: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing speaks against the domain."""
        return self.status in ("passed", "not applicable")


def check(why: str, remedy: str) -> "Callable[[Callable[[Subject], Cases]], Check]":
    """Make a check of a function: it is named after it, and the first line of its docstring is its meaning."""

    def made(function: "Callable[[Subject], Cases]") -> Check:
        name, group = function.__name__.replace("_", "-"), function.__module__.rpartition(".")[2]
        meaning = (function.__doc__ or "").splitlines()[0]
        return Check(name, group, meaning, why, remedy, function)

    return made


def ask(one: Check, subject: "Subject") -> Finding:
    """Ask a check of all its cases. Whatever a domain's code raises is a counterexample, with its place."""
    cases, found, note = 0, list[str](), ""
    status: Status = "passed"
    try:
        for seen in one.run(subject):
            if isinstance(seen, Note):
                note = seen.words
                continue
            cases += 1
            found += [seen] if seen else []
        if cases == 0:
            status, found = "not applicable", ["the domain gives it no case"]
    except NotApplicable as reason:
        status, found = "not applicable", [str(reason)]
    except Blocked as missing:
        if not found:
            status, found = "blocked", [f"it cannot be asked before {missing} is passed"]
    except (Exception, SystemExit) as error:  # a domain that breaks down must not break down its examiner
        cases += 1
        found.append(words_of(error, subject.folders))
    if status == "passed" and found:
        status = "failed"
    failures, first = len(found) if status == "failed" else 0, found[0] if found else ""
    return Finding(one.name, one.group, one.meaning, one.why, one.remedy, status, cases, failures, first, note)
