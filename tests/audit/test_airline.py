"""What the airline asks of the audit: goals that leave open what those of retail name, and ids that customers know."""

from collections.abc import Sequence
from typing import Any

import pytest

from cove_rl.audit.audit import audit
from cove_rl.domains.airline.constraints import AddBags, CancelReservation, ChangeFlights, SendCertificate
from cove_rl.domains.airline.facts import FlightRef
from cove_rl.episode.outcome import outcome_of
from cove_rl.episode.trajectory import Trajectory
from cove_rl.tasks.task import Persona, Task
from cove_rl.world.constraint import Constraint
from cove_rl.world.hint import Check, Hint, Request
from cove_rl.world.world import World
from tests.airline_tools.office import tables

from .cases import spoken, stop

OFFICE = World("airline", tables())
ENDS: dict[str, Any] = {"origin": "San Francisco", "destination": "New York"}
PLACES = Check(any=("New York", "JFK"), instead=("Denver", "DEN"))
TRIP = Hint("reservation", "route_date", {**ENDS, "date": "May 16"}, check=PLACES)
VIA_DENVER = Hint("reservation", "companion", {**ENDS, "first_name": "Cal"}, check=Check(any=("DEN",)))
IN_ECONOMY = Hint("reservation", "cabin", {**ENDS, "cabin": (Hint("cabin", "economy"),)}, check=PLACES)
INCIDENT = Hint("incident", "cancelled")
WEATHER = Hint("reason", "weather", check=Check(any=("weather",), instead=("health",)))
LATER = Hint("outbound", "shift", {"shift": "a day later"}, check=Check(any=("May 17",), instead=("May 15",)))
CARD = Hint("payment", "brand", {"brand": "visa"}, check=Check(any=("visa",), instead=("gift card",)))
BAGS = Hint("bags", "more", {"count": "2 bags"}, check=Check(any=("2 bags",), instead=("1 bag", "3 bags")))

CLAIM = SendCertificate("ann_1", 100)
FLIGHTS = (FlightRef("KIR004", "2024-05-17"),)
OPENINGS = {
    "claim_compensation": "I want to be compensated for what happened on a trip.",
    "add_bags": "I'd like to add luggage to a trip.",
    "change_flights": "I need to change the flights of a reservation.",
    "cancel_or_change": "I'd like to cancel a trip, or move it if it can't be cancelled.",
}


def faults(constraint: Constraint, act: str, hints: Sequence[Hint], *lines: str) -> tuple[str, ...]:
    """What the customer of one request does wrong, who makes it and then hears and says these lines."""
    identity = Hint("identity", "id", {"id": "ann_1"}, exact=True)
    task = Task("t", "airline", OFFICE.ref, "seed", Persona(), (identity,), (Request(constraint, act, tuple(hints)),))
    messages = spoken("Hi! How can I help you today?", OPENINGS[act], *lines)
    trajectory = Trajectory("t", OFFICE.ref, "written", "written", tuple(messages), outcome_of("user_stop"))
    return audit(task, OFFICE, trajectory).faults


def denied(constraint: Constraint, act: str, hints: Sequence[Hint], proposal: str) -> bool:
    """Whether it is a fault to turn a proposal down."""
    return faults(constraint, act, hints, f"{proposal} Shall I go ahead?", "No, that's not right.") == ("denied_right",)


def certificate(reservation: str, words: str, amount: str = "$100") -> str:
    return f"For the trouble with reservation {reservation} ({words}) I would send you a certificate of {amount}."


MAY_16 = "San Francisco to New York on May 16, economy"
MAY_17 = "San Francisco to New York on May 17, economy"


@pytest.mark.parametrize(
    ("hint", "proposal", "right"),
    [
        (TRIP, certificate("SINGLE", MAY_16), True),
        (TRIP, certificate("SINGLE", "San Francisco to New York"), False),  # one of five trips between these
        (TRIP, certificate("MIXEDP", MAY_17), False),
        (TRIP, certificate("SINGLE", MAY_16, "$50"), False),  # not what is due
        (TRIP, certificate("SINGLE", MAY_16, "a fair amount"), False),
        (TRIP, certificate("CALLED", MAY_16), False),  # somebody else's
        (TRIP, "For the trouble on the way to New York I would send you a certificate of $100.", True),
        (TRIP, "For the trouble I would send you a certificate of $100.", False),
        (VIA_DENVER, certificate("STOPSY", "San Francisco to New York by DEN"), True),  # the only one by Denver
        (VIA_DENVER, certificate("SINGLE", "San Francisco to New York by DEN"), False),
        (IN_ECONOMY, certificate("SINGLE", MAY_16), True),
        (IN_ECONOMY, certificate("SINGLE", "San Francisco to New York on May 16"), False),
    ],
)
def test_a_certificate_is_for_the_trip_the_customer_describes(hint: Hint, proposal: str, right: bool) -> None:
    assert denied(CLAIM, "claim_compensation", (hint, INCIDENT), proposal) == right


