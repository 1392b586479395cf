"""What customers may have is allowed, what is refused is forbidden, and amounts are what the policy says."""

from collections.abc import Iterator
from itertools import pairwise

from cove_rl.domains.airline.constraints import (
    AddBags,
    BookTrip,
    CancelReservation,
    ChangeCabin,
    ChangeFlights,
    SendCertificate,
)
from cove_rl.domains.airline.records import Certificate, CreditCard, Flight, GiftCard, Reservation, User
from cove_rl.domains.airline.refusals import (
    HandOver,
    Refusal,
    RefuseCancel,
    RefuseCompensation,
    RefuseFlightChange,
    RefuseInsurance,
    RefusePassengerCount,
    RefuseRemoveBags,
    RefuseRoute,
    RefuseStarted,
    RefuseStranger,
)
from cove_rl.domains.airline.rules import (
    INSURANCE_FEE,
    MOST_PASSENGERS,
    REASONS,
    TODAY,
    charged_bags,
    compensation,
    may_cancel,
    may_change_cabin,
    may_change_flights,
    started,
)
from cove_rl.domains.airline.tools.search import Offer
from cove_rl.domains.airline.view import directions, reservations_for, spoken_date
from cove_rl.domains.airline.wishes import moved
from cove_rl.tasks.task import Task
from cove_rl.world.hint import Request

from .shelf import Office, customer, hint_of, inside, tasks, world


def turns() -> Iterator[tuple[Task, Request, Office]]:
    """Every request with the office as it is when its turn comes."""
    for task in tasks():
        office = Office()
        for request in task.requests:
            yield task, request, office
            office.carry_out(request.constraint)


def record(office: Office, key: str) -> Reservation:
    found: Reservation = office.read(Reservation, "get_reservation_details", reservation_id=key)
    return found


def meant(task: Task, request: Request, office: Office) -> Reservation:
    (key,) = reservations_for(hint_of(request, "reservation"), office.view(customer(task).user_id))
    return record(office, key)


def test_what_is_cancelled_or_changed_may_be() -> None:
    for _, request, office in turns():
        one = request.constraint
        if isinstance(one, CancelReservation):
            old = record(office, one.reservation_id)
            reason = next(reason for reason in REASONS if reason == hint_of(request, "reason").form)
            assert may_cancel(old, office.statuses(old), reason)
        if isinstance(one, (ChangeFlights, ChangeCabin)):
            old = record(office, one.reservation_id)
            allowed = may_change_flights if isinstance(one, ChangeFlights) else may_change_cabin
            assert allowed(old, office.statuses(old))


def test_flights_are_changed_instead_of_cancelled_only_where_nothing_allows_cancelling() -> None:
    outcomes = set()
    for _, request, office in turns():
        if request.act == "cancel_or_change":
            old = record(office, request.constraint.reservation_id)  # type: ignore[attr-defined]
            reason = next(reason for reason in REASONS if reason == hint_of(request, "reason").form)
            allowed = may_cancel(old, office.statuses(old), reason)
            assert allowed == isinstance(request.constraint, CancelReservation)
            outcomes.add(allowed)
    assert outcomes == {True, False}


def test_what_is_refused_is_forbidden() -> None:
    for task, request, office in turns():
        one = request.constraint
        if isinstance(one, Refusal) and not isinstance(one, RefuseStranger):
            assert is_forbidden(one, request, record(office, one.reservation_id), office, customer(task)), request


def is_forbidden(one: Refusal, request: Request, old: Reservation, office: Office, user: User) -> bool:
    statuses = office.statuses(old)
    if isinstance(one, RefuseCancel):
        reason = next(reason for reason in REASONS if reason == hint_of(request, "reason").form)
        return not may_cancel(old, statuses, reason) and not started(statuses) and old.status is None
    if isinstance(one, RefuseFlightChange):
        return not may_change_flights(old, statuses) and old.cabin == "basic_economy"
    if isinstance(one, RefuseStarted):
        return not may_change_flights(old, statuses) and not may_change_cabin(old, statuses)
    if isinstance(one, HandOver):
        return started(statuses) and not any(may_cancel(old, statuses, reason) for reason in REASONS)
    if isinstance(one, RefuseCompensation):
        happened = one.incident in statuses
        return not (happened and one.incident == "cancelled" and compensation(user, old, "cancelled", changed=False))
    if isinstance(one, RefuseInsurance):
        return old.insurance == "no"
    if isinstance(one, RefuseRoute):
        return one.destination not in (old.origin, old.destination)
    if isinstance(one, RefusePassengerCount):
        count = len(old.passengers) + (1 if request.act == "add_passenger" else -1)
        return 1 <= count <= MOST_PASSENGERS
    return isinstance(one, RefuseRemoveBags) and old.total_baggages > 0


def test_a_refused_request_is_made_in_the_words_of_an_allowed_one() -> None:
    for _, request, _ in turns():
        one = request.constraint
        if isinstance(one, (RefuseStarted, RefusePassengerCount, RefuseStranger)):
            assert request.act == one.asked


def test_somebody_elses_reservation_is_somebody_elses() -> None:
    for task, request, office in turns():
        one = request.constraint
        if isinstance(one, RefuseStranger):
            assert record(office, one.reservation_id).user_id != customer(task).user_id == one.user_id


def test_compensation_is_what_the_policy_gives() -> None:
    seen = set()
    for task, request, office in turns():
        if isinstance(request.constraint, SendCertificate):
            old, incident = meant(task, request, office), hint_of(request, "incident").form
            first = world().rows(Reservation)[old.reservation_id]
            changed = first.flights != old.flights
            assert incident in office.statuses(first)
            assert request.constraint.amount == len(old.passengers) * (50 if incident == "delayed" else 100)
            assert incident == "cancelled" or changed
            user = customer(task)
            assert user.membership != "regular" or old.insurance == "yes" or old.cabin == "business"
            seen.add(incident)
    assert seen == {"cancelled", "delayed"}


