"""What identifies a record of the benchmark: ids, e-mail addresses, phone numbers, full names, street lines.

Everything else in a record is a fact that any shop or airline may share: cities, zip codes, airports, names of products
and their options, dates of birth, prices, the last four digits of a card, names of plans.
"""

import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from cove_rl.data.leaks.words import words_of

FactKind = Literal["id", "email", "phone", "name", "address"]

LONG_NUMBER = 7
"""Digits from which a number identifies a record alone, without a prefix. The benchmark's orders and payment methods
have seven; shorter numbers are amounts, years and house numbers."""
_SHORTEST_ID = 5
"""Letters and digits of an id, at least; "1_0", the name of a gold action, identifies nothing."""
_PHRASE = 4
"""Words from which an id needs no digit; telecom's tasks are named by phrases."""

_STREETS = {"address1", "street"}
_CODES = {"imei", "flight_number", "orders", "reservations"}
_NOT_IDS = {"action_id"}
"""A tool's name and a number."""
_CODE = re.compile(r"[A-Z]{6}")


class Fact(msgspec.Struct, frozen=True):
    """Something that identifies a record of the benchmark.

    Attributes:
        kind: what it is.
        value: as the benchmark writes it.
    """

    kind: FactKind
    value: str


def facts_in(value: Any) -> Iterator[Fact]:
    """Yield the facts in a database, a task or any part of them, as decoded JSON; some of them repeatedly."""
    if isinstance(value, list):
        for one in value:
            yield from facts_in(one)
    if not isinstance(value, dict):
        return
    yield from _names(value)
    for field, content in value.items():
        if isinstance(content, str):
            yield from _fact(field, content)
        elif isinstance(content, list) and all(isinstance(one, str) for one in content):
            for one in content:
                yield from _fact(field, one)
        else:
            yield from facts_in(content)


def _names(record: dict[str, Any]) -> Iterator[Fact]:
    match record:
        case {"first_name": str(first), "last_name": str(last)}:
            yield Fact("name", f"{first} {last}")
        case {"full_name": str(name)} if len(words_of(name)) > 1:
            yield Fact("name", name)


def _fact(field: str, text: str) -> Iterator[Fact]:
    if field == "email":
        yield Fact("email", text)
    elif field.endswith("phone_number"):
        yield Fact("phone", text)
    elif field in _STREETS:
        if len(words_of(text)) > 1:
            yield Fact("address", text)
    elif _names_ids(field) and _identifies(text):
        yield Fact("id", text)


def _names_ids(field: str) -> bool:
    return (field == "id" or field.endswith(("_id", "_ids")) or field in _CODES) and field not in _NOT_IDS


def _identifies(text: str) -> bool:
    """Return whether nobody would come upon this id by chance."""
    words = words_of(text)
    if len(words) == 1 and words[0].isdecimal():
        return len(words[0]) >= LONG_NUMBER
    letters = "".join(words)
    has_digit = any(letter.isdigit() for letter in letters)
    return len(words) >= _PHRASE or _CODE.fullmatch(text) is not None or (has_digit and len(letters) >= _SHORTEST_ID)


def forms_of(fact: Fact) -> Iterator[tuple[str, ...]]:
    """Yield the runs of words by which a fact is known.

    A run of several words is found by its first two, so they should be rare: an id that ends in a long number is known
    by that alone, since every credit card's begins with the same two words.
    """
    words = tuple(words_of(fact.value))
    number = re.search(rf"[0-9]{{{LONG_NUMBER},}}$", fact.value) if fact.kind == "id" else None
    if number is None or len(words) == 1:
        yield words
    if number is not None and words != (number[0],):
        yield (number[0],)
    flight = re.fullmatch(r"([a-z]{3})([0-9]{3})", words[0]) if len(words) == 1 else None
    if flight is not None:
        yield "flight", flight[1], flight[2]
    if fact.kind == "phone":
        yield ("".join(words),)
    if fact.kind == "email":
        account = tuple(words_of(fact.value.split("@")[0]))
        if any(letter.isdigit() for letter in account[-1]):
            yield account
