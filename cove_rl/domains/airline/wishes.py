"""What customers say of the flights they want, resolved against the results of the two search tools."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date as Date  # noqa: N812  (a type among fields of that name)
from datetime import timedelta

import msgspec

from cove_rl.domains.airline.facts import FlightRef
from cove_rl.domains.airline.records import Cabin, Segment
from cove_rl.domains.airline.tools.search import Offer
from cove_rl.domains.airline.view import iso_date, text_of
from cove_rl.world.hint import Hint

SHIFTS: Mapping[str, int] = {"a day later": 1, "two days later": 2, "a day earlier": -1}
"""Words for "the same flights, but ..." -> days."""
NOON = "12:00:00"


class Way(msgspec.Struct, frozen=True):
    """A way to get from one airport to another: one flight, or two with a stop between. `date` is the first one's."""

    legs: tuple[Offer, ...]
    date: str

    @property
    def refs(self) -> tuple[FlightRef, ...]:
        """The flights, as bookings name them."""
        return tuple(FlightRef(leg.flight_number, leg.date or self.date) for leg in self.legs)

    @property
    def departs(self) -> str:
        """When the first flight leaves, "HH:MM:SS"."""
        return self.legs[0].scheduled_departure_time_est

    def price(self, cabin: Cabin) -> int:
        """Return what a seat costs on all of it, in US dollars."""
        return sum(leg.prices.of(cabin) for leg in self.legs)

    def has_seats(self, cabin: Cabin, passengers: int) -> bool:
        """Return whether so many people find a seat on all of it."""
        return all(leg.available_seats.of(cabin) >= passengers for leg in self.legs)


def ways_of(direct: Iterable[Offer], one_stop: Iterable[Sequence[Offer]], date: str) -> list[Way]:
    """Return the results of both searches for one date."""
    return [*(Way((leg,), date) for leg in direct), *(Way(tuple(legs), date) for legs in one_stop)]


def date_for(hint: Hint, current: Sequence[Segment] = ()) -> str:
    """Return the date to search for an "outbound" or "inbound" hint: YYYY-MM-DD, or "" if it names none.

    Args:
        hint: the hint.
        current: the flights that are to be replaced; "a day later" counts from them.
    """
    if hint.form == "shift":
        days = SHIFTS.get(text_of(hint, "shift"))
        return moved(current[0].date, days) if current and days else ""
    return iso_date(text_of(hint, "date"))


def ways_for(
    hint: Hint, ways: Iterable[Way], cabin: Cabin, passengers: int, current: Sequence[Segment] = ()
) -> list[Way]:
    """Return the ways an "outbound" or "inbound" hint fits, of those that have seats.

    Args:
        hint: the hint.
        ways: all that both searches return for `date_for(hint, current)`.
        cabin: the cabin the customer will sit in.
        passengers: how many seats it takes.
        current: the flights that are to be replaced, if any.
    """
    open_ways = [way for way in ways if way.has_seats(cabin, passengers)]
    if hint.form == "shift":
        days = SHIFTS.get(text_of(hint, "shift"), 0)
        wanted = tuple(FlightRef(one.flight_number, moved(one.date, days)) for one in current)
        return [way for way in open_ways if way.refs == wanted]
    if hint.form == "number":
        numbers = re.findall(r"[A-Z]{3}\d{3}", text_of(hint, "numbers").upper())
        return [way for way in open_ways if [leg.flight_number for leg in way.legs] == numbers]
    legs = 1 if text_of(hint, "stops") == "direct" else 2
    rightly_stopping = [way for way in open_ways if len(way.legs) == legs]
    if hint.form == "departs":
        return [way for way in rightly_stopping if way.departs[:5] == text_of(hint, "time").zfill(5)]
    if hint.form == "window":
        morning = text_of(hint, "window") == "before noon"
        rightly_stopping = [way for way in rightly_stopping if (way.departs < NOON) == morning]
    return _best(text_of(hint, "rank"), rightly_stopping, cabin)


def _best(rank: str, ways: Sequence[Way], cabin: Cabin) -> list[Way]:
    """Return the cheapest, earliest or latest ways; several if they tie."""
    if not ways or rank not in ("cheapest", "earliest", "latest"):
        return []
    if rank == "cheapest":
        least = min(way.price(cabin) for way in ways)
        return [way for way in ways if way.price(cabin) == least]
    first = (max if rank == "latest" else min)(way.departs for way in ways)
    return [way for way in ways if way.departs == first]


def moved(date: str, days: int) -> str:
    """Return a date, YYYY-MM-DD, some days later."""
    return (Date.fromisoformat(date) + timedelta(days=days)).isoformat()
