"""What the lists in a call hold. Fields a call adds to them are left out, as models like to repeat whole records."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from cove_rl.domains.airline.records import Passenger
from cove_rl.errors import ToolError

GIANT = 10**9
"""Numbers above this are no dollars and no bags, and could be too long to compute with."""


class FlightChoice(msgspec.Struct, frozen=True):
    """One flight to take."""

    flight_number: Annotated[str, Meta(description="The flight number, for example 'KIR001'.")]
    date: Annotated[str, Meta(description="The day it leaves, YYYY-MM-DD, for example '2024-05-20'.")]


class Traveller(msgspec.Struct, frozen=True):
    """Somebody who flies."""

    first_name: Annotated[str, Meta(description="The first name, for example 'Kim'.")]
    last_name: Annotated[str, Meta(description="The last name, for example 'Sample'.")]
    dob: Annotated[str, Meta(description="The date of birth, YYYY-MM-DD, for example '1990-04-05'.")]


class PartPayment(msgspec.Struct, frozen=True):
    """What one payment method pays."""

    payment_id: Annotated[str, Meta(description="A payment method on the profile, for example 'gift_card_1234567'.")]
    amount: Annotated[int, Meta(description="What it pays, in whole US dollars.")]


def chosen(flights: Iterable[FlightChoice]) -> list[tuple[str, str]]:
    """Return number and date of each flight."""
    return [(flight.flight_number, flight.date) for flight in flights]


def people(travellers: Iterable[Traveller]) -> tuple[Passenger, ...]:
    """Return the passengers as a reservation holds them."""
    return tuple(Passenger(one.first_name, one.last_name, one.dob) for one in travellers)


def check_size(**numbers: int) -> None:
    """Refuse numbers that cannot be meant.

    Raises:
        ToolError: if one is giant; it is called by its keyword.
    """
    for name, number in numbers.items():
        if abs(number) > GIANT:
            raise ToolError(f"The {name} is a giant number. Look at what the customer said.")
