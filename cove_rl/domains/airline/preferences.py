"""How often customers want what, and how they describe it: the numbers of ``sandbox/airline/requests.yaml``."""

from collections.abc import Collection
from functools import cache
from typing import Annotated

from msgspec import Meta

from cove_rl.domains.airline.records import CABINS, Cabin
from cove_rl.domains.data import Entry, fault, parse
from cove_rl.domains.weights import Share, Span, Weight, refuse_weightless
from cove_rl.sandbox import read_text

FILE = "airline/requests.yaml"
Count = Annotated[int, Meta(ge=0, le=20)]


class Preferences(Entry, frozen=True):
    """Everything in the file: weights that compare with the others of their list, and shares in 0..1."""

    kinds: dict[str, Weight]
    reservation: dict[str, Weight]
    flights: dict[str, Weight]
    payment: dict[str, Weight]
    round_trip_share: Share
    cabins: dict[Cabin, Weight]
    companions: dict[Count, Weight]
    new_companion_share: Share
    without_customer_share: Share
    bags_per_passenger: dict[Count, Weight]
    insurance_share: Share
    split_share: Share
    nights: Span
    shift_share: Share
    both_ways_share: Share
    most_days: Annotated[int, Meta(ge=1, le=14)]
    more_bags: dict[Count, Weight]


_FORMS: dict[str, Collection[str]] = {
    "reservation": ("route", "route_date", "companion", "cabin"),
    "flights": ("departs", "best", "window", "number"),
    "payment": (
        "original",
        "credit_card",
        "brand",
        "last_four",
        "brand_last_four",
        "gift_card",
        "gift_card_amount",
        "certificate",
        "certificate_amount",
    ),
    "cabins": CABINS,
}
"""List of weights -> what it must have a weight for, be it 0."""


@cache
def preferences() -> Preferences:
    """Return the checked numbers of ``sandbox/airline/requests.yaml``, read once per process."""
    return read_preferences(read_text(FILE))


def read_preferences(text: str) -> Preferences:
    """Return the numbers in a YAML text.

    Raises:
        InputError: if a list lacks a weight, has one for something nobody can say, or has none above zero.
    """
    found = parse(text, Preferences, FILE)
    for name, forms in _FORMS.items():
        known: dict[str, float] = getattr(found, name)
        if known.keys() != set(forms):
            raise fault(FILE, f"{name} has weights for {', '.join(known)}", f"give one each to {', '.join(forms)}")
    lists = ("kinds", *_FORMS, "companions", "bags_per_passenger", "more_bags")
    refuse_weightless(FILE, {name: getattr(found, name).values() for name in lists})
    return found
