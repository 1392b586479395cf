"""Who flies and what they book: the numbers of ``sandbox/airline/bookings.yaml``."""

from datetime import date
from functools import cache
from typing import Annotated, Literal

from msgspec import Meta

from cove_rl.domains.airline.clock import DAYS
from cove_rl.domains.airline.records import Cabin, Membership
from cove_rl.domains.airline.rules import MOST_PASSENGERS
from cove_rl.domains.data import Entry, fault, parse
from cove_rl.domains.weights import Share, Span, Weight, refuse_weightless
from cove_rl.sandbox import read_text

FILE = "airline/bookings.yaml"
MOST_NIGHTS = 10
"""The longest stay that leaves every part of the month a day to start on."""

MethodKind = Literal["credit_card", "gift_card", "certificate"]
Period = Literal["before", "today", "ahead"]
"""When a trip starts, seen from today."""
Dollars = Annotated[int, Meta(ge=1, le=1_000_000)]
Year = Annotated[int, Meta(ge=1900, le=2024)]


class Wallet(Entry, frozen=True):
    """What a customer may have on file, and how common that is."""

    kinds: Annotated[tuple[MethodKind, ...], Meta(min_length=1, max_length=6)]
    weight: Weight


class Amounts(Entry, frozen=True):
    """A range of amounts in whole US dollars, and how common it is."""

    least: Dollars
    most: Dollars
    weight: Weight


class Years(Entry, frozen=True):
    """A range of years, both ends included."""

    first: Year
    last: Year


class Bookings(Entry, frozen=True):
    """Everything in the file; its comments say what each number means."""

    memberships: dict[Membership, Weight]
    saved_passengers: dict[Annotated[int, Meta(ge=0, le=10)], Weight]
    same_last_name_share: Share
    birth_years: Years
    payment_methods: Annotated[tuple[Wallet, ...], Meta(min_length=1)]
    card_brands: dict[str, Weight]
    gift_card_amounts: Annotated[tuple[Amounts, ...], Meta(min_length=1)]
    certificate_amounts: dict[Dollars, Weight]
    users_without_reservations: Share
    reservations_per_user: Annotated[int, Meta(ge=1, le=20)]
    home_share: Share
    round_trip_share: Share
    one_stop_share: Share
    connection: Span
    detour: Annotated[float, Meta(ge=1, le=100)]
    nights: dict[Annotated[int, Meta(ge=1, le=MOST_NIGHTS)], Weight]
    starts: dict[Period, Weight]
    earliest_booking: date
    fresh_share: Share
    cabins: dict[Cabin, Weight]
    passengers: dict[Annotated[int, Meta(ge=1, le=MOST_PASSENGERS)], Weight]
    others_only_share: Share
    bags: dict[Annotated[int, Meta(ge=0, le=5)], Weight]
    insurance_share: Share
    cancelled_share: Share
    paid_first: dict[Literal["nothing", "certificate", "gift_card"], Weight]


@cache
def bookings() -> Bookings:
    """Return the checked numbers of ``sandbox/airline/bookings.yaml``, read once per process."""
    return read_bookings(read_text(FILE))


def read_bookings(text: str) -> Bookings:
    """Return the numbers in a YAML text.

    Raises:
        InputError: if one is missing or out of range, a list of weights has nothing to choose from, a range ends before
            it starts, a customer could pay with certificates only, or bookings start after flights do.
    """
    found = parse(text, Bookings, FILE)
    refuse_weightless(
        FILE,
        {
            "payment_methods": [wallet.weight for wallet in found.payment_methods],
            "gift_card_amounts": [band.weight for band in found.gift_card_amounts],
            **{key: list(values.values()) for key, values in _weighted(found).items()},
        },
    )
    for band in found.gift_card_amounts:
        if band.least > band.most:
            raise fault(FILE, f"gift_card_amounts goes from {band.least} down to {band.most}", "swap least and most")
    if found.birth_years.first > found.birth_years.last:
        raise fault(FILE, "birth_years ends before it starts", "swap first and last")
    if found.connection.least < 0 or found.connection.most > 24 * 60:
        raise fault(FILE, "connection is not within one day", "give minutes from 0 to 1440")
    if any(set(wallet.kinds) == {"certificate"} for wallet in found.payment_methods):
        what = "payment_methods has an entry with nothing but certificates"
        raise fault(FILE, what, "add a credit card or a gift card, which can pay the rest")
    if not "2024-01-01" <= str(found.earliest_booking) < DAYS[0]:
        raise fault(FILE, f"earliest_booking is {found.earliest_booking}", f"give a day of 2024 before {DAYS[0]}")
    return found


def _weighted(found: Bookings) -> dict[str, dict[str, float]]:
    """Return the mappings whose values are weights, by their key in the file."""
    names = ("memberships", "saved_passengers", "card_brands", "certificate_amounts", "nights", "starts", "cabins")
    return {name: getattr(found, name) for name in (*names, "passengers", "bags", "paid_first")}
