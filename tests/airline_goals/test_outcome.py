"""Goals: their own calls earn everything, in whatever harmless form; calls that miss by a little do not."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cove_rl.domains.airline.constraints import AddBags, BookTrip, ChangeFlights, ChangePassengers
from cove_rl.domains.airline.records import CABINS, Available, CreditCard, Flight, Payment, Reservation, User
from cove_rl.domains.airline.rules import fare
from cove_rl.synth.mutate import mutate
from cove_rl.tasks.task import Task
from cove_rl.verify.verdict import Verdict
from cove_rl.verify.verifier import verify
from cove_rl.world.call import ToolCall
from cove_rl.world.constraint import Constraint

from .shelf import DOMAIN, Office, customer, solution, tasks, world

TASKS = st.sampled_from(range(400)).map(lambda number: tasks()[number])


def judge(task: Task, calls: list[ToolCall]) -> Verdict:
    return verify(task, world(), calls)


def with_argument(call: ToolCall, name: str, value: Any) -> ToolCall:
    assert isinstance(call.arguments, dict)
    return replace(call, arguments={**call.arguments, name: value})


def writes(task: Task) -> Iterator[tuple[int, Constraint, ToolCall]]:
    """Position in the solution, goal and call of each write."""
    at = sum(bool(one.evidence(world())) for one in task.constraints)
    for one in task.constraints:
        for action in one.actions(world()):
            yield at, one, ToolCall("w", action.name, action.arguments)
            at += 1


def test_the_goals_own_calls_earn_the_full_score() -> None:
    for task in tasks():
        verdict = judge(task, solution(task))
        reasons = [one.reason for one in verdict.constraints if not one.satisfied]
        assert (verdict.score, verdict.success, reasons) == (1.0, True, [])


def test_nothing_and_reading_alone_earn_nothing() -> None:
    for task in tasks():
        reads = [call for call in solution(task) if DOMAIN.toolbox.tools[call.name].kind == "read"]
        assert judge(task, []).score == judge(task, reads).score == 0.0


def test_nothing_is_asked_for_that_is_so_already() -> None:
    for task in tasks():
        for one in task.constraints:
            for goal in one.goals(world()):
                record = world().tables[goal.kind].get(goal.key)
                assert record is None or isinstance(one, BookTrip) or goal.read(record) != goal.wanted


@given(TASKS, st.integers(0, 1000))
@settings(max_examples=150)
def test_a_write_with_another_value_does_not_earn_the_full_score(task: Task, seed: int) -> None:
    rng, calls = Random(seed), solution(task)
    for at, one, call in writes(task):
        assert isinstance(call.arguments, dict)
        for name in call.arguments:
            options = DOMAIN.alternatives(world(), call, name)
            if not options or (name == "payment_id" and getattr(one, name) is None):
                continue  # nothing is paid: see below
            other = with_argument(call, name, rng.choice(options))
            assert not judge(task, [*calls[:at], other, *calls[at + 1 :]]).success, other


OTHERWISE: dict[str, tuple[Any, ...]] = {
    "cabin": CABINS,
    "insurance": ("yes", "no"),
    "nonfree_baggages": (0, 1, 2, 3),
    "total_baggages": (0, 1, 2, 3),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_booking_that_is_wrong_but_paid_in_full_earns_nothing_for_itself(name: str) -> None:
    seen = 0
    for task in tasks():
        for at, one, call in writes(task):
            if not isinstance(one, BookTrip):
                continue
            for value in OTHERWISE[name]:
                wrong = paid(replace(one, **{name: value}))
                if value == getattr(one, name) or wrong is None:
                    continue
                calls = solution(task)
                (action,) = wrong.actions(world())
                calls[at] = replace(call, arguments=action.arguments)
                verdict = judge(task, calls)
                assert verdict.score < 1.0
                assert not verdict.constraints[task.constraints.index(one)].satisfied
                seen += verdict.redundant > 0
    assert seen > 20


def paid(booking: BookTrip) -> BookTrip | None:
    """The booking with a credit card that pays what it costs, if its customer has one."""
    cards = world().rows(User)[booking.user_id].payment_methods.values()
    card = next((card.id for card in cards if isinstance(card, CreditCard)), None)
    dates = [(world().rows(Flight)[ref.flight_number].dates[ref.date]) for ref in booking.flights]
    prices = [date.prices.of(booking.cabin) for date in dates if isinstance(date, Available)]
    price = fare(prices, len(booking.passengers), booking.insurance, booking.nonfree_baggages)
    return replace(booking, payments=(Payment(card, price),)) if card else None


@given(TASKS, st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_the_order_of_passengers_and_payments_does_not_matter(task: Task, rng: Any) -> None:
    calls = solution(task)
    for at, _, call in writes(task):
        assert isinstance(call.arguments, dict)
        for name in ("passengers", "payment_methods"):
            if name in call.arguments:
                mixed = list(call.arguments[name])
                rng.shuffle(mixed)
                calls[at] = with_argument(calls[at], name, mixed)
    assert judge(task, calls).score == 1.0


def test_a_difference_of_nothing_may_be_booked_on_any_card() -> None:
    seen = 0
    for task in tasks():
        for at, one, call in writes(task):
            if isinstance(one, (AddBags, ChangeFlights)) and one.payment_id is None:
                for method in customer(task).payment_methods:
                    if not method.startswith("certificate"):
                        calls = solution(task)
                        calls[at] = with_argument(call, "payment_id", method)
                        seen += 1
                        assert judge(task, calls).score == 1.0
    assert seen > 20


def test_a_wrong_change_put_right_later_is_redundant() -> None:
    """Both changes touch what is wanted; only the one that got it right is asked for."""
    seen = 0
    for task in tasks():
        for at, one, call in writes(task):
            if isinstance(one, AddBags):
                calls = solution(task)
                calls.insert(at, with_argument(call, "total_baggages", one.total_baggages + 1))
                verdict = judge(task, calls)
                assert (verdict.satisfied, verdict.redundant) == (verdict.total, 1)
                assert verdict.score == 0.5
                seen += 1
    assert seen > 20


def test_a_booking_cancelled_again_is_not_there() -> None:
    task = next(task for task in tasks() if any(one.kind == "book_trip" for one in task.constraints))
    (booking, *_) = (one for one in task.constraints if isinstance(one, BookTrip))
    key = booking.reservation_id(world())
    assert key not in world().rows(Reservation)
    verdict = judge(task, [*solution(task), ToolCall("c", "cancel_reservation", {"reservation_id": key})])
    assert verdict.score < 1.0
    assert any("should be 'booked' but is 'cancelled'" in one.reason for one in verdict.constraints)


def test_goals_are_met_in_any_order_that_the_money_allows() -> None:
    """Requests of a task do not spoil each other: whatever order succeeds at all meets every goal."""
    seen = 0
    for task in tasks()[:150]:
        calls = [call for _, _, call in writes(task)]
        reads = [call for call in solution(task) if DOMAIN.toolbox.tools[call.name].kind == "read"]
        transfers = [call for call in solution(task) if call.name == DOMAIN.transfer_tool]
        backwards = [*reads, *reversed(calls), *transfers]
        verdict = judge(task, backwards)
        if len(calls) > 1 and not verdict.failed:
            seen += 1
            assert verdict.score == 1.0, [one.reason for one in verdict.constraints]
    assert seen > 50


def test_a_booking_has_the_same_id_whatever_was_booked_before() -> None:
    for task in tasks()[:150]:
        office = Office()
        keys = {one.reservation_id(world()) for one in task.constraints if isinstance(one, BookTrip)}
        for one in reversed(task.constraints):
            if isinstance(one, BookTrip):
                for action in one.actions(world()):
                    office.call(action.name, **action.arguments)
        user = office.state.get(User, customer(task).user_id)
        assert user is not None
        assert set(user.reservations) - set(customer(task).reservations) <= keys


@pytest.mark.parametrize("seed", [11, 12])
def test_the_verifier_judges_mutants_as_they_deserve(seed: int) -> None:
    report = mutate(DOMAIN, DOMAIN.world(seed), seed, 1200, lambda count: None)
    assert report.examples == ()
    assert report.wrong == 0
    kinds = {one.kind for one in report.kinds}
    changed = {"flights", "cabin", "passengers", "payment_methods", "payment_id", "total_baggages", "reservation_id"}
    assert {f"write with another {name}" for name in changed} <= kinds
    assert {"write undone", "write after a wrong one", "write overwritten", "write for a refused request"} <= kinds


def test_every_goal_says_in_words_what_it_is() -> None:
    for task in tasks():
        for one in task.constraints:
            words = one.describe()
            assert words == words.strip() != ""
            for name in ("reservation_id", "user_id", "payment_id"):
                value = getattr(one, name, None)
                assert not isinstance(value, str) or name == "user_id" or value in words
            assert not isinstance(one, ChangePassengers) or one.passengers[0].last_name in words