def test_a_booking_costs_what_searches_and_the_policy_say() -> None:
    for task, request, office in turns():
        one = request.constraint
        if isinstance(one, BookTrip):
            offers = [found(office, ref.flight_number, ref.date) for ref in one.flights]
            seats = sum(offer.prices.of(one.cabin) for offer in offers)
            extras = INSURANCE_FEE if one.insurance == "yes" else 0
            price = len(one.passengers) * (seats + extras) + 50 * one.nonfree_baggages
            assert sum(payment.amount for payment in one.payments) == price
            assert min(offer.available_seats.of(one.cabin) for offer in offers) >= len(one.passengers)
            fair = charged_bags(one.total_baggages, customer(task).membership, one.cabin, len(one.passengers))
            assert one.nonfree_baggages == fair
            assert 1 <= len(one.passengers) <= MOST_PASSENGERS
            assert len(set(one.passengers)) == len(one.passengers)


def found(office: Office, number: str, date: str) -> Offer:
    """A flight as its route's search shows it."""
    flight = world().rows(Flight)[number]
    ways = office.ways(flight.origin, flight.destination, date)
    return next(way.legs[0] for way in ways if len(way.legs) == 1 and way.legs[0].flight_number == number)


def test_a_price_is_shared_as_far_as_the_first_method_goes() -> None:
    shared = 0
    for task, request, office in turns():
        one = request.constraint
        if isinstance(one, BookTrip):
            methods = office.view(customer(task).user_id).user.payment_methods
            used = [methods[payment.payment_id] for payment in one.payments]
            assert sum(isinstance(method, Certificate) for method in used) <= 1
            assert sum(isinstance(method, CreditCard) for method in used) <= 1
            for payment, method in zip(one.payments, used, strict=True):
                assert isinstance(method, CreditCard) or 0 < payment.amount <= method.amount
            if len(used) > 1:
                shared += 1
                assert isinstance(used[0], (GiftCard, Certificate))
                assert used[0].amount == one.payments[0].amount
                assert not isinstance(used[1], Certificate)
    assert shared > 30


def test_a_gift_card_used_up_to_its_limit_has_no_part_in_anything_else() -> None:
    """Else what its limit is would hang on the order in which an agent works."""
    for task in tasks():
        shared = [one for one in task.constraints if isinstance(one, BookTrip) and len(one.payments) > 1]
        emptied = {one.payments[0].payment_id for one in shared}
        for card in emptied:
            users = [one for one in task.constraints if card in moves(one)]
            assert len(users) == 1


def moves(one: object) -> set[str]:
    """Methods that a goal moves money to or from."""
    if isinstance(one, BookTrip):
        return {payment.payment_id for payment in one.payments}
    if isinstance(one, CancelReservation):
        return {payment.payment_id for payment in world().rows(Reservation)[one.reservation_id].payment_history}
    return {getattr(one, "payment_id", None) or ""}


def test_changes_are_charged_to_cards_and_bags_as_the_policy_says() -> None:
    for task, request, office in turns():
        one = request.constraint
        if isinstance(one, (ChangeFlights, ChangeCabin, AddBags)):
            old = record(office, one.reservation_id)
            if one.payment_id is not None:
                assert not isinstance(customer(task).payment_methods[one.payment_id], Certificate)
            if isinstance(one, AddBags):
                fair = charged_bags(one.total_baggages, customer(task).membership, old.cabin, len(old.passengers))
                assert one.nonfree_baggages == fair >= old.nonfree_baggages
                assert (one.payment_id is None) == (fair == old.nonfree_baggages)


def test_changed_flights_are_all_new_in_their_direction_and_in_order() -> None:
    """No flight is kept in a direction that changes: what it costs would be open to doubt."""
    for _, request, office in turns():
        one = request.constraint
        if isinstance(one, ChangeFlights):
            old = record(office, one.reservation_id)
            new = {(ref.flight_number, ref.date) for ref in one.flights}
            for slot, segments in zip(("outbound", "inbound"), directions(old), strict=True):
                before = {(segment.flight_number, segment.date) for segment in segments}
                assert new.isdisjoint(before) if slot in {hint.slot for hint in request.hints} else before <= new
            dates = [ref.date for ref in one.flights]
            assert dates == sorted(dates)
            assert min(ref.date for ref in one.flights) >= TODAY


def test_trips_come_back_after_they_have_arrived() -> None:
    for _, request, _ in turns():
        one = request.constraint
        if isinstance(one, (BookTrip, ChangeFlights)):
            times = [moments(ref.flight_number, ref.date) for ref in one.flights]
            for (_, landed), (leaves, _) in pairwise(times):
                assert landed <= leaves


def moments(number: str, date: str) -> tuple[str, str]:
    """When a flight leaves and lands."""
    flight = world().rows(Flight)[number]
    arrival = flight.scheduled_arrival_time_est
    day = moved(date, 1) if arrival.endswith("+1") else date
    return f"{date} {flight.scheduled_departure_time_est}", f"{day} {arrival[:8]}"


def test_dates_are_said_of_the_month_that_worlds_have() -> None:
    days = {spoken_date(f"2024-05-{day:02d}") for day in range(1, 31)}
    for task in tasks():
        for request in task.requests:
            told = [hint.values["date"] for hint in inside(request.hints) if "date" in hint.values]
            assert set(told) <= days
