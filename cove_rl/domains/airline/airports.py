"""Where one can fly: the airports and routes of ``sandbox/airline/airports.yaml``."""

import re
from collections.abc import Mapping
from functools import cache
from itertools import permutations
from typing import Annotated

from msgspec import Meta

from cove_rl.domains.data import Entry, fault, parse, repeated, short
from cove_rl.sandbox import read_text

FILE = "airline/airports.yaml"
MOST_MINUTES = 600
"""The longest flight, from gate to gate."""

_WORDS = re.compile(r"[A-Za-z]+(?: [A-Za-z]+)*")
Code = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]


class Airport(Entry, frozen=True):
    """An airport's code, and what everybody calls the place."""

    iata: Code
    city: str


class Route(Entry, frozen=True):
    """Two airports that may have flights to each other, and the minutes from gate to gate."""

    between: tuple[Code, Code]
    minutes: Annotated[int, Meta(ge=30, le=MOST_MINUTES)]


class Map(Entry, frozen=True):
    """Everything in the file."""

    airports: Annotated[tuple[Airport, ...], Meta(min_length=2)]
    routes: Annotated[tuple[Route, ...], Meta(min_length=1)]


def airports() -> tuple[Airport, ...]:
    """Return all airports, in the order in which the airline lists them; every world has the same."""
    return airport_map().airports


@cache
def airport_map() -> Map:
    """Return the checked map of ``sandbox/airline/airports.yaml``, read once per process."""
    return read_map(read_text(FILE))


@cache
def route_minutes() -> Mapping[tuple[str, str], int]:
    """Return the minutes from gate to gate by (origin, destination), both ways, of every possible route."""
    there = {route.between: route.minutes for route in airport_map().routes}
    return {**there, **{(end, start): minutes for (start, end), minutes in there.items()}}


def read_map(text: str) -> Map:
    """Return the map in a YAML text.

    Raises:
        InputError: if a code or a city is listed twice, a city cannot be told apart inside a sentence, or a route joins
            an unknown airport, an airport with itself, or two airports that another route joins already.
    """
    found = parse(text, Map, FILE)
    _check_cities(found)
    codes = [airport.iata for airport in found.airports]
    code = repeated(codes)
    if code is not None:
        raise fault(FILE, f"the airport {code} is listed twice", "remove one of the two")
    for route in found.routes:
        for end in route.between:
            if end not in codes:
                raise fault(FILE, f"a route goes to {end}, which is not under airports", "spell it as under airports")
        if len(set(route.between)) == 1:
            raise fault(FILE, f"a route joins {route.between[0]} with itself", "give it two different airports")
    pair = repeated("-".join(sorted(route.between)) for route in found.routes)
    if pair is not None:
        raise fault(FILE, f"the route {pair} is listed twice", "routes go both ways, so remove one of the two")
    return found


def _check_cities(found: Map) -> None:
    """Refuse names of places that sentences could not carry."""
    cities = [airport.city for airport in found.airports]
    for city in cities:
        if not _WORDS.fullmatch(city):
            what = f"the city '{short(city)}' cannot be used"
            raise fault(FILE, what, "write words of letters A to Z, one space apart")
    city_twice = repeated(cities)
    if city_twice is not None:
        raise fault(FILE, f"the city '{short(city_twice)}' is listed twice", "give each airport its own name")
    for one, other in permutations(cities, 2):
        if one.lower() in other.lower():
            what = f"the city '{short(one)}' is part of '{short(other)}'"
            raise fault(FILE, what, "rename one, or a sentence about the longer one reads as about both")
