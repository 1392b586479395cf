"""How the oracle finds the flights a customer wishes for: it searches, and keeps the one way that fits."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from cove_rl.domains.airline.oracle.counter import Counter, Declined
from cove_rl.domains.airline.records import Cabin, Segment
from cove_rl.domains.airline.tools.search import Offer
from cove_rl.domains.airline.view import text_of
from cove_rl.domains.airline.wishes import Way, date_for, ways_for
from cove_rl.speech.desk import Answer, Asked, Step
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


class Search(msgspec.Struct, frozen=True):
    """One search for flights on a date (YYYY-MM-DD): direct ones, or those with one stop."""

    origin: str
    destination: str
    date: str
    direct: bool

    @property
    def call(self) -> tuple[str, dict[str, Any]]:
        """The tool, and its arguments."""
        tool = "search_direct_flight" if self.direct else "search_onestop_flight"
        return tool, {"origin": self.origin, "destination": self.destination, "date": self.date}

    def ways(self, answer: Answer) -> list[Way]:
        """Return the ways an answer shows."""
        if answer.error:
            return []
        if self.direct:
            return [Way((offer,), self.date) for offer in msgspec.json.decode(answer.content, type=Direct)]
        return [Way(pair, self.date) for pair in msgspec.json.decode(answer.content, type=OneStop)]


def choose(counter: Counter, asked: Asked, legs: Mapping[str, Leg]) -> Generator[Step, Any, list[Way]]:
    """Return the way a customer wants to take in each direction.

    Args:
        counter: the customer.
        asked: the request.
        legs: "outbound" or "inbound" -> the direction.

    Raises:
        Declined: if what they say fits no way, or several, and goes on doing so.
    """
    chosen: dict[str, Way] = {}
    for _ in range(2):
        yield from counter.desk.need_all(asked, {slot: f"ask.{slot}" for slot in legs if slot not in chosen})
        wishes = {slot: asked.hints[slot] for slot in legs if slot in asked.hints and slot not in chosen}
        searches = {slot: _search(hint, legs[slot]) for slot, hint in wishes.items()}
        results = yield from _found(counter, searches.values())
        for slot, ways in zip(searches, results, strict=True):
            leg = legs[slot]
            fitting = ways_for(wishes[slot], ways, leg.cabin, leg.passengers, leg.current)
            if len(fitting) == 1:
                chosen[slot] = fitting[0]
        if len(chosen) == len(legs):
            return [chosen[slot] for slot in legs]
        for slot in [slot for slot in legs if slot not in chosen]:
            asked.hints.pop(slot, None)
            counter.desk.tell(f"unknown.{slot}")
        yield from counter.desk.listen()
    raise Declined


def offers_for(counter: Counter, segments: Sequence[Segment]) -> Generator[Step, Any, list[Offer]]:
    """Return booked flights as they are on sale now; those that are not on sale are left out."""
    searches = [Search(one.origin, one.destination, one.date, direct=True) for one in segments]
    results = yield from _found(counter, searches)
    on_sale = [{way.legs[0].flight_number: way.legs[0] for way in ways} for ways in results]
    return [
        offers[one.flight_number] for one, offers in zip(segments, on_sale, strict=True) if one.flight_number in offers
    ]


def _found(counter: Counter, searches: Iterable[Search]) -> Generator[Step, Any, list[list[Way]]]:
    known = list(searches)
    if not known:
        return []
    answers = yield from counter.desk.use_all([one.call for one in known])
    return [one.ways(answer) for one, answer in zip(known, answers, strict=True)]


def _search(hint: Hint, leg: Leg) -> Search:
    """Return the search that shows what a hint speaks of."""
    date = date_for(hint, leg.current)
    if hint.form == "shift":
        return Search(leg.origin, leg.destination, date, direct=len(leg.current) == 1)
    if hint.form == "number":
        return Search(leg.origin, leg.destination, date, direct=" " not in text_of(hint, "numbers"))
    return Search(leg.origin, leg.destination, date, direct=text_of(hint, "stops") == "direct")
