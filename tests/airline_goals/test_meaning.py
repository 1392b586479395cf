"""Every hint means one thing, the right one: to somebody who has only the tools, when the request's turn comes."""

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cove_rl.domains.airline.constraints import (
    AddBags,
    BookTrip,
    CancelReservation,
    ChangeCabin,
    ChangeFlights,
    ChangePassengers,
    SendCertificate,
)
from cove_rl.domains.airline.facts import FlightRef, people
from cove_rl.domains.airline.records import Reservation
from cove_rl.domains.airline.refusals import Refusal, RefuseRoute, RefuseStranger
from cove_rl.domains.airline.view import (
    View,
    airports_for,
    bags_for,
    directions,
    party_for,
    passengers_for,
    payments_for,
    people_for,
    reservations_for,
    shares,
    text_of,
)
from cove_rl.domains.airline.wishes import date_for, ways_for
from cove_rl.speech.speech import speech_of
from cove_rl.tasks.task import Task
from cove_rl.world.hint import Hint, Request

from .shelf import Office, customer, drawn, inside, requests, tasks, world

GRAMMAR = speech_of("airline").grammar


class Turn:
    """One request when its turn comes: what came before is done, and every hint is heard as it was worded."""

    def __init__(self, task: Task, request: Request, office: Office, first: View) -> None:
        self.office = office
        self.first = first
        self.view = office.view(customer(task).user_id)
        rng = Random(task.id)
        self.hints: dict[str, Hint] = {}
        for hint in request.hints:
            heard = GRAMMAR.read(hint.slot, GRAMMAR.word(hint, rng))
            assert heard is not None, hint
            self.hints[hint.slot] = heard

    def reservation(self) -> Reservation:
        """The one reservation that is meant, whether somebody looks at the records of before or of now."""
        (key,) = reservations_for(self.hints["reservation"], self.view)
        assert reservations_for(self.hints["reservation"], self.first) == [key]
        return self.view.reservations[key]

    def payment(self, reservation: Reservation | None = None) -> tuple[str, ...]:
        (ids,) = payments_for(self.hints["payment"], self.view, reservation)
        assert payments_for(self.hints["payment"], self.first, reservation) == [ids]
        return ids

    def refs(self, reservation: Reservation) -> tuple[FlightRef, ...]:
        """All flights of a reservation once the flights that are described have taken their places."""
        found: list[FlightRef] = []
        for slot, current in zip(("outbound", "inbound"), directions(reservation), strict=True):
            if slot not in self.hints:
                found += [FlightRef(one.flight_number, one.date) for one in current]
                continue
            ways = self.office.ways(current[0].origin, current[-1].destination, date_for(self.hints[slot], current))
            (way,) = ways_for(self.hints[slot], ways, reservation.cabin, len(reservation.passengers), current)
            found += way.refs
        return tuple(found)


def check_booking(turn: Turn, wanted: BookTrip) -> None:
    trip = turn.hints["trip"]
    (origin,) = airports_for(text_of(trip, "origin"), turn.view)
    (destination,) = airports_for(text_of(trip, "destination"), turn.view)
    assert (trip.form, origin, destination) == (wanted.flight_type, wanted.origin, wanted.destination)
    assert turn.hints["cabin"].form == wanted.cabin
    assert turn.hints["insurance"].form == wanted.insurance
    assert bags_for(turn.hints["bags"]) == [wanted.total_baggages]
    (party,) = party_for(turn.hints["passengers"], turn.view)
    assert people(party) == people(wanted.passengers)
    refs: tuple[FlightRef, ...] = ()
    for slot, ends in (("outbound", (origin, destination)), ("inbound", (destination, origin))):
        if slot in turn.hints:
            hint = turn.hints[slot]
            ways = turn.office.ways(*ends, date_for(hint))
            (way,) = ways_for(hint, ways, wanted.cabin, len(party))
            refs += way.refs
    assert refs == wanted.flights
    assert ("inbound" in turn.hints) == (wanted.flight_type == "round_trip")
    price = sum(one.amount for one in wanted.payments)
    assert shares(turn.payment(), price, turn.view.user) == wanted.payments


