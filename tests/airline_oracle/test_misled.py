"""The oracle of the airline goes by what it hears and reads: misled, it fails, so that it solves a task proves much."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from cove_rl.agents.oracle import Oracle
from cove_rl.domains.airline.records import User
from cove_rl.episode.episode import run_episode
from cove_rl.tasks.task import Task, encode_task
from cove_rl.users.scripted import ScriptedUser
from cove_rl.verify.verdict import Verdict
from cove_rl.verify.verifier import verify
from cove_rl.world.call import CallResult, ToolCall
from cove_rl.world.state import State
from cove_rl.world.tool import Toolbox

from .other_words import CHANGES, allowed
from .shelf import sampled, tasks, world


def test_the_oracle_keeps_to_the_policy_on_identity_and_airports() -> None:
    """It learns who it talks to first, and codes of airports from the tool that lists them."""
    for one in sampled():
        first, *rest = [call for message in one.solved.trajectory.messages for call in message.calls]
        assert first.name == "get_user_details"
        assert not rest or rest[0].name == "list_all_airports"


Lie = Callable[[Any], Any]


def other_owner(value: Any) -> Any:
    """Return somebody else's profile."""
    if "payment_methods" not in value:
        return value
    users = list(world().rows(User))
    other = users[(users.index(value["user_id"]) + 1) % len(users)]
    return msgspec.to_builtins(world().rows(User)[other])


def wrong_methods(value: Any) -> Any:
    """Return a profile whose payment methods have made-up ids."""
    if "payment_methods" not in value:
        return value
    methods = {f"{key}0": {**method, "id": f"{key}0"} for key, method in value["payment_methods"].items()}
    return {**value, "payment_methods": methods}


def no_membership(value: Any) -> Any:
    """Return a profile of the other end of the ladder of memberships."""
    if "membership" not in value:
        return value
    return {**value, "membership": "regular" if value["membership"] == "gold" else "gold"}


def other_cabin(value: Any) -> Any:
    """Return reservations as basic economy that are not, and the other way round."""
    if "cabin" not in value:
        return value
    return {**value, "cabin": "economy" if value["cabin"] == "basic_economy" else "basic_economy"}


def other_people(value: Any) -> Any:
    """Return reservations with passengers of another name."""
    if "passengers" not in value:
        return value
    return {**value, "passengers": [{**one, "first_name": "Ada"} for one in value["passengers"]]}


def more_bags(value: Any) -> Any:
    """Return reservations with a bag too many."""
    return {**value, "total_baggages": value["total_baggages"] + 1} if "total_baggages" in value else value


def flown(value: Any) -> Any:
    """Return every flight as landed."""
    return "landed" if isinstance(value, str) else value


def calm(value: Any) -> Any:
    """Return every flight as on time."""
    return "on time" if isinstance(value, str) else value


def renumbered(value: Any) -> Any:
    """Return search results whose flights have other numbers."""
    if isinstance(value, list):
        return [renumbered(one) for one in value]
    return {**value, "flight_number": "KIR999"} if "available_seats" in value else value


def dearer(value: Any) -> Any:
    """Return search results that cost a dollar more."""
    if isinstance(value, list):
        return [dearer(one) for one in value]
    if "available_seats" not in value:
        return value
    return {**value, "prices": {cabin: price + 1 for cabin, price in value["prices"].items()}}


def sold_out(value: Any) -> Any:
    """Return search results without seats."""
    if isinstance(value, list):
        return [sold_out(one) for one in value]
    return {**value, "available_seats": dict.fromkeys(value["prices"], 0)} if "available_seats" in value else value


LIES: list[tuple[Lie, tuple[str, ...]]] = [
    (other_owner, ("cancel_reservation", "change_flights", "change_passengers", "book_trip")),
    (wrong_methods, ("book_trip",)),
    (other_cabin, ("change_flights",)),
    (other_people, ("change_passengers",)),
    (more_bags, ("add_bags",)),
    (flown, ("cancel_reservation",)),
    (calm, ("send_certificate",)),
    (renumbered, ("book_trip", "change_flights", "change_cabin")),
    (dearer, ("book_trip",)),
    (sold_out, ("book_trip", "change_flights", "change_cabin")),
]


@pytest.mark.parametrize(("lie", "kinds"), LIES, ids=[lie.__name__ for lie, _ in LIES])
async def test_an_oracle_that_is_lied_to_does_not_succeed(
    lie: Lie, kinds: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tool that lies leads it astray: so it really goes by what tools return."""
    chosen = [task for task in tasks() if task.constraints[0].kind in kinds][:15]
    assert len(chosen) >= 5
    for task in chosen:
        assert (await lied_to(task, lie, monkeypatch)).score < 1.0, encode_task(task)


async def test_membership_decides_what_bags_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of bookings with bags that are charged, none comes out right under another membership."""
    bookings = [task for task in tasks() if getattr(task.constraints[0], "nonfree_baggages", 0) > 0]
    assert len(bookings) >= 3
    for task in bookings:
        assert (await lied_to(task, no_membership, monkeypatch)).score < 1.0


async def lied_to(task: Task, lie: Lie, monkeypatch: pytest.MonkeyPatch) -> Verdict:
    """Return the verdict on an oracle whose tools lie; texts are lied about like JSON."""
    honest = Toolbox.call

    def lying(self: Toolbox, state: State, call: ToolCall) -> CallResult:
        result = honest(self, state, call)
        if result.error:
            return result
        if not result.content.startswith(("{", "[")):
            return CallResult(lie(result.content), changes=result.changes) if lie in (flown, calm) else result
        told = lie(msgspec.json.decode(result.content)) if lie not in (flown, calm) else None
        return result if told is None else CallResult(msgspec.json.encode(told).decode(), changes=result.changes)

    with monkeypatch.context() as patch:
        patch.setattr(Toolbox, "call", lying)
        trajectory = await run_episode(task, world(), Oracle("airline", task.seed), ScriptedUser(task))
    return verify(task, world(), trajectory.calls())


@pytest.mark.parametrize("change", CHANGES)
async def test_an_oracle_whose_customer_says_something_else_does_not_succeed(
    change: Callable[[Task], Task | None],
) -> None:
    """It does what it hears, not what the task holds."""
    pairs = [(task, other) for task in tasks() if allowed(task) and (other := change(task)) is not None][:20]
    assert len(pairs) >= 8
    for task, other in pairs:
        trajectory = await run_episode(task, world(), Oracle("airline", task.seed), ScriptedUser(other))
        assert verify(task, world(), trajectory.calls()).score < 1.0, encode_task(other)
