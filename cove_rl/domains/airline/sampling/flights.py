"""Draw flights, and a description of them that nothing else fits."""

from collections.abc import Iterable, Sequence

import msgspec

from cove_rl.domains.airline.connections import Connections
from cove_rl.domains.airline.facts import FlightRef
from cove_rl.domains.airline.noticing import check_date, check_flights
from cove_rl.domains.airline.preferences import preferences
from cove_rl.domains.airline.records import Cabin, Flight, Segment
from cove_rl.domains.airline.sampling.basket import Basket
from cove_rl.domains.airline.view import spoken_date
from cove_rl.domains.airline.wishes import NOON, SHIFTS, Way, date_for, moved, ways_for
from cove_rl.domains.weights import choose
from cove_rl.world.hint import Hint, Value
from cove_rl.world.world import World

TRIES = 4
"""Descriptions that are tried before flights are named by their numbers."""
RANKS = ("cheapest", "earliest", "latest")


class Leg(msgspec.Struct, frozen=True):
    """One direction of a trip that flights are wanted for.

    Attributes:
        slot: "outbound" or "inbound".
        origin: an airport's code.
        destination: an airport's code.
        cabin: where the seats must be.
        passengers: how many seats it takes.
        current: the flights that are to be replaced, if any.
    """

    slot: str
    origin: str
    destination: str
    cabin: Cabin
    passengers: int
    current: tuple[Segment, ...] = ()


class Wish(msgspec.Struct, frozen=True):
    """Flights, how the customer describes them, and what else goes on that route and day."""

    hint: Hint
    way: Way
    ways: tuple[Way, ...]


def wish(basket: Basket, leg: Leg, date: str) -> Wish | None:
    """Return flights for a direction on a date with a description of them; None if none are to be had."""
    ways = _searched(basket, leg, date)
    open_ways = [way for way in ways if way.has_seats(leg.cabin, leg.passengers)]
    if not open_ways:
        return None
    for _ in range(TRIES):
        hint = _described(basket, leg, basket.rng.choice(open_ways))
        if hint.values.get("rank") == "cheapest" and not all(_is_new(way, leg) for way in open_ways):
            continue  # what is booked already may be cheaper at the price that was paid
        found = ways_for(hint, ways, leg.cabin, leg.passengers, leg.current)
        if len(found) == 1 and _is_new(found[0], leg):
            return Wish(hint, found[0], ways)
    way = basket.rng.choice(open_ways)
    return Wish(_numbered(leg, way), way, ways) if _is_new(way, leg) else None


def shifted(basket: Basket, leg: Leg) -> Wish | None:
    """Return the same flights on another day, if they go on that day and have seats."""
    for words in basket.rng.sample(list(SHIFTS), len(SHIFTS)):
        hint = Hint(leg.slot, "shift", {"shift": words})
        ways = _searched(basket, leg, date_for(hint, leg.current))
        found = ways_for(hint, ways, leg.cabin, leg.passengers, leg.current)
        if len(found) == 1 and _is_new(found[0], leg):
            return Wish(hint, found[0], ways)
    return None


def told(wishes: Sequence[Wish], current: Iterable[Segment] = ()) -> list[Hint]:
    """Return the descriptions of flights with checks by which the customer notices others.

    Args:
        wishes: all that the customer wants in one request.
        current: the flights of the reservation they are for; they and the wishes' own dates may well be named.
    """
    known = [(one.flight_number, one.date) for one in current]
    known += [(ref.flight_number, ref.date) for one in wishes for ref in one.way.refs]
    dates = {date for _, date in known}
    hints = []
    for one in wishes:
        numbers = {number for number, _ in known} - {leg.flight_number for leg in one.way.legs}
        by_date = one.hint.form == "shift"
        on_date = check_date(one.way.date, dates)
        check = on_date if by_date else check_flights(one.way, one.ways, numbers, dates)
        also = () if by_date else (on_date,)
        hints.append(Hint(one.hint.slot, one.hint.form, one.hint.values, check=check, also=also))
    return hints


def in_order(world: World, outbound: Sequence[FlightRef], inbound: Sequence[FlightRef]) -> bool:
    """Return whether the flights back leave after those out have arrived."""
    if not outbound or not inbound:
        return True
    last, first = outbound[-1], inbound[0]
    flights = world.rows(Flight)
    arrival = flights[last.flight_number].scheduled_arrival_time_est
    day = moved(last.date, 1) if arrival.endswith("+1") else last.date
    departure = flights[first.flight_number].scheduled_departure_time_est
    return (day, arrival.removesuffix("+1")) < (first.date, departure)


def _searched(basket: Basket, leg: Leg, date: str) -> tuple[Way, ...]:
    """Return all ways on a date; none if an earlier request has changed their seats."""
    ways = basket.world.derived(Connections).ways(leg.origin, leg.destination, date)
    numbers = (one.flight_number for way in ways for one in way.legs)
    return () if basket.is_touched(numbers) else ways


def _described(basket: Basket, leg: Leg, way: Way) -> Hint:
    """Return a description that may fit a way, or another one."""
    form = choose(basket.rng, preferences().flights)
    values: dict[str, Value] = {
        "stops": "direct" if len(way.legs) == 1 else "one-stop",
        "date": spoken_date(way.date),
    }
    if form == "number":
        return _numbered(leg, way)
    if form == "departs":
        return Hint(leg.slot, form, {**values, "time": way.departs[:5]})
    values["rank"] = basket.rng.choice(RANKS)
    if form == "window":
        values["window"] = "before noon" if way.departs < NOON else "after noon"
    return Hint(leg.slot, form, values)


def _numbered(leg: Leg, way: Way) -> Hint:
    numbers = " and ".join(one.flight_number for one in way.legs)
    return Hint(leg.slot, "number", {"numbers": numbers, "date": spoken_date(way.date)})


def _is_new(way: Way, leg: Leg) -> bool:
    """Whether a way keeps none of the flights it replaces: what a flight that is kept costs is open to doubt."""
    return {(one.flight_number, one.date) for one in leg.current}.isdisjoint(
        (ref.flight_number, ref.date) for ref in way.refs
    )


def routes(world: World) -> list[tuple[str, str]]:
    """Return all pairs of airports between which there are direct flights; for `World.derived`."""
    return sorted({(one.origin, one.destination) for one in world.rows(Flight).values()})


def last_day(world: World) -> str:
    """Return the last date of a world, YYYY-MM-DD; for `World.derived`."""
    return max((max(one.dates) for one in world.rows(Flight).values() if one.dates), default="")
