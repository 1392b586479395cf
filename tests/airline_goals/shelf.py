"""Tasks drawn once for all tests here, and the office their customers call: tools on a state of their own."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count
from typing import Any

import msgspec

from cove_rl.domains.airline.records import Reservation, User
from cove_rl.domains.airline.tools.search import Offer
from cove_rl.domains.airline.view import View
from cove_rl.domains.airline.wishes import Way, ways_of
from cove_rl.tasks.sampler import Mix, draw_task
from cove_rl.tasks.task import Task
from cove_rl.world.call import CallResult, ToolCall
from cove_rl.world.constraint import Constraint
from cove_rl.world.domain import get_domain
from cove_rl.world.hint import Hint, Request
from cove_rl.world.state import State
from cove_rl.world.world import World

DOMAIN = get_domain("airline")


@cache
def world() -> World:
    return DOMAIN.world(7)


def drawn(index: int, mix: Mix | None = None) -> Task:
    """The first candidate with that index."""
    attempts = (draw_task(DOMAIN, world(), 0, index, attempt, mix or Mix()) for attempt in count())
    return next(task for task in attempts if task is not None)


@cache
def tasks() -> tuple[Task, ...]:
    """The first 400 candidates of that world; nobody has solved them."""
    return tuple(map(drawn, range(400)))


def requests() -> Iterator[tuple[Task, Request]]:
    return ((task, request) for task in tasks() for request in task.requests)


class Office:
    """Tools on one state: what an agent can find out and do."""

    def __init__(self, begun: World | None = None) -> None:
        self.state = State(begun or world())

    def call(self, name: str, **arguments: Any) -> CallResult:
        return DOMAIN.toolbox.call(self.state, ToolCall("c", name, arguments))

    def read(self, kind: Any, name: str, **arguments: Any) -> Any:
        result = self.call(name, **arguments)
        assert not result.error, result.content
        return msgspec.json.decode(result.content, type=kind)

    def carry_out(self, constraint: Constraint) -> list[ToolCall]:
        """Make the calls a constraint asks for; all of them must succeed and change something."""
        calls = [ToolCall("c", one.name, one.arguments) for one in constraint.actions(world())]
        for call in calls:
            result = DOMAIN.toolbox.call(self.state, call)
            assert not result.error, (constraint.describe(), result.content)
            assert result.changes, constraint.describe()
        return calls

    def view(self, user_id: str) -> View:
        """The customer's corner, as the tools show it."""
        user = self.read(User, "get_user_details", user_id=user_id)
        found = {
            key: self.read(Reservation, "get_reservation_details", reservation_id=key) for key in user.reservations
        }
        cities = self.read(list[dict[str, str]], "list_all_airports")
        return View(user, found, {one["iata"]: one["city"] for one in cities})

    def ways(self, origin: str, destination: str, date: str) -> list[Way]:
        """All ways between two airports, as the two searches show them."""
        place = {"origin": origin, "destination": destination, "date": date}
        direct = self.read(list[Offer], "search_direct_flight", **place)
        one_stop = self.read(list[tuple[Offer, Offer]], "search_onestop_flight", **place)
        return ways_of(direct, one_stop, date)

    def statuses(self, reservation: Reservation) -> tuple[str, ...]:
        calls = [("get_flight_status", one.flight_number, one.date) for one in reservation.flights]
        return tuple(self.call(name, flight_number=number, date=date).content for name, number, date in calls)


def customer(task: Task) -> User:
    return world().rows(User)[str(task.identity[0].values["id"])]


def solution(task: Task) -> list[ToolCall]:
    """Reads that decide what is refused, then the calls the goals ask for, then a transfer if one is due."""
    evidence = [one.evidence(world())[0] for one in task.constraints if one.evidence(world())]
    reads = [ToolCall("r", one.tool, dict(one.arguments)) for one in evidence]
    writes = [ToolCall("w", one.name, one.arguments) for c in task.constraints for one in c.actions(world())]
    due = [one for one in task.constraints if one.transfer]
    return [*reads, *writes, *(ToolCall("t", DOMAIN.transfer_tool, {"summary": "A flown trip."}) for _ in due)]


def hint_of(request: Request, slot: str) -> Hint:
    return next(hint for hint in request.hints if hint.slot == slot)


def inside(hints: Sequence[Hint]) -> Iterator[Hint]:
    """These hints and the hints in them."""
    for hint in hints:
        yield hint
        for value in hint.values.values():
            yield from inside(value if isinstance(value, tuple) else ())
