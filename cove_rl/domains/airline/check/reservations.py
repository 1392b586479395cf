"""What can be wrong with the reservations of an airline database."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise

from cove_rl.domains.airline.check.times import instant, scheduled
from cove_rl.domains.airline.check.users import person_problems
from cove_rl.domains.airline.clock import NOW_MOMENT
from cove_rl.domains.airline.ids import is_our_flight
from cove_rl.domains.airline.records import CreditCard, Flight, GiftCard, Reservation, Segment, User
from cove_rl.domains.airline.rules import MOST_PASSENGERS, charged_bags, fare
from cove_rl.domains.check import twice

MOST_GIFT_CARDS = 3
"""How many gift cards may pay for one reservation."""


def reservation_problems(
    key: str, reservation: Reservation, flights: Mapping[str, Flight], users: Mapping[str, User]
) -> Iterator[str]:
    """Yield what is wrong with a reservation that stands under `key`."""
    if reservation.reservation_id != key:
        yield f"reservation_id is '{reservation.reservation_id}'"
    user = users.get(reservation.user_id)
    if user is None:
        yield f"user_id '{reservation.user_id}' is not in users"
    elif key not in user.reservations:
        yield f"user '{reservation.user_id}' does not list it"
    yield from _flights(reservation, flights)
    yield from _way(reservation)
    yield from _passengers(reservation)
    if user is not None:
        yield from _bags(reservation, user)
        yield from _methods(reservation, user)
    yield from _amounts(reservation)


def _flights(reservation: Reservation, flights: Mapping[str, Flight]) -> Iterator[str]:
    """Yield where the segments disagree with the flights, or with the time of the booking."""
    faults = [fault for one in reservation.flights for fault in _segment(one, flights.get(one.flight_number))]
    yield from faults
    booked = instant(reservation.created_at)
    if booked is None:
        yield f"created_at '{reservation.created_at}' is no moment YYYY-MM-DDTHH:MM:SS"
    elif booked > NOW_MOMENT:
        yield f"it was created at {reservation.created_at}, which is still to come"
    elif not faults and all(is_our_flight(segment.flight_number) for segment in reservation.flights):
        yield from _order(reservation, booked, flights)


def _order(reservation: Reservation, booked: datetime, flights: Mapping[str, Flight]) -> Iterator[str]:
    """Yield which flight leaves too early to be taken after the one before it, or after the booking."""
    ready, event = booked, "the reservation was created"
    for segment in reservation.flights:
        flight = flights[segment.flight_number]
        leaves = scheduled(segment.date, flight.scheduled_departure_time_est)
        arrives = scheduled(segment.date, flight.scheduled_arrival_time_est)
        if leaves is None or arrives is None:  # which is a fault of the flight
            return
        if leaves < ready:
            yield f"flight '{flight.flight_number}' on {segment.date} leaves before {event}"
        ready = arrives
        event = f"'{flight.flight_number}' arrives"


def _segment(segment: Segment, flight: Flight | None) -> Iterator[str]:
    if flight is None:
        yield f"flight '{segment.flight_number}' is not in flights"
        return
    if segment.date not in flight.dates:
        yield f"flight '{segment.flight_number}' does not go on '{segment.date}'"
    if (segment.origin, segment.destination) != (flight.origin, flight.destination):
        there = f"from '{segment.origin}' to '{segment.destination}'"
        yield f"flight '{segment.flight_number}' does not go {there}"
    if segment.price <= 0:
        yield f"flight '{segment.flight_number}' costs {segment.price}"


def _way(reservation: Reservation) -> Iterator[str]:
    """Yield where the segments do not lead from the origin to the destination, and back if they should."""
    segments = reservation.flights
    if not segments:
        yield "there are no flights"
        return
    if reservation.origin == reservation.destination and is_our_flight(segments[0].flight_number):
        yield f"it goes from '{reservation.origin}' to where it starts"
    for one, other in pairwise(segments):
        if one.destination != other.origin:
            yield f"flight '{other.flight_number}' leaves from '{other.origin}', but the one before ends elsewhere"
    if segments[0].origin != reservation.origin:
        yield f"the first flight leaves from '{segments[0].origin}', not from '{reservation.origin}'"
    end = reservation.destination if reservation.flight_type == "one_way" else reservation.origin
    if segments[-1].destination != end:
        ends = segments[-1].destination
        yield f"the last flight of a {reservation.flight_type} trip ends in '{ends}', not in '{end}'"
    if reservation.destination not in [segment.destination for segment in segments]:
        yield f"no flight ends in '{reservation.destination}'"


def _passengers(reservation: Reservation) -> Iterator[str]:
    count = len(reservation.passengers)
    if not 1 <= count <= MOST_PASSENGERS:
        yield f"it has {count} passengers"
    for person in reservation.passengers:
        yield from person_problems(person)
    for person in twice(reservation.passengers):
        yield f"passenger '{person.first_name} {person.last_name}' is listed twice"


def _bags(reservation: Reservation, user: User) -> Iterator[str]:
    total, charged = reservation.total_baggages, reservation.nonfree_baggages
    if total < 0:
        yield f"total_baggages is {total}"
    due = charged_bags(total, user.membership, reservation.cabin, len(reservation.passengers))
    if charged != due:
        yield f"nonfree_baggages is {charged}, but {due} of {total} bags are not free"


def _methods(reservation: Reservation, user: User) -> Iterator[str]:
    """Yield payments with methods the customer does not have, or more of a kind than the policy allows.

    A method that is not on the customer's file can only be a certificate that the booking used up.
    """
    kinds = {method_id: type(method) for method_id, method in user.payment_methods.items()}
    used = dict.fromkeys(payment.payment_id for payment in reservation.payment_history)
    for method_id in used:
        if method_id not in kinds and not method_id.startswith("certificate_"):
            yield f"payment method '{method_id}' is not one of user '{reservation.user_id}'"
    held = Counter(kinds.get(method_id) for method_id in used)
    cards, gift_cards = held.pop(CreditCard, 0), held.pop(GiftCard, 0)
    if cards > 1:
        yield f"{cards} credit cards paid"
    if gift_cards > MOST_GIFT_CARDS:
        yield f"{gift_cards} gift cards paid"
    if held.total() > 1:
        yield f"{held.total()} certificates paid"


def _amounts(reservation: Reservation) -> Iterator[str]:
    """Yield where the payments do not add up to the price, or to nothing once the reservation is cancelled."""
    if not reservation.payment_history:
        yield "there is no payment"
    for payment in reservation.payment_history:
        if not payment.amount:
            yield f"payment method '{payment.payment_id}' paid nothing"
    prices = [segment.price for segment in reservation.flights]
    total = fare(prices, len(reservation.passengers), reservation.insurance, reservation.nonfree_baggages)
    paid = sum(payment.amount for payment in reservation.payment_history)
    if reservation.status is None and paid != total:
        yield f"the price is {total}, but {paid} was paid"
    if reservation.status == "cancelled":
        yield from _refunds(reservation, total)


def _refunds(reservation: Reservation, total: int) -> Iterator[str]:
    """Yield what a cancelled reservation has not given back, certificates aside, or has charged wrongly before."""
    left: Counter[str] = Counter()
    for payment in reservation.payment_history:
        left[payment.payment_id] += payment.amount
    for method_id, amount in left.items():
        if amount and not (amount > 0 and method_id.startswith("certificate_")):
            yield f"it is cancelled, but payment method '{method_id}' is left with {amount}"
    charged = sum(payment.amount for payment in reservation.payment_history if payment.amount > 0)
    if charged != total:
        yield f"the price was {total}, but {charged} was paid"
