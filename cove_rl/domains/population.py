"""Who customers may be and where they may live: names, streets, towns with their zip codes."""

import re
from functools import cache
from typing import Annotated

from msgspec import Meta

from cove_rl.domains.data import Entry, fault, parse, repeated, short
from cove_rl.sandbox import read_text

PEOPLE_FILE = "people.yaml"
PLACES_FILE = "places.yaml"

_LETTERS = re.compile(r"[A-Z][A-Za-z]*")
_WORDS = re.compile(r"[A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*)*")
Names = Annotated[tuple[str, ...], Meta(min_length=1)]


class People(Entry, frozen=True):
    """Names that are combined freely."""

    first_names: Names
    last_names: Names


class Town(Entry, frozen=True):
    """A real town, its state's two letters, and some of its zip codes."""

    city: str
    state: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
    zips: Annotated[tuple[Annotated[str, Meta(pattern=r"^[0-9]{5}\Z")], ...], Meta(min_length=1)]


class Places(Entry, frozen=True):
    """Streets, which any town may have, and towns."""

    streets: Names
    towns: Annotated[tuple[Town, ...], Meta(min_length=1)]


@cache
def people() -> People:
    """Return the checked names of ``sandbox/people.yaml``, read once per process."""
    return read_people(read_text(PEOPLE_FILE))


@cache
def places() -> Places:
    """Return the checked places of ``sandbox/places.yaml``, read once per process."""
    return read_places(read_text(PLACES_FILE))


def read_people(text: str) -> People:
    """Return the names in a YAML text.

    Raises:
        InputError: if a name is not one capitalised word of ASCII letters, or is listed twice.
    """
    found = parse(text, People, PEOPLE_FILE)
    for what, names in (("first name", found.first_names), ("last name", found.last_names)):
        _check(PEOPLE_FILE, what, names, _LETTERS, "ids are made of it: write one capitalised word of letters A to Z")
    return found


def read_places(text: str) -> Places:
    """Return the streets and towns in a YAML text.

    Raises:
        InputError: if a street or city has anything but capitalised words of ASCII letters, or if a street, a town or a
            zip code is listed twice.
    """
    found = parse(text, Places, PLACES_FILE)
    advice = "write capitalised words of letters A to Z, without full stops"
    _check(PLACES_FILE, "street", found.streets, _WORDS, advice)
    for town in found.towns:
        _check(PLACES_FILE, "city", (town.city,), _WORDS, advice)
    town_twice = repeated(f"{town.city} {town.state}" for town in found.towns)
    if town_twice is not None:
        raise fault(PLACES_FILE, f"the town {short(town_twice)} is listed twice", "merge the two entries")
    zip_twice = repeated(zip_code for town in found.towns for zip_code in town.zips)
    if zip_twice is not None:
        raise fault(PLACES_FILE, f"the zip code {zip_twice} is listed twice", "give it to one town, once")
    return found


def _check(file: str, what: str, names: tuple[str, ...], pattern: re.Pattern[str], advice: str) -> None:
    """Refuse names that do not match the pattern or repeat."""
    for name in names:
        if not pattern.fullmatch(name):
            raise fault(file, f"the {what} '{short(name)}' cannot be used", advice)
    twice = repeated(names)
    if twice is not None:
        raise fault(file, f"the {what} '{short(twice)}' is listed twice", "remove one of the two")
