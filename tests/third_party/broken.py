"""Library desks with one defect each, and the checks that must find it."""

# some of them are broken in ways that a type checker sees
# mypy: disable-error-code="assignment, arg-type, attr-defined, call-arg"

import random
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any, ClassVar, Literal, cast

import yaml
from msgspec.structs import replace

from cove_rl.errors import ToolError
from cove_rl.speech.desk import Desk, Script
from cove_rl.world.call import ToolCall
from cove_rl.world.constraint import Action, Constraint, Goal
from cove_rl.world.domain import Domain, Draft
from cove_rl.world.hint import Hint, Request
from cove_rl.world.state import State
from cove_rl.world.tool import Tool, tool
from cove_rl.world.world import Tables, World

from .library.library_desk import (
    CancelHold,
    Entry,
    LibraryDomain,
    Member,
    RefuseRenewal,
    RenewLoan,
    cancel_hold,
    find_member,
    list_entries,
    renew_loan,
    transfer_to_human_agents,
)

DEFECTS: dict[str, str] = {}
"""Name of a domain -> the check that must find its defect, before any other does."""


class Broken(LibraryDomain):
    """A library desk that lets its renewals be of another type."""

    domain: ClassVar[Domain]
    offered: ClassVar[str]
    renewal: ClassVar[type[Constraint]] = RenewLoan

    def draft(self, world: World, rng: Random, count: int) -> Draft | None:
        draft = super().draft(world, rng, count)
        return None if draft is None else replace(draft, requests=tuple(map(self.changed, draft.requests)))

    def changed(self, request: Request) -> Request:
        goal = request.constraint
        if type(goal) is not RenewLoan:
            return request
        return replace(request, constraint=self.renewal(goal.entry_id, goal.weeks))


def defect(check: str) -> Callable[[type[Broken]], type[Broken]]:
    """Offer a broken domain under the name of its class, and note which check must fail first."""

    def made(kind: type[Broken]) -> type[Broken]:
        kind.offered = f"broken-{kind.__name__.lower()}"
        kind.name = "somebody-else" if kind.name == "somebody-else" else kind.offered
        kind.domain = kind()
        DEFECTS[kind.offered] = check
        return kind

    return made


def tools(*changed: Tool) -> tuple[Tool, ...]:
    """Return the library's tools, with others in place of those of the same name."""
    own = {one.name: one for one in LibraryDomain.tools}
    return tuple({**own, **{one.name: one for one in changed}}.values())


def entries_of(state: State, member_id: str) -> list[Entry]:
    """Return what the library's tool returns."""
    return cast("list[Entry]", list_entries.function(state, member_id))


def renewed(state: State, entry_id: str, weeks: int) -> Entry:
    """Do what the library's tool does."""
    return cast("Entry", renew_loan.function(state, entry_id, weeks))


