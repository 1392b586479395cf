"""A customer's own corner of an airline world, and what a description in it resolves to.

The sampler looks at it from the database, the oracle from what the tools returned; both resolve descriptions with the
functions below (flights: `wishes.py`), so "unique" means the same to both. Every function returns all that fits.
"""

import calendar
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import msgspec

from cove_rl.domains.airline.records import (
    Certificate,
    CreditCard,
    GiftCard,
    Passenger,
    Payment,
    PaymentMethod,
    Reservation,
    Segment,
    User,
)
from cove_rl.world.hint import Hint

MONTHS = tuple(calendar.month_name)[1:]
YEAR = "2024"
"""The year of every date a customer can mean."""


class View(msgspec.Struct):
    """A customer, their reservations by id, and the city of each airport by its code.

    `before` holds the reservations as they were first seen: a delay that a customer has evaded by changing the flight
    can still be claimed for.
    """

    user: User
    reservations: dict[str, Reservation]
    cities: Mapping[str, str]
    before: dict[str, Reservation] = {}


def reservations_for(hint: Hint, view: View) -> list[str]:
    """Return the ids of the customer's standing reservations a "reservation" hint fits."""
    if hint.form == "exact":
        return [key for key in view.reservations if key == text_of(hint, "id").upper()]
    return [
        one.reservation_id
        for one in view.reservations.values()
        if one.status is None and is_route(hint, one, view.cities) and _is_told(hint, one)
    ]


def is_route(hint: Hint, reservation: Reservation, cities: Mapping[str, str]) -> bool:
    """Return whether a reservation goes between the cities a hint names."""
    ends = (cities.get(reservation.origin, ""), cities.get(reservation.destination, ""))
    told = (text_of(hint, "origin"), text_of(hint, "destination"))
    return [end.lower() for end in ends] == [city.lower() for city in told]


def _is_told(hint: Hint, reservation: Reservation) -> bool:
    if hint.form == "route_date":
        return reservation.flights[0].date == iso_date(text_of(hint, "date"))
    if hint.form == "companion":
        told = text_of(hint, "first_name").lower()
        return any(one.first_name.lower() == told for one in reservation.passengers)
    return hint.form != "cabin" or [one.form for one in hints_of(hint, "cabin")] == [reservation.cabin]


def airports_for(city: str, view: View) -> list[str]:
    """Return the codes of the airports of a city."""
    return [code for code, name in view.cities.items() if name.lower() == city.lower()]


def party_for(hint: Hint, view: View) -> list[tuple[Passenger, ...]]:
    """Return the parties a "passengers" hint fits: the customer, with or without others, or others only."""
    user = view.user
    themselves = Passenger(user.name.first_name, user.name.last_name, user.dob)
    own = () if hint.form == "others" else (themselves,)
    if hint.form == "alone":
        return [own]
    companions = [people_for(one, view) for one in hints_of(hint, "companions")]
    return [(*own, *some) for some in product(*companions)]


def people_for(hint: Hint, view: View) -> list[Passenger]:
    """Return the people a "companion" or "passenger" hint fits: somebody saved in the profile, or somebody new."""
    if hint.form == "saved":
        told = text_of(hint, "first_name").lower()
        return [one for one in view.user.saved_passengers if one.first_name.lower() == told]
    return [Passenger(text_of(hint, "first_name"), text_of(hint, "last_name"), text_of(hint, "dob"))]


def passengers_for(hint: Hint, reservation: Reservation) -> list[Passenger]:
    """Return the passengers of a reservation a "who" hint names."""
    told = (text_of(hint, "first_name").lower(), text_of(hint, "last_name").lower())
    return [one for one in reservation.passengers if (one.first_name.lower(), one.last_name.lower()) == told]


