"""Checks of how tools behave: answered, atomic, isolated, repeatable, honest about writing, readable."""

from collections.abc import Iterator
from itertools import chain

import msgspec

from cove_rl.evaluation.conformance.check import Cases, Check, Note, check
from cove_rl.evaluation.conformance.faults import raised_in, shortened, words_of
from cove_rl.evaluation.conformance.sessions import Seen, words_of_call
from cove_rl.evaluation.conformance.subject import Subject

RENDERING = "render"
"""The function that makes a tool's result a text; what passes through it is a fault of the result."""


@check(
    "An exception other than `ToolError` ends the episode, and the agent never learns what was wrong with its call.",
    "Raise `ToolError` with what to do instead, or look a value up before it is used.",
)
def calls_are_answered(subject: Subject) -> Cases:
    """Every call, plausible or malformed, comes back with a result or an error that the agent can read."""
    seen = [one for session in subject.sessions.make() for one in session.alone]
    for one in seen:
        crashed = one.crash is not None and not raised_in(one.crash, RENDERING)
        yield f"{one.words()} raised {words_of(one.crash, subject.folders)}" if crashed and one.crash else ""
    successful = {one.call.name for one in seen if not one.failed and one.crash is None}
    unused = sorted(subject.toolbox.get().tools.keys() - successful)
    yield Note(f"no call of {', '.join(unused)} succeeded" if unused else "each tool succeeded at least once")


@check(
    "An agent that is told of a failure believes that nothing has happened, and so does the verifier.",
    "Check everything first, and write only through `state.put`; never call `state.commit` in a tool.",
)
def failures_change_nothing(subject: Subject) -> Cases:
    """A call that fails leaves every record as it was."""
    for one in _all_seen(subject):
        if one.failed or one.crash is not None:
            error = f"raised {type(one.crash).__name__}" if one.crash else f"failed ({shortened(one.content, 100)})"
            yield f"{one.words()} {error}, but records changed" if one.changed else ""


@check(
    "Thousands of episodes share one world; a change to it appears in all of them, and verdicts go wrong.",
    "Build a new record with `msgspec.structs.replace` and give it to `state.put`; change no list or dict of a record.",
)
def world_stays_the_same(subject: Subject) -> Cases:
    """No call changes the world that all states share."""
    for session in subject.sessions.get():
        spoilt = session.spoilt
        yield "" if spoilt is None else f"{words_of_call(spoilt)} changed the world's own records"


@check(
    "What one episode writes must never be seen by another one that runs beside it.",
    "Keep nothing outside the state: no module's variable, no attribute of a tool, no cache of what was written.",
)
def states_are_isolated(subject: Subject) -> Cases:
    """Calls return the same whether or not other calls are made on another state of the world."""
    for session in subject.sessions.get():
        if _difference(*session.again):
            continue  # they differ from one time to the next, whatever others do: another check's matter
        found = _difference(session.alone, session.beside)
        yield f"{found}, once calls were made on another state" if found else ""


@check(
    "The verifier runs an episode's calls again; other results mean another verdict.",
    "Let a tool's result follow from its arguments and the state alone: no clock, no chance, no order of a set.",
)
def calls_are_repeatable(subject: Subject) -> Cases:
    """The same calls on a fresh state return the same."""
    for session in subject.sessions.get():
        found = _difference(*session.again)
        yield f"{found} the second time" if found else ""


@check(
    "Reads are free: the verifier counts neither them nor what they change.",
    'Declare a tool that changes records with @tool("write"), or have it change none.',
)
def only_writes_write(subject: Subject) -> Cases:
    """Only tools declared as "write" change records."""
    for one in _all_seen(subject):
        if one.kind and one.kind != "write" and not one.failed and one.crash is None:
            yield f"{one.words()} changed records, and its tool is a '{one.kind}' tool" if one.changed else ""


@check(
    "A result becomes a message of the conversation, and a model reads JSON or text.",
    "Return records, lists and dicts of them, numbers or texts; round what may be infinite or not a number.",
)
def results_are_readable(subject: Subject) -> Cases:
    """Results are text, or JSON that any parser takes."""
    for one in _all_seen(subject):
        if one.crash is not None and raised_in(one.crash, RENDERING):
            yield f"{one.words()} returned what cannot be made JSON: {type(one.crash).__name__}: {one.crash}"
        elif one.crash is None:
            yield _unreadable(one)


def _unreadable(one: Seen) -> str:
    try:
        data = one.content.encode()
    except UnicodeEncodeError as error:
        return f"{one.words()} returned a text that is no UTF-8: {error}"
    if not one.failed and one.content[:1] in ("{", "["):
        try:
            msgspec.json.decode(data)
        except msgspec.DecodeError as error:
            return f"{one.words()} returned {shortened(one.content, 100)}, which is no JSON: {error}"
    return ""


def _all_seen(subject: Subject) -> Iterator[Seen]:
    return chain.from_iterable(session.alone for session in subject.sessions.get())


def _difference(first: list[Seen], second: list[Seen]) -> str:
    """Say which call of a series returned something else; empty if none did."""
    for one, other in zip(first, second, strict=True):
        if one.outcome() != other.outcome():
            shown = [shortened(seen.content or repr(seen.crash), 150) for seen in (one, other)]
            return f"{one.words()} returned {shown[0]!r}, but {shown[1]!r}"
    return ""


CHECKS: tuple[Check, ...] = (
    calls_are_answered,
    failures_change_nothing,
    world_stays_the_same,
    states_are_isolated,
    calls_are_repeatable,
    only_writes_write,
    results_are_readable,
)
