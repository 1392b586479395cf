"""Customers of any domain: who they are, where they live, and which of them buys how often."""

import math
from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple, TypeVar

from cove_rl.domains.population import people, places

T = TypeVar("T")
_DIGITS = 1000
"""How many user ids one full name allows: four digits of which the first is 0."""


class House(NamedTuple):
    """A made-up house in a real town, field by field as records have it."""

    address1: str
    address2: str
    city: str
    country: str
    state: str
    zip: str


class Newcomer(NamedTuple):
    """Somebody who is not a customer yet."""

    first_name: str
    last_name: str
    house: House


def most_customers() -> int:
    """Return how many customers the names and places are enough for, with every second combination left free."""
    names = len(people().first_names) * len(people().last_names)
    return names * min(_DIGITS, sum(len(town.zips) for town in places().towns)) // 2


def newcomers(rng: Random, count: int) -> Iterator[Newcomer]:
    """Yield people of whom no two share first name, last name and zip code.

    Args:
        rng: where every choice comes from, at the moment a person is asked for.
        count: how many, at most `most_customers`.
    """
    taken: set[tuple[str, str, str]] = set()
    while len(taken) < count:
        person = Newcomer(rng.choice(people().first_names), rng.choice(people().last_names), new_house(rng))
        identity = (person.first_name, person.last_name, person.house.zip)
        if identity not in taken:
            taken.add(identity)
            yield person


def new_house(rng: Random) -> House:
    """Return a made-up house in a real town."""
    town = rng.choice(places().towns)
    return House(
        address1=f"{rng.randint(100, 999)} {rng.choice(places().streets)}",
        address2=f"Suite {rng.randint(100, 999)}",
        city=town.city,
        country="USA",
        state=town.state,
        zip=rng.choice(town.zips),
    )


def buyers(rng: Random, customers: Sequence[T], count: int, *, most: int, idle: float) -> list[T]:
    """Return who makes each of `count` purchases: everybody at least one if there are enough, except the idle.

    Args:
        rng: where every choice comes from.
        customers: whom to choose from.
        count: how many purchases, at most ``most * len(customers)``.
        most: how many purchases one customer makes at most.
        idle: share of the customers, in 0..1, who make none; fewer if the others could not make all purchases.
    """
    resting = min(round(idle * len(customers)), len(customers) - math.ceil(count / most))
    active = rng.sample(customers, len(customers) - resting)
    found = active[:count]
    found += rng.sample(active * (most - 1), count - len(found))
    rng.shuffle(found)
    return found