def payments_for(hint: Hint, view: View, reservation: Reservation | None = None) -> list[tuple[str, ...]]:
    """Return the ways to pay a "payment" hint fits: one method's id, or the ids of those that share a price in turn."""
    if hint.form == "split":
        (first,), (rest,) = hints_of(hint, "first"), hints_of(hint, "rest")
        pairs = product(payments_for(first, view, reservation), payments_for(rest, view, reservation))
        return [(*one, *other) for one, other in pairs if one != other]
    if hint.form == "original":
        paid = dict.fromkeys(one.payment_id for one in reservation.payment_history) if reservation else {}
        return [tuple(paid)] if len(paid) == 1 and paid.keys() <= view.user.payment_methods.keys() else []
    return [(one.id,) for one in view.user.payment_methods.values() if _is_payment(one, hint)]


def _is_payment(method: PaymentMethod, hint: Hint) -> bool:
    told = {name: text_of(hint, name).lower().replace(",", "") for name in hint.values}
    if hint.form == "exact":
        return method.id == told["id"]
    if hint.form.startswith("gift_card"):
        return isinstance(method, GiftCard) and told.items() <= {"amount": dollars(method)}.items()
    if hint.form.startswith("certificate"):
        return isinstance(method, Certificate) and told.items() <= {"amount": dollars(method)}.items()
    if not isinstance(method, CreditCard):
        return False
    return told.items() <= {"brand": method.brand.lower(), "last_four": method.last_four}.items()


def dollars(method: GiftCard | Certificate) -> str:
    """Return what a method is worth as customers say it: "$250", or "$99.50" where there are cents."""
    return f"${method.amount:.0f}" if method.amount == int(method.amount) else f"${method.amount:.2f}"


def spoken_bags(count: int) -> str:
    """Return "1 bag" or "3 bags"."""
    return "1 bag" if count == 1 else f"{count} bags"


def bags_for(hint: Hint) -> list[int]:
    """Return how many bags a "bags" hint speaks of, in all or in addition."""
    if hint.form == "none":
        return [0]
    digits = re.match(r"\d+", text_of(hint, "count"))
    return [int(digits[0])] if digits else []


def shares(ids: Sequence[str], total: int, user: User) -> tuple[Payment, ...]:
    """Return who pays how much of a price in US dollars: each method in turn what it can, credit cards all of it.

    The amounts add up to less than `total` if the methods do not suffice.
    """
    payments, left = [], total
    for payment_id in ids:
        method = user.payment_methods[payment_id]
        amount = left if isinstance(method, CreditCard) else min(left, int(method.amount))
        if amount > 0:
            payments.append(Payment(payment_id, amount))
        left -= amount
    return tuple(payments)


def directions(reservation: Reservation) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """Return the flights out and the flights back; a one-way trip has none back."""
    flights = reservation.flights
    if reservation.flight_type == "one_way":
        return flights, ()
    ends = [at for at, one in enumerate(flights, start=1) if one.destination == reservation.destination]
    turn = ends[0] if ends else len(flights)
    return flights[:turn], flights[turn:]


def spoken(name: str) -> str:
    """Return a cabin or trip type as people say it: "basic economy"."""
    return name.replace("_", " ").lower()


def spoken_date(date: str) -> str:
    """Return "May 20" for "2024-05-20"."""
    return f"{MONTHS[int(date[5:7]) - 1]} {int(date[8:])}"


def iso_date(words: str) -> str:
    """Return "2024-05-20" for "May 20"; "" if the words are no date."""
    month, _, day = words.partition(" ")
    if month.capitalize() not in MONTHS or not day.isdigit():
        return ""
    return f"{YEAR}-{MONTHS.index(month.capitalize()) + 1:02d}-{int(day):02d}"


def text_of(hint: Hint, place: str) -> str:
    """Return the text that fills a place of a hint."""
    return str(hint.values[place])


def hints_of(hint: Hint, place: str) -> Iterable[Hint]:
    """Return the hints that fill a place of a hint."""
    value = hint.values[place]
    return value if isinstance(value, tuple) else ()
