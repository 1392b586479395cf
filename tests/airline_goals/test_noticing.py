"""A customer notices a proposal that means something else, and lets every right one pass."""

from typing import get_args

import pytest

from cove_rl.domains.airline.alternatives import alternatives
from cove_rl.domains.airline.noticing import check_bags, check_cabin, check_insurance, check_reason
from cove_rl.domains.airline.records import CABINS, Cabin, CreditCard, Reservation
from cove_rl.domains.airline.rules import REASONS
from cove_rl.domains.airline.view import spoken, spoken_bags, spoken_date
from cove_rl.users.listening import differs
from cove_rl.world.call import ToolCall
from cove_rl.world.hint import Check, Hint, Request

from .shelf import customer, hint_of, requests, tasks, world


def check_of(hint: Hint) -> Check:
    assert hint.check is not None
    return hint.check


def trip(key: str) -> str:
    """A reservation as agents word it."""
    one = world().rows(Reservation)[key]
    return f"reservation {key} from {one.origin} to {one.destination}, {one.flights[0].date}"


def flights(call_flights: list[dict[str, str]]) -> str:
    return " and ".join(f"{one['flight_number']} on {spoken_date(one['date'])}" for one in call_flights)


def named(request: Request, slot: str) -> Hint | None:
    return next((hint for hint in request.hints if hint.slot == slot and hint.check is not None), None)


def test_the_right_reservation_passes_and_others_are_noticed() -> None:
    noticed = total = 0
    for task, request in requests():
        hint, key = named(request, "reservation"), getattr(request.constraint, "reservation_id", "")
        if hint is None or request.constraint.kind == "refuse_stranger" or not key:
            continue
        assert not differs(check_of(hint), f"I would work on {trip(key)}. Is that right?")
        own = world().rows(Reservation)[key]
        for other in customer(task).reservations:
            one = world().rows(Reservation)[other]
            if {one.origin, one.destination}.isdisjoint({own.origin, own.destination}):
                total += 1
                noticed += differs(check_of(hint), f"I would work on {trip(other)}. Is that right?")
    assert noticed == total > 100


def test_the_right_flights_pass_and_others_on_that_day_are_noticed() -> None:
    noticed = total = 0
    for _, request in requests():
        for action in request.constraint.actions(world()):
            new = [hint for hint in request.hints if hint.slot in ("outbound", "inbound") and hint.check]
            if not new or "flights" not in action.arguments or any(hint.form == "shift" for hint in new):
                continue
            right = action.arguments["flights"]
            assert not any(differs(check_of(hint), f"I would take {flights(right)}. Shall I?") for hint in new)
            call = ToolCall("c", action.name, action.arguments)
            for other in alternatives(world(), call, "flights")[:40]:
                changed = [one for one in other if one not in right]
                if any(one["flight_number"] in {ref["flight_number"] for ref in right} for one in changed):
                    continue  # the same number on another day is told by its date alone
                total += 1
                noticed += any(differs(check_of(hint), f"I would take {flights(other)}. Shall I?") for hint in new)
    assert noticed > 0.8 * total > 1000


def test_the_same_flights_on_another_day_are_told_by_the_date() -> None:
    seen = 0
    for _, request in requests():
        for action in request.constraint.actions(world()):
            for hint in request.hints:
                if hint.form == "shift" and hint.check is not None:
                    seen += 1
                    assert not differs(hint.check, f"I would take {flights(action.arguments['flights'])}. Shall I?")
                    assert differs(hint.check, f"I would take KIR001 on {hint.check.instead[-1]}. Shall I?")
    assert seen > 20


def test_a_customer_who_would_rather_cancel_minds_no_dates() -> None:
    """The proposal to cancel names the booked flights, not the ones they would take otherwise."""
    for _, request in requests():
        if (request.act, request.constraint.kind) == ("cancel_or_change", "cancel_reservation"):
            assert hint_of(request, "outbound").check is None


@pytest.mark.parametrize("current", [None, *CABINS])
@pytest.mark.parametrize("wanted", CABINS)
def test_a_cabin_is_told_from_the_others(wanted: Cabin, current: Cabin | None) -> None:
    if wanted == current:
        return
    check = check_cabin(wanted, current)
    start = f"from {spoken(current)} " if current else ""
    assert not differs(check, f"I would move all of it {start}to {spoken(wanted)}.")
    for other in CABINS:
        hidden = wanted == "economy" and current == "basic_economy"
        if other not in (wanted, current) and not hidden:
            assert differs(check, f"I would move all of it to {spoken(other)}.")


@pytest.mark.parametrize("wanted", range(10))
def test_a_number_of_bags_is_told_from_others(wanted: int) -> None:
    check = check_bags({wanted})
    words = spoken_bags(wanted) if wanted else "no checked bags"
    assert not differs(check, f"For you three, with {words}, that is $512.")
    for other in set(range(10)) - {wanted}:
        assert differs(check, f"For you three, with {spoken_bags(other)}, that is $512.")
        assert not differs(check_bags({wanted, other}), f"{spoken_bags(other)} on top.")


def test_insurance_is_told_from_none() -> None:
    for wanted, other in (("with insurance", "no insurance"), ("without travel insurance", "with travel insurance")):
        check = check_insurance("yes" if wanted == "with insurance" else "no")
        assert not differs(check, f"A trip {wanted} it is.")
        assert differs(check, f"A trip {other} it is.")


def test_a_reason_passes_whatever_the_wording_of_those_everybody_words_alike() -> None:
    for reason in REASONS:
        check = check_reason(reason)
        assert check is None or not differs(check, f"The reason is {reason}.")
        assert check is None or all(differs(check, f"It is {other}.") for other in check.instead)
    assert set(get_args(type(REASONS[0]))) == set()


def test_who_pays_is_told_by_what_only_that_method_has() -> None:
    seen = 0
    for task, request in requests():
        hint, payment = named(request, "payment"), getattr(request.constraint, "payment_id", None)
        if hint is None or payment is None:
            continue
        methods = customer(task).payment_methods
        own = methods[payment]
        words = f"the {own.brand} card ending in {own.last_four}" if isinstance(own, CreditCard) else "the gift card"
        assert not differs(check_of(hint), f"It goes on {words}.")
        for other in methods.values():
            if isinstance(other, CreditCard) and other is not own:
                seen += 1
                assert differs(check_of(hint), f"It goes on the card ending in {other.last_four}.")
    assert seen > 50


def test_the_right_party_passes_and_half_of_it_is_noticed() -> None:
    halves = 0
    for task in tasks():
        for one in task.requests:
            hint = named(one, "passengers")
            if hint is None:
                continue
            user = customer(task)
            people = [f"{p.first_name} {p.last_name}" for p in one.constraint.passengers]  # type: ignore[attr-defined]
            assert not differs(check_of(hint), f"It is for {', '.join(people)}. Shall I?")
            if len(people) > 2:
                halves += 1
                gone = next(name for name in people if not name.startswith(user.name.first_name))
                rest = [name for name in people if name != gone]
                others = [name for name in rest if not name.startswith(user.name.first_name)]
                first_names = {name.split()[0] for name in others}
                if others and gone.split()[0] not in first_names:
                    assert differs(check_of(hint), f"It is for {', '.join(rest)}. Shall I?")
    assert halves > 20
