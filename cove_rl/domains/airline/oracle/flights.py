"""How the oracle finds the flights a customer wishes for: it searches, and keeps the one way that fits."""

from collections.abc import Generator, Sequence
from typing import Any

import msgspec

from cove_rl.domains.airline.oracle.counter import Counter, Declined
from cove_rl.domains.airline.records import Cabin, Segment
from cove_rl.domains.airline.tools.search import Offer
from cove_rl.domains.airline.view import text_of
from cove_rl.domains.airline.wishes import Way, date_for, ways_for
from cove_rl.speech.desk import Asked, Step
from cove_rl.world.hint import Hint

Direct = list[Offer]
OneStop = list[tuple[Offer, Offer]]


class Leg(msgspec.Struct, frozen=True):
    """One direction of a trip: from where to where (airport codes), how, and what flies there now, if anything."""

    origin: str
    destination: str
    cabin: Cabin
    passengers: int
    current: tuple[Segment, ...] = ()


def choose(counter: Counter, asked: Asked, slot: str, leg: Leg) -> Generator[Step, Any, Way]:
    """Return the way a customer wants to take.

    Args:
        counter: the customer.
        asked: the request.
        slot: "outbound" or "inbound".
        leg: the direction.

    Raises:
        Declined: if what they say fits no way, or several, and goes on doing so.
    """
    for _ in range(2):
        hint = yield from counter.desk.need(asked, slot, f"ask.{slot}")
        if hint is None:
            break
        date = date_for(hint, leg.current)
        ways = (yield from search(counter, leg, date, direct=_is_direct(hint, leg.current))) if date else []
        found = ways_for(hint, ways, leg.cabin, leg.passengers, leg.current)
        if len(found) == 1:
            return found[0]
        del asked.hints[slot]
        counter.desk.tell(f"unknown.{slot}")
        yield from counter.desk.listen()
    raise Declined


def search(counter: Counter, leg: Leg, date: str, *, direct: bool) -> Generator[Step, Any, list[Way]]:
    """Return the ways to fly a leg on a date (YYYY-MM-DD): direct, or with one stop."""
    tool = "search_direct_flight" if direct else "search_onestop_flight"
    answer = yield from counter.desk.use(tool, origin=leg.origin, destination=leg.destination, date=date)
    if answer.error:
        return []
    if direct:
        return [Way((offer,), date) for offer in msgspec.json.decode(answer.content, type=Direct)]
    return [Way(pair, date) for pair in msgspec.json.decode(answer.content, type=OneStop)]


def offer_for(counter: Counter, segment: Segment) -> Generator[Step, Any, Offer | None]:
    """Return a booked flight as it is on sale now, or None if it is not."""
    leg = Leg(segment.origin, segment.destination, "economy", 0)
    ways = yield from search(counter, leg, segment.date, direct=True)
    offers = [way.legs[0] for way in ways]
    return next((offer for offer in offers if offer.flight_number == segment.flight_number), None)


def _is_direct(hint: Hint, current: Sequence[Segment]) -> bool:
    if hint.form == "shift":
        return len(current) == 1
    if hint.form == "number":
        return " " not in text_of(hint, "numbers")
    return text_of(hint, "stops") == "direct"