def renamed(name: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Give a function the name and the docstring of the library's tool of that name."""

    def made(function: Callable[..., object]) -> Callable[..., object]:
        own = next(one for one in LibraryDomain.tools if one.name == name)
        function.__name__, function.__doc__ = name, function.__doc__ or own.function.__doc__
        return function

    return made


def data(change: Callable[[dict[str, Any]], object]) -> Path:
    """Return a folder like the library's, with a changed `speech.yaml`."""
    folder = Path(tempfile.mkdtemp())
    for file in LibraryDomain.data.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    speech = yaml.safe_load((folder / "speech.yaml").read_text())
    change(speech)
    (folder / "speech.yaml").write_text(yaml.safe_dump(speech))
    return folder


@defect("policy")
class Lawless(Broken):
    policy = " \n"


@tool("generic")
@renamed("transfer_to_human_agents")
def undocumented(state: State, summary: str) -> str:
    """Hand the member over to a librarian."""
    return "Transfer successful"


@defect("schemas")
class Undocumented(Broken):
    tools = tools(undocumented)


@defect("tool-names")
class Twins(Broken):
    tools = (*LibraryDomain.tools, find_member)


@defect("tool-names")
class Lonely(Broken):
    tools = tuple(one for one in LibraryDomain.tools if one is not transfer_to_human_agents)


CANCELLED: set[str] = set()


@tool("write")
@renamed("cancel_hold")
def remembering(state: State, entry_id: str) -> Entry:
    if entry_id in CANCELLED:
        raise ToolError("This has been cancelled in some other conversation.")
    cancelled = cast("Entry", cancel_hold.function(state, entry_id))
    CANCELLED.add(entry_id)
    return cancelled


@tool("write")
@renamed("renew_loan")
def through_the_wall(state: State, entry_id: str, weeks: Literal[2, 3, 4]) -> Entry:
    entry = renewed(state, entry_id, weeks)
    cast("dict[str, Entry]", state.world.rows(Entry))[entry_id] = entry
    return entry


@tool("write")
@renamed("renew_loan")
def half_way(state: State, entry_id: str, weeks: Literal[2, 3, 4]) -> Entry:
    entry = renewed(state, entry_id, weeks)
    if entry.status != "lent":
        state.commit()
        raise ToolError("Another reader waits for this book.")
    return entry


@tool("read")
@renamed("list_entries")
def marking(state: State, member_id: str) -> list[Entry]:
    member = state.get(Member, member_id)
    if member is not None:
        state.put(member_id, replace(member, email=member.email + "."))
    return entries_of(state, member_id)


@tool("read")
@renamed("list_entries")
def shuffled(state: State, member_id: str) -> list[Entry]:
    found = entries_of(state, member_id)
    return random.sample(found, len(found))


@tool("read")
@renamed("list_entries")
def touchy(state: State, member_id: str) -> list[Entry]:
    assert state.world.rows(Member)[member_id]
    return entries_of(state, member_id)


@tool("generic")
@renamed("transfer_to_human_agents")
def endless(state: State, summary: str) -> dict[str, float]:
    return {"minutes to wait": float("inf")}


@tool("generic")
@renamed("transfer_to_human_agents")
def opaque(state: State, summary: str) -> object:
    return object()


@tool("read")
@renamed("renew_loan")
def disguised(state: State, entry_id: str, weeks: Literal[2, 3, 4]) -> Entry:
    return renewed(state, entry_id, weeks)


@defect("states-are-isolated")
class Remembering(Broken):
    tools = tools(remembering)


@defect("world-stays-the-same")
class Permeable(Broken):
    tools = tools(through_the_wall)


@defect("failures-change-nothing")
class HalfWay(Broken):
    tools = tools(half_way)


@defect("only-writes-write")
class Marking(Broken):
    tools = tools(marking)


@defect("calls-are-repeatable")
class Shuffled(Broken):
    tools = tools(shuffled)


@defect("calls-are-answered")
class Touchy(Broken):
    tools = tools(touchy)


@defect("results-are-readable")
class Endless(Broken):
    tools = tools(endless)


@defect("results-are-readable")
class Opaque(Broken):
    tools = tools(opaque)


@defect("only-writes-write")
class Disguised(Broken):
    tools = tools(disguised)


@defect("world-repeats")
class Unseeded(Broken):
    def generate(self, seed: int, size: Mapping[str, int]) -> Tables:
        return super().generate(random.randrange(10**9), size)


@defect("world-repeats-elsewhere")
class Hashed(Broken):
    def generate(self, seed: int, size: Mapping[str, int]) -> Tables:
        rows = super().generate(seed, size)
        return {kind: {key: table[key] for key in set(table)} for kind, table in rows.items()}


@defect("seeds-differ")
class Stubborn(Broken):
    def generate(self, seed: int, size: Mapping[str, int]) -> Tables:
        return super().generate(1, size)


@defect("world-is-sound")
class Disordered(Broken):
    def generate(self, seed: int, size: Mapping[str, int]) -> Tables:
        return dict(reversed(list(super().generate(seed, size).items())))


@defect("world-is-sound")
class Exploding(Broken):
    def generate(self, seed: int, size: Mapping[str, int]) -> Tables:
        raise LookupError("no shelf")


@defect("world-is-sound")
class Complaining(Broken):
    def problems(self, tables: Tables) -> list[str]:
        return ["everything is wrong"]


@defect("problems-are-noticed")
class Blind(Broken):
    def problems(self, tables: Tables) -> list[str]:
        return []


@defect("problems-are-noticed")
class Panicking(Broken):
    def problems(self, tables: Tables) -> list[str]:
        assert all(one.member_id in tables[Member] for one in tables[Entry].values())
        return super().problems(tables)


@tool("read")
@renamed("list_entries")
def one_per_author(state: State, member_id: str) -> list[Entry]:
    return list({entry.author: entry for entry in reversed(entries_of(state, member_id))}.values())


@defect("hints-are-unique")
class Lucky(Broken):
    """Calls every book by its author, and the oracle takes the first that fits."""

    tools = tools(one_per_author)

    def draft(self, world: World, rng: Random, count: int) -> Draft | None:
        draft = super().draft(world, rng, count)
        return (
            None if draft is None else replace(draft, requests=tuple(by_author(world, one) for one in draft.requests))
        )


def by_author(world: World, request: Request) -> Request:
    entry = world.rows(Entry)[request.constraint.entry_id]
    return replace(request, hints=(Hint("book", "author", {"author": entry.author}), *request.hints[1:]))


@defect("hints-are-understood")
class Mumbling(Broken):
    data = data(lambda speech: speech["phrases"]["book"].update(author=["the book {author}"]))


@defect("everything-can-be-said")
class Tongueless(Broken):
    data = data(lambda speech: speech["acts"].update(cancel_hold=["Please cancel my hold on {book}."]))


@defect("speech")
class Speechless(Broken):
    data = data(lambda speech: speech.pop("phrases"))


@defect("solvable")
class Asleep(Broken):
    def serve(self, desk: Desk) -> Script:
        while True:
            desk.tell("more")
            yield from desk.listen()


@defect("solvable")
class Stumbling(Broken):
    def serve(self, desk: Desk) -> Script:
        yield from desk.listen()
        raise ZeroDivisionError("the oracle's own fault")


@defect("drafts")
class Fainting(Broken):
    def draft(self, world: World, rng: Random, count: int) -> Draft | None:
        raise KeyError(count)


class Sloppy(RenewLoan, frozen=True, tag="renew_loan"):
    """Is content with any other day."""

    def goals(self, world: World) -> tuple[Goal, ...]:
        (goal,) = super().goals(world)
        before = world.rows(Entry)[self.entry_id].due
        return (replace(goal, read=lambda entry: entry.due != before, wanted=True),)


class Silent(RenewLoan, frozen=True, tag="renew_loan"):
    describe = Constraint.describe


class Overdone(RenewLoan, frozen=True, tag="renew_loan"):
    def actions(self, world: World) -> tuple[Action, ...]:
        return super().actions(world) * 2


class Fractional(RenewLoan, frozen=True, tag="renew_loan"):
    weeks: float


class Unwanted(CancelHold, frozen=True, tag="never_wanted"):
    """What no customer asks for."""


class Twin(CancelHold, frozen=True, tag="renew_loan"):
    """Has another's tag."""


@defect("mutants-are-judged-rightly")
class Generous(Broken):
    renewal = Sloppy
    constraints = (Sloppy, CancelHold, RefuseRenewal)


@defect("goals-are-described")
class Taciturn(Broken):
    renewal = Silent
    constraints = (Silent, CancelHold, RefuseRenewal)


@defect("actions-lead-to-goals")
class Doubled(Broken):
    renewal = Overdone
    constraints = (Overdone, CancelHold, RefuseRenewal)


@defect("tasks-survive-a-file")
class Lossy(Broken):
    renewal = Fractional
    constraints = (Fractional, CancelHold, RefuseRenewal)


@defect("every-kind-comes-up")
class Boastful(Broken):
    constraints = (*LibraryDomain.constraints, Unwanted)


@defect("declarations")
class Confused(Broken):
    constraints = (*LibraryDomain.constraints, Twin)


@defect("drafts")
class Undeclared(Broken):
    constraints = (RenewLoan, CancelHold)


@defect("tasks-repeat")
class Moody(Broken):
    def draft(self, world: World, rng: Random, count: int) -> Draft | None:
        return super().draft(world, Random(), count)


@defect("tasks-repeat-elsewhere")
class Salted(Broken):
    def draft(self, world: World, rng: Random, count: int) -> Draft | None:
        return super().draft(world, Random(f"{hash('salt')} {rng.random()}"), count)


@defect("mutations-reach-everything")
class Unimaginative(Broken):
    def alternatives(self, world: World, call: ToolCall, argument: str) -> list[Any]:
        return [] if argument == "weeks" else super().alternatives(world, call, argument)


@defect("entry-point")
class Renamed(Broken):
    name = "somebody-else"