def check_change(turn: Turn, wanted: ChangeFlights | ChangeCabin | ChangePassengers | AddBags) -> None:
    one = turn.reservation()
    assert one.reservation_id == wanted.reservation_id
    if not isinstance(wanted, ChangePassengers):
        assert wanted.payment_id in (None, *turn.payment(one))
        assert len(turn.payment(one)) == 1
    if isinstance(wanted, ChangeFlights):
        assert (wanted.flights, wanted.cabin) == (turn.refs(one), one.cabin)
        assert not set(turn.hints).isdisjoint({"outbound", "inbound"})
    elif isinstance(wanted, ChangeCabin):
        assert turn.hints["cabin"].form == wanted.cabin != one.cabin
    elif isinstance(wanted, AddBags):
        (more,) = bags_for(turn.hints["bags"])
        assert wanted.total_baggages == one.total_baggages + more > one.total_baggages
    else:
        (gone,) = passengers_for(turn.hints["who"], one)
        (new,) = people_for(turn.hints["passenger"], turn.view)
        rest = [person for person in one.passengers if person != gone]
        assert people(wanted.passengers) == people([*rest, new]) != people(one.passengers)


def check_refusal(turn: Turn, wanted: Refusal) -> None:
    if isinstance(wanted, RefuseStranger):
        assert text_of(turn.hints["reservation"], "id") == wanted.reservation_id
        assert wanted.reservation_id not in turn.first.reservations
        return
    one = turn.reservation()
    assert one.reservation_id == wanted.reservation_id
    if isinstance(wanted, RefuseRoute):
        city = text_of(turn.hints["new_destination"], "city")
        assert airports_for(city, turn.view) == [wanted.destination]
        assert wanted.destination not in (one.origin, one.destination)
    if "payment" in turn.hints:
        turn.payment(one)
    if {"outbound", "inbound"} & turn.hints.keys():
        assert turn.refs(one) != tuple(FlightRef(segment.flight_number, segment.date) for segment in one.flights)
    if "who" in turn.hints:
        assert len(passengers_for(turn.hints["who"], one)) == 1
    if "passenger" in turn.hints:
        assert len(people_for(turn.hints["passenger"], turn.view)) == 1
    if "bags" in turn.hints:
        assert 0 < bags_for(turn.hints["bags"])[0] <= one.total_baggages


def check_task(task: Task) -> None:
    office = Office()
    first = office.view(customer(task).user_id)
    for request in task.requests:
        turn, wanted = Turn(task, request, office, first), request.constraint
        if isinstance(wanted, BookTrip):
            check_booking(turn, wanted)
        elif isinstance(wanted, (ChangeFlights, ChangeCabin, ChangePassengers, AddBags)):
            check_change(turn, wanted)
        elif isinstance(wanted, CancelReservation):
            assert turn.reservation().reservation_id == wanted.reservation_id
        elif isinstance(wanted, SendCertificate):
            assert wanted.user_id == turn.reservation().user_id
        else:
            assert isinstance(wanted, Refusal)
            check_refusal(turn, wanted)
        office.carry_out(wanted)


@pytest.mark.parametrize("part", range(8))
def test_every_hint_means_one_thing_and_the_right_one(part: int) -> None:
    for task in tasks()[part::8]:
        check_task(task)


@given(st.integers(400, 10**6))
@settings(max_examples=100)
def test_so_it_is_in_any_task(index: int) -> None:
    check_task(drawn(index))


def test_a_customer_says_who_they_are_by_their_user_id() -> None:
    for task in tasks():
        (identity,) = task.identity
        assert (identity.slot, identity.form, identity.exact) == ("identity", "id", True)
        assert customer(task).user_id == identity.values["id"]


def test_ids_are_given_away_only_where_they_must() -> None:
    hints = [hint for _, request in requests() for hint in inside(request.hints)]
    for hint in hints:
        assert ("id" in hint.values) == (hint.form == "exact") == hint.exact
    assert sum(hint.exact for hint in hints) < 0.05 * len(hints)
    payments_and_reservations = {*world().rows(Reservation)} | {"credit_card_", "gift_card_", "certificate_"}
    for hint in hints:
        if not hint.exact:
            texts = [value for value in hint.values.values() if isinstance(value, str)]
            assert not any(text in payments_and_reservations or re.search(r"card_\d|cate_\d", text) for text in texts)


def test_a_request_has_one_hint_per_slot() -> None:
    for _, request in requests():
        slots = [hint.slot for hint in request.hints]
        assert len(slots) == len(set(slots))
