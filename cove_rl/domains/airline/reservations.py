"""Book the trips of a generated airline: who goes where with whom, in which cabin, with which bags, and who pays."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from msgspec.structs import replace

from cove_rl.domains.airline.airports import route_minutes
from cove_rl.domains.airline.bookings import bookings
from cove_rl.domains.airline.clock import NOW_MOMENT, midnight, moment
from cove_rl.domains.airline.ids import AirlineMint
from cove_rl.domains.airline.records import (
    Cabin,
    Certificate,
    Flight,
    GiftCard,
    Passenger,
    Payment,
    Reservation,
    Segment,
    User,
    YesNo,
)
from cove_rl.domains.airline.rules import charged_bags, fare
from cove_rl.domains.airline.schedule import schedule
from cove_rl.domains.airline.trips import Leg, Trip, Ways, plan
from cove_rl.domains.customers import buyers
from cove_rl.domains.weights import choose

_DAY = timedelta(days=1)
_CLOSING = timedelta(hours=2)
"""How long before the first flight a trip can be booked at the latest."""


def book(rng: Random, count: int, flights: Mapping[str, Flight], users: Sequence[User]) -> dict[str, Reservation]:
    """Return reservations by id, in no particular order.

    Args:
        rng: where every choice comes from.
        count: how many; every user can have `Bookings.reservations_per_user`.
        flights: what can be booked.
        users: who can book.
    """
    mint = AirlineMint(rng)
    mint.used.update(method_id for user in users for method_id in user.payment_methods)
    ways = Ways(flights.values())
    homes = {user.user_id: rng.choice(ways.origins) for user in users}
    most, idle = bookings().reservations_per_user, bookings().users_without_reservations
    found = {}
    for user in buyers(rng, users, count, most=most, idle=idle):
        reservation = _reservation(rng, mint, user, plan(rng, ways, homes[user.user_id]))
        found[reservation.reservation_id] = reservation
    return found


def _reservation(rng: Random, mint: AirlineMint, user: User, trip: Trip) -> Reservation:
    passengers = _passengers(rng, user)
    cabin = choose(rng, bookings().cabins)
    segments = tuple(_segment(rng, leg, cabin) for leg in trip.legs)
    bags = sum(choose(rng, bookings().bags) for _ in passengers)
    charged = charged_bags(bags, user.membership, cabin, len(passengers))
    insurance: YesNo = "yes" if rng.random() < bookings().insurance_share else "no"
    total = fare((segment.price for segment in segments), len(passengers), insurance, charged)
    booked = Reservation(
        reservation_id=mint.reservation(),
        user_id=user.user_id,
        origin=segments[0].origin,
        destination=trip.destination,
        flight_type="round_trip" if trip.round_trip else "one_way",
        cabin=cabin,
        flights=segments,
        passengers=passengers,
        payment_history=_payments(rng, mint, user, total),
        created_at=_booked_at(rng, trip.legs[0]).isoformat(),
        total_baggages=bags,
        nonfree_baggages=charged,
        insurance=insurance,
    )
    return _called_off(booked, user) if rng.random() < bookings().cancelled_share else booked


def _called_off(booked: Reservation, user: User) -> Reservation:
    """Return a reservation as the tool leaves it that cancels it: cards get their money back, used certificates not."""
    paid = [payment for payment in booked.payment_history if payment.payment_id in user.payment_methods]
    refunds = [replace(payment, amount=-payment.amount) for payment in paid]
    return replace(booked, payment_history=(*booked.payment_history, *refunds), status="cancelled")


def _segment(rng: Random, leg: Leg, cabin: Cabin) -> Segment:
    """Return a flight at what it cost when it was booked, which need not be what it costs now."""
    origin, destination = leg.flight.origin, leg.flight.destination
    price = schedule().prices[cabin].draw(rng, route_minutes()[origin, destination])
    return Segment(
        origin=origin, destination=destination, flight_number=leg.flight.flight_number, date=leg.day, price=price
    )


def _passengers(rng: Random, user: User) -> tuple[Passenger, ...]:
    """Return who flies: the customer, most of the time, and people they have on file."""
    others = list(user.saved_passengers)
    count = choose(rng, bookings().passengers)
    if len(others) >= count and rng.random() < bookings().others_only_share:
        return tuple(rng.sample(others, count))
    own = Passenger(user.name.first_name, user.name.last_name, user.dob)
    return (own, *rng.sample(others, min(count - 1, len(others))))


def _booked_at(rng: Random, first: Leg) -> datetime:
    """Return when a trip was booked: before it started, before now, and seldom in the last 24 hours."""
    leaves = moment(first.day, first.flight.scheduled_departure_time_est)
    closes = min(leaves - _CLOSING, NOW_MOMENT)
    if closes == NOW_MOMENT and rng.random() < bookings().fresh_share:
        return _between(rng, NOW_MOMENT - _DAY, NOW_MOMENT)
    earliest = midnight(str(bookings().earliest_booking))
    return _between(rng, earliest, min(closes, NOW_MOMENT - _DAY))


def _between(rng: Random, start: datetime, end: datetime) -> datetime:
    """Return a second from `start` on and before `end`."""
    return start + timedelta(seconds=rng.randrange(int((end - start).total_seconds())))


def _payments(rng: Random, mint: AirlineMint, user: User, total: int) -> tuple[Payment, ...]:
    """Return how so many US dollars were paid: with one method, or a part with a certificate or gift card before it.

    A certificate is gone from the customer's file once it has paid.
    """
    methods = [method for method in user.payment_methods.values() if not isinstance(method, Certificate)]
    last = rng.choice(methods)
    first = choose(rng, bookings().paid_first)
    cards = [method.id for method in methods if isinstance(method, GiftCard) and method is not last]
    if first == "gift_card" and cards:
        part = Payment(rng.choice(cards), rng.randint(1, total - 1))
        return (part, Payment(last.id, total - part.amount))
    worth = choose(rng, bookings().certificate_amounts)
    if first == "certificate" and worth < total:
        return (Payment(mint.payment_method("certificate"), worth), Payment(last.id, total - worth))
    return (Payment(last.id, total),)
