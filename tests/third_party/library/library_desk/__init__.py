"""A library's desk, as a domain for cove_rl: renew a loan, cancel a hold, refuse what another reader waits for."""

from collections.abc import Generator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Literal, get_args

import msgspec

from cove_rl.errors import ToolError
from cove_rl.speech.desk import Asked, Desk, Script, Step
from cove_rl.world.constraint import Action, Constraint, Evidence, Goal
from cove_rl.world.domain import Domain, Draft
from cove_rl.world.hint import Check, Hint, Request
from cove_rl.world.record import Record
from cove_rl.world.state import State
from cove_rl.world.tool import tool
from cove_rl.world.world import Tables, World

Status = Literal["lent", "lent, reserved by another reader", "hold", "hold cancelled"]


class Member(Record, frozen=True):
    id: str
    email: str


class Entry(Record, frozen=True):
    """A book in a member's account: lent to them until a day, or a hold, which is a book they wait for."""

    id: str
    member_id: str
    title: str
    author: str
    status: Status
    due: str | None = None


@tool("read")
def find_member(state: State, email: str) -> Member:
    """Find a member by their e-mail address.

    Args:
        email: The e-mail address, for example 'reader9@post.example'.
    """
    for member in state.rows(Member):
        if member.email == email.lower():
            return member
    raise ToolError("No member has that e-mail address. Ask for it again.")


@tool("read")
def list_entries(state: State, member_id: str) -> list[Entry]:
    """List the books a member has at home or waits for, with their status and the day they are due.

    Args:
        member_id: The member's id, for example 'M123456'.
    """
    return [entry for entry in state.rows(Entry) if entry.member_id == member_id]


@tool("write")
def renew_loan(state: State, entry_id: str, weeks: Literal[2, 3, 4]) -> Entry:
    """Let a member keep a book longer. Get their explicit consent (yes) before you call it.

    Args:
        entry_id: The id of the entry, for example 'E123456'.
        weeks: By how many weeks.
    """
    entry = state.get(Entry, entry_id)
    if entry is None or entry.due is None:
        raise ToolError("There is no loan with that id. Take it from the member's entries.")
    state.put(entry.id, renewed := msgspec.structs.replace(entry, due=later(entry.due, weeks)))
    return renewed


@tool("write")
def cancel_hold(state: State, entry_id: str) -> Entry:
    """Stop waiting for a book. Get the member's explicit consent (yes) before you call it.

    Args:
        entry_id: The id of the entry, for example 'E123456'.
    """
    entry = state.get(Entry, entry_id)
    if entry is None or entry.status != "hold":
        raise ToolError("There is no open hold with that id. Take it from the member's entries.")
    state.put(entry.id, cancelled := msgspec.structs.replace(entry, status="hold cancelled"))
    return cancelled


@tool("generic")
def transfer_to_human_agents(state: State, summary: str) -> str:
    """Hand the member over to a librarian, for what no tool can do.

    Args:
        summary: What the member wants, in a sentence.
    """
    return "Transfer successful"


def later(day: str, weeks: int) -> str:
    """Return the day that many weeks later; both are YYYY-MM-DD."""
    return (date.fromisoformat(day) + timedelta(weeks=weeks)).isoformat()


class RenewLoan(Constraint, frozen=True, tag="renew_loan"):
    """Keep a book longer."""

    entry_id: str
    weeks: int

    def goals(self, world: World) -> tuple[Goal, ...]:
        due = later(world.rows(Entry)[self.entry_id].due or "", self.weeks)
        return (Goal(f"the day {self.entry_id} is due", Entry, self.entry_id, lambda one: one.due, due),)

    def actions(self, world: World) -> tuple[Action, ...]:
        return (Action("renew_loan", {"entry_id": self.entry_id, "weeks": self.weeks}),)

    def describe(self) -> str:
        return f"renew {self.entry_id} by {self.weeks} weeks"


class CancelHold(Constraint, frozen=True, tag="cancel_hold"):
    """Stop waiting for a book."""

    entry_id: str

    def goals(self, world: World) -> tuple[Goal, ...]:
        return (Goal(f"the status of {self.entry_id}", Entry, self.entry_id, lambda one: one.status, "hold cancelled"),)

    def actions(self, world: World) -> tuple[Action, ...]:
        return (Action("cancel_hold", {"entry_id": self.entry_id}),)

    def describe(self) -> str:
        return f"cancel the hold {self.entry_id}"


class RefuseRenewal(Constraint, frozen=True, tag="refuse_renewal"):
    """A renewal the policy forbids: no goals, but reads that show it, and records to leave alone."""

    entry_id: str

    def evidence(self, world: World) -> tuple[Evidence, ...]:
        return (Evidence("list_entries", {"member_id": world.rows(Entry)[self.entry_id].member_id}),)

    def guards(self, world: World) -> tuple[tuple[type[Record], str], ...]:
        return ((Entry, self.entry_id),)

    def describe(self) -> str:
        return f"do not renew {self.entry_id}, which another reader waits for"


def fits(hint: Hint, entry: Entry) -> bool:
    """Return whether a description of a book, as it was made or as it was heard, fits an entry."""
    return str(hint.values[hint.form]).lower() == str(getattr(entry, hint.form)).lower()


