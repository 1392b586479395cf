"""How often customers want what, and how they describe it: the numbers of ``sandbox/airline/requests.yaml``."""

from functools import cache
from typing import Annotated

from msgspec import Meta

from cove_rl.domains.airline.records import Cabin
from cove_rl.domains.data import Entry, parse
from cove_rl.domains.weights import Share, Span, Weight
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


@cache
def preferences() -> Preferences:
    """Return the numbers of ``sandbox/airline/requests.yaml``, read once per process."""
    return parse(read_text(FILE), Preferences, FILE)
