"""How the oracle changes a reservation: its flights, cabin, passengers, bags."""

from collections.abc import Mapping
from typing import Any

import msgspec

from cove_rl.domains.airline.facts import FlightRef
from cove_rl.domains.airline.oracle.counter import Counter, Declined
from cove_rl.domains.airline.oracle.flights import Leg, choose, offers_for
from cove_rl.domains.airline.oracle.wording import (
    joined,
    known_words,
    people_words,
    price_words,
    way_words,
)
from cove_rl.domains.airline.oracle.work import Work, finish, settling
from cove_rl.domains.airline.records import Reservation, Segment
from cove_rl.domains.airline.rules import (
    BAG_FEE,
    TODAY,
    charged_bags,
    may_change_cabin,
    may_change_flights,
)
from cove_rl.domains.airline.view import directions, spoken, spoken_bags
from cove_rl.domains.airline.wishes import Way
from cove_rl.speech.desk import Asked


def change_flights(counter: Counter, asked: Asked) -> Work:
    """Take other flights out, back, or both; the cabin and the route stay as they are."""
    reservation = yield from counter.reservation(asked)
    if reservation.cabin == "basic_economy":
        raise Declined("refuse.flights", reservation=reservation.reservation_id)
    if not may_change_flights(reservation, (yield from counter.statuses(reservation, TODAY))):
        raise Declined("refuse.started", reservation=reservation.reservation_id)
    yield from _which(counter, asked, reservation)
    yield from rebook(counter, asked, reservation)


def rebook(counter: Counter, asked: Asked, reservation: Reservation) -> Work:
    """Replace the flights of the directions the customer has spoken of."""
    out, back = directions(reservation)
    current = {"outbound": out, "inbound": back}
    legs = {slot: _leg(reservation, some) for slot, some in current.items() if some and slot in asked.hints}
    if not legs:
        raise Declined
    ways = dict(zip(legs, (yield from choose(counter, asked, legs)), strict=True))
    prices: dict[FlightRef, int] = {}
    for slot, some in current.items():
        prices.update(_new_prices(ways[slot], reservation) if slot in ways else {_ref(one): one.price for one in some})
    difference = (sum(prices.values()) - sum(one.price for one in reservation.flights)) * len(reservation.passengers)
    method = yield from settling(counter, asked, reservation, difference)
    said = {
        **known_words(reservation, counter.view.cities),
        "flights": joined([way_words(way) for way in ways.values()]),
        "price": price_words(difference, method),
    }
    arguments = _new_flights(reservation, reservation.cabin, list(prices), method.id)
    yield from finish(counter, asked, "change_flights", said, "update_reservation_flights", arguments)


def change_cabin(counter: Counter, asked: Asked) -> Work:
    """Move a whole reservation to another cabin of the same flights, at what they cost now."""
    reservation = yield from counter.reservation(asked)
    if not may_change_cabin(reservation, (yield from counter.statuses(reservation, TODAY))):
        raise Declined("refuse.started", reservation=reservation.reservation_id)
    cabin = yield from counter.cabin(asked)
    offers = yield from offers_for(counter, reservation.flights)
    passengers = len(reservation.passengers)
    open_offers = [one for one in offers if one.available_seats.of(cabin) >= passengers]
    if len(open_offers) < len(reservation.flights):
        raise Declined("refuse.seats", reservation=reservation.reservation_id)
    new, old = sum(one.prices.of(cabin) for one in offers), sum(one.price for one in reservation.flights)
    difference = (new - old) * passengers
    method = yield from settling(counter, asked, reservation, difference)
    said = {
        **known_words(reservation, counter.view.cities),
        "cabin": spoken(cabin),
        "price": price_words(difference, method),
    }
    arguments = _new_flights(reservation, cabin, [_ref(one) for one in reservation.flights], method.id)
    yield from finish(counter, asked, "change_cabin", said, "update_reservation_flights", arguments)


def change_passenger(counter: Counter, asked: Asked) -> Work:
    """Put somebody else in the place of a passenger."""
    reservation = yield from counter.reservation(asked)
    old = yield from counter.passenger(asked, reservation)
    new = yield from counter.newcomer(asked)
    passengers = [new if one == old else one for one in reservation.passengers]
    said = {**known_words(reservation, counter.view.cities), "old": people_words([old]), "new": people_words([new])}
    arguments = {"reservation_id": reservation.reservation_id, "passengers": msgspec.to_builtins(passengers)}
    yield from finish(counter, asked, "change_passengers", said, "update_reservation_passengers", arguments)


def add_bags(counter: Counter, asked: Asked) -> Work:
    """Check more bags; those beyond the allowance cost a fee."""
    reservation = yield from counter.reservation(asked)
    more = yield from counter.bags(asked)
    total = reservation.total_baggages + more
    charged = charged_bags(total, counter.view.user.membership, reservation.cabin, len(reservation.passengers))
    charged = max(charged, reservation.nonfree_baggages)
    fee = BAG_FEE * (charged - reservation.nonfree_baggages)
    method = yield from settling(counter, asked, reservation, fee)
    said = {
        **known_words(reservation, counter.view.cities),
        "bags": spoken_bags(more),
        "count": str(total),
        "price": price_words(fee, method),
    }
    arguments = {
        "reservation_id": reservation.reservation_id,
        "total_baggages": total,
        "nonfree_baggages": charged,
        "payment_id": method.id,
    }
    yield from finish(counter, asked, "add_bags", said, "update_reservation_baggages", arguments)


def _which(counter: Counter, asked: Asked, reservation: Reservation) -> Work:
    """Ask which directions are to change, where that is open."""
    both_ways = reservation.flight_type == "round_trip"
    told = [slot for slot in ("outbound", "inbound") if slot in asked.hints]
    if not told:
        question = "ask.new_flights_both" if both_ways else "ask.new_flights"
        yield from counter.desk.need_all(asked, {"outbound": question})
    elif len(told) == 1 and both_ways:
        other = "inbound" if told == ["outbound"] else "outbound"
        yield from counter.desk.need_all(asked, {other: f"ask.other_{other}"})


def _leg(reservation: Reservation, current: tuple[Segment, ...]) -> Leg:
    return Leg(current[0].origin, current[-1].destination, reservation.cabin, len(reservation.passengers), current)


def _new_prices(way: Way, reservation: Reservation) -> Mapping[FlightRef, int]:
    """Return what a seat costs on each flight of a way; a flight that is kept costs what it did."""
    kept = {_ref(one): one.price for one in reservation.flights}
    offers = zip(way.refs, way.legs, strict=True)
    return {ref: kept.get(ref, offer.prices.of(reservation.cabin)) for ref, offer in offers}


def _new_flights(reservation: Reservation, cabin: str, flights: list[FlightRef], payment_id: str) -> dict[str, Any]:
    return {
        "reservation_id": reservation.reservation_id,
        "cabin": cabin,
        "flights": msgspec.to_builtins(flights),
        "payment_id": payment_id,
    }


def _ref(segment: Segment) -> FlightRef:
    return FlightRef(segment.flight_number, segment.date)