def describe(entry: Entry, among: Sequence[Entry], rng: Random) -> Hint:
    """Describe a book by what tells it from the member's others; failing that, give its id away."""
    hints = [Hint("book", form, {form: getattr(entry, form)}) for form in ("title", "author")]
    unique = [hint for hint in hints if sum(fits(hint, one) for one in among) == 1]
    hint = rng.choice(unique) if unique else Hint("book", "id", {"id": entry.id}, exact=True)
    others = tuple(one.title for one in among if one.title != entry.title)
    return msgspec.structs.replace(hint, check=Check(any=(entry.title,), instead=others))


def serve(desk: Desk) -> Script:
    """The oracle. It knows what the member says and what the tools return, and nothing else."""
    member = yield from identify(desk)
    while True:
        while desk.requests:
            asked = desk.requests.popleft()
            entry = yield from which_book(desk, asked, member)
            if entry is None:
                desk.tell("give_up")
            elif asked.act == "cancel_hold":
                yield from finish(desk, asked, {"title": entry.title}, entry_id=entry.id)
            elif entry.status != "lent":
                desk.tell("refuse.reserved", title=entry.title)
            elif hint := (yield from desk.need(asked, "weeks", "ask.weeks")):
                weeks = int(str(hint.values["number"]))
                said = {"title": entry.title, "weeks": str(weeks), "due": later(entry.due or "", weeks)}
                yield from finish(desk, asked, said, entry_id=entry.id, weeks=weeks)
        desk.tell("more")
        yield from desk.listen()


def identify(desk: Desk) -> Generator[Step, Any, Member]:
    while True:
        if hint := desk.loose.pop("identity", None):
            answer = yield from desk.use("find_member", email=hint.values["email"])
            if not answer.error:
                return msgspec.json.decode(answer.content, type=Member)
        desk.tell("ask.identity")
        yield from desk.listen()


def which_book(desk: Desk, asked: Asked, member: Member) -> Generator[Step, Any, Entry | None]:
    hint = yield from desk.need(asked, "book", "ask.book")
    answer = yield from desk.use("list_entries", member_id=member.id)
    fitting = [one for one in msgspec.json.decode(answer.content, type=list[Entry]) if hint and fits(hint, one)]
    return fitting[0] if len(fitting) == 1 else None


def finish(desk: Desk, asked: Asked, said: dict[str, str], **arguments: object) -> Script:
    """Propose; after a yes call the tool, which here is named like what was asked for, and report."""
    if (yield from desk.confirm(asked, f"propose.{asked.act}", **said)):
        yield from desk.use(asked.act, **arguments)
        desk.tell("done", what=desk.word(f"done.{asked.act}"))
    elif asked not in desk.requests:
        desk.tell("cancelled_by_user")


class LibraryDomain(Domain):
    name = "library"
    data = Path(__file__).parent / "data"
    tables = {"members": Member, "entries": Entry}
    tools = (find_member, list_entries, renew_loan, cancel_hold, transfer_to_human_agents)
    constraints = (RenewLoan, CancelHold, RefuseRenewal)
    default_size = {"members": 60, "entries": 400}

    def generate(self, seed: int, size: Mapping[str, int]) -> Tables:
        rng = Random(f"library {seed}")
        shelf = [line.split(", ") for line in (self.data / "shelf.txt").read_text(encoding="utf-8").splitlines()]
        numbers = rng.sample(range(100_000, 1_000_000), sum(size.values()))
        members = [Member(f"M{number}", f"reader{number}@post.example") for number in numbers[: size["members"]]]
        entries = []
        for number in numbers[size["members"] :]:
            status = rng.choice(get_args(Status))
            due = later("2031-03-03", rng.randrange(4)) if "lent" in status else None
            title, author = rng.choice(shelf)
            entries.append(Entry(f"E{number}", rng.choice(members).id, title, author, status, due))
        return {Member: {one.id: one for one in members}, Entry: {one.id: one for one in entries}}

    def problems(self, tables: Tables) -> list[str]:
        rows = [(key, msgspec.structs.asdict(row)) for table in tables.values() for key, row in table.items()]
        owned = [row for _, row in rows if "member_id" in row]
        found = [f"{row} is filed under {key}" for key, row in rows if row["id"] != key]
        return found + [f"{row} is nobody's" for row in owned if row["member_id"] not in tables[Member]]

    def draft(self, world: World, rng: Random, count: int) -> Draft | None:
        member = rng.choice(list(world.rows(Member).values()))
        entries = [entry for entry in world.rows(Entry).values() if entry.member_id == member.id]
        chosen = [entry for entry in rng.sample(entries, len(entries)) if entry.status != "hold cancelled"][:count]
        if len(chosen) < count or all("reserved" in entry.status for entry in chosen):
            return None  # draw again; a task needs something to do, so that doing nothing earns nothing
        requests = tuple(self._request(entry, describe(entry, entries, rng), rng) for entry in chosen)
        return Draft((Hint("identity", "email", {"email": member.email}),), requests)

    def _request(self, entry: Entry, book: Hint, rng: Random) -> Request:
        if entry.status == "hold":
            return Request(CancelHold(entry.id), "cancel_hold", (book,))
        weeks = rng.choice((2, 3, 4))
        told = Hint("weeks", "number", {"number": str(weeks)}, check=Check(any=(f"{weeks} weeks",), instead=("weeks",)))
        constraint = RenewLoan(entry.id, weeks) if entry.status == "lent" else RefuseRenewal(entry.id)
        return Request(constraint, "renew_loan", (book, told))

    def serve(self, desk: Desk) -> Script:
        return serve(desk)


DOMAIN = LibraryDomain()
