"""Draw other flights for a reservation, and reckon what they cost more."""

from cove_rl.domains.airline.facts import FlightRef
from cove_rl.domains.airline.preferences import preferences
from cove_rl.domains.airline.records import Reservation, Segment
from cove_rl.domains.airline.rules import TODAY
from cove_rl.domains.airline.sampling.basket import Basket
from cove_rl.domains.airline.sampling.flights import Leg, Wish, in_order, last_day, shifted, wish
from cove_rl.domains.airline.view import directions
from cove_rl.domains.airline.wishes import moved

TRIES = 3
"""New dates that are tried per direction."""


def new_flights(basket: Basket, one: Reservation) -> list[Wish]:
    """Return new flights out, back or both; [] if there are none."""
    out, back = legs(one)
    chosen = [leg for leg in (out, back) if leg is not None]
    if len(chosen) == 2 and basket.rng.random() >= preferences().both_ways_share:
        chosen = [basket.rng.choice(chosen)]
    wishes = [found for leg in chosen if (found := _wish(basket, leg)) is not None]
    return wishes if len(wishes) == len(chosen) and _fits(basket, one, wishes) else []


def shifted_out(basket: Basket, one: Reservation) -> Wish | None:
    """Return the flights out on another day, if the rest of the trip allows it."""
    found = shifted(basket, legs(one)[0])
    return found if found is not None and _fits(basket, one, [found]) else None


def rebooked(one: Reservation, wishes: list[Wish]) -> tuple[tuple[FlightRef, ...], int]:
    """Return all flights of a changed reservation, and what they cost more, in US dollars for everybody."""
    out, back = _split(one, wishes)
    old = {"outbound": directions(one)[0], "inbound": directions(one)[1]}
    gone = sum(segment.price for found in wishes for segment in old[found.hint.slot])
    new = sum(found.way.price(one.cabin) for found in wishes)
    return (*out, *back), (new - gone) * len(one.passengers)


def _split(one: Reservation, wishes: list[Wish]) -> tuple[tuple[FlightRef, ...], tuple[FlightRef, ...]]:
    """Return the flights out and those back once wishes have come true."""
    out, back = directions(one)
    new = {found.hint.slot: found.way.refs for found in wishes}
    return new.get("outbound", _refs(out)), new.get("inbound", _refs(back))


def legs(one: Reservation) -> tuple[Leg, Leg | None]:
    """Return the directions of a reservation, for new flights."""
    out, back = directions(one)
    seats = len(one.passengers)
    there = Leg("outbound", one.origin, one.destination, one.cabin, seats, out)
    if not back:
        return there, None
    return there, Leg("inbound", one.destination, one.origin, one.cabin, seats, back)


def _wish(basket: Basket, leg: Leg) -> Wish | None:
    """Return flights for a direction on a day close to the old one, or the same flights on another day."""
    if basket.rng.random() < preferences().shift_share:
        found = shifted(basket, leg)
        if found is not None:
            return found
    days = preferences().most_days
    for _ in range(TRIES):
        date = moved(leg.current[0].date, basket.rng.randint(-days, days))
        if TODAY < date <= basket.world.derived(last_day):
            found = wish(basket, leg, date)
            if found is not None:
                return found
    return None


def _fits(basket: Basket, one: Reservation, wishes: list[Wish]) -> bool:
    return in_order(basket.world, *_split(one, wishes))


def _refs(segments: tuple[Segment, ...]) -> tuple[FlightRef, ...]:
    """Return the flights of segments, as bookings name them."""
    return tuple(FlightRef(one.flight_number, one.date) for one in segments)