def test_who_the_customer_is_says_nothing_of_what_they_get() -> None:
    proposal = "I would send ann_1 a certificate for the trip to New York."
    assert not denied(CLAIM, "claim_compensation", (TRIP, INCIDENT), proposal)


@pytest.mark.parametrize(("payment_id", "right"), [(None, True), ("card", False)])
def test_who_pays_need_not_be_said_where_there_is_nothing_to_pay(payment_id: str | None, right: bool) -> None:
    proposal = f"Reservation SINGLE ({MAY_16}) would have 2 bags more, at no extra cost."
    goal = AddBags("SINGLE", 2, 0, payment_id)
    assert denied(goal, "add_bags", (TRIP, BAGS, CARD), proposal) == right
    assert denied(goal, "add_bags", (TRIP, BAGS, CARD), f"{proposal} Your visa is not charged.")
    assert not denied(goal, "add_bags", (TRIP, BAGS, CARD), proposal.replace("2 bags", "some bags"))


def test_of_two_wishes_only_the_one_that_can_be_met_has_to_be_named() -> None:
    hints = (TRIP, WEATHER, LATER, CARD)
    cancel = f"I would cancel reservation SINGLE ({MAY_16}), reason 'weather', and refund $240 the way it was paid."
    change = f"I would switch reservation SINGLE ({MAY_16}) to KIR004 on May 17, for $10 more on your visa."
    assert denied(CancelReservation("SINGLE"), "cancel_or_change", hints, cancel)
    assert not denied(CancelReservation("SINGLE"), "cancel_or_change", hints, cancel.replace("weather", "unknown"))
    goal = ChangeFlights("SINGLE", "economy", FLIGHTS, "card")
    assert denied(goal, "cancel_or_change", hints, change)
    assert not denied(goal, "cancel_or_change", hints, change.replace("your visa", "your account"))
    assert denied(
        ChangeFlights("SINGLE", "economy", FLIGHTS, None), "cancel_or_change", hints, change.replace("your visa", "it")
    )


REFUSED = "Unfortunately it doesn't qualify to be cancelled, so I'll see about the change."
CHANGE = f"Reservation SINGLE ({MAY_16}) would be switched to KIR004 on May 17, for $10 more on your visa."


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        (f"{REFUSED} {CHANGE} Do you want me to proceed?", True),
        (f"{REFUSED} {CHANGE}", False),
        (f"{REFUSED} Do you want me to proceed?", False),
        (f"{REFUSED} Shall I transfer you to somebody else?", False),
        (f"{REFUSED} {CHANGE.replace('May 17', 'May 15')} Do you want me to proceed?", False),
        (
            f"I can't change reservation SINGLE ({MAY_16}) to KIR004 on May 17 on your visa. Shall I transfer you?",
            False,
        ),
    ],
)
def test_an_agent_that_refuses_one_thing_and_proposes_what_is_wanted_waits_for_an_answer(
    said: str, waits: bool
) -> None:
    goal = ChangeFlights("SINGLE", "economy", FLIGHTS, "card")
    found = faults(goal, "cancel_or_change", (TRIP, WEATHER, LATER, CARD), said, stop())
    assert found == (("stopped_at_proposal",) if waits else ())


def test_turning_down_what_is_offered_in_place_of_what_cannot_be_done_is_no_fault() -> None:
    said = f"I can't change reservation SINGLE ({MAY_16}) to KIR004 on May 17 on your visa."
    goal = ChangeFlights("SINGLE", "economy", FLIGHTS, "card")
    assert not denied(goal, "cancel_or_change", (TRIP, WEATHER, LATER, CARD), f"{said} Shall I transfer you?")


FLIGHT = Hint("outbound", "number", {"numbers": "KIR004", "date": "May 17"}, check=Check(any=("KIR004",)))
WHICH = "Which flights would you like instead?"


@pytest.mark.parametrize(
    ("hint", "said", "kinds"),
    [
        (FLIGHT, "For the way out, KIR004 on May 17.", ()),
        (FLIGHT, "For the way out, KIR005 on May 17.", ("contradicted",)),
        (FLIGHT, "For the way out, KIR999 on May 17.", ("contradicted",)),  # no flight at all
        (FLIGHT, "Honestly I would rather take KIR005 then", ("leaked_id",)),
        (LATER, "For the way out, KIR005 on May 17.", ("leaked_id",)),
    ],
)
def test_an_id_in_place_of_one_they_were_given_contradicts_and_any_other_is_leaked(
    hint: Hint, said: str, kinds: tuple[str, ...]
) -> None:
    goal = ChangeFlights("SINGLE", "economy", FLIGHTS, "card")
    assert faults(goal, "change_flights", (TRIP, hint, CARD), WHICH, said) == kinds
