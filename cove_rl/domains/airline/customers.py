"""Enrol the customers of a generated airline: who they are, whom they travel with, and how they pay."""

from datetime import date, timedelta
from random import Random

from cove_rl.domains.airline.bookings import MethodKind, bookings
from cove_rl.domains.airline.ids import AirlineMint
from cove_rl.domains.airline.records import (
    Address,
    Certificate,
    CreditCard,
    GiftCard,
    Name,
    Passenger,
    PaymentMethod,
    User,
)
from cove_rl.domains.customers import Newcomer, newcomers
from cove_rl.domains.population import people
from cove_rl.domains.weights import choose


def enrol(rng: Random, count: int) -> list[User]:
    """Return customers who have not booked anything yet.

    No two share their user id, their e-mail address, or first name, last name and zip code together; the people one
    customer has on file, and the customer, have different first names.

    Args:
        rng: where every choice comes from.
        count: how many, at most `cove_rl.domains.customers.most_customers`.
    """
    mint = AirlineMint(rng)
    return [_user(rng, mint, person) for person in newcomers(rng, count)]


def _user(rng: Random, mint: AirlineMint, person: Newcomer) -> User:
    first, last, house = person
    methods = {method.id: method for method in _wallet(rng, mint)}
    return User(
        user_id=mint.user(first, last),
        name=Name(first, last),
        address=Address(*house),
        email=mint.email(first, last),
        dob=_birthday(rng),
        payment_methods=methods,
        saved_passengers=_companions(rng, first, last),
        membership=choose(rng, bookings().memberships),
        reservations=(),
    )


def _companions(rng: Random, first: str, last: str) -> tuple[Passenger, ...]:
    """Return the people on a customer's file."""
    others = [name for name in people().first_names if name != first]
    count = min(choose(rng, bookings().saved_passengers), len(others))
    return tuple(Passenger(name, _last_name(rng, last), _birthday(rng)) for name in rng.sample(others, count))


def _last_name(rng: Random, own: str) -> str:
    """Return the last name of somebody a customer travels with."""
    return own if rng.random() < bookings().same_last_name_share else rng.choice(people().last_names)


def _birthday(rng: Random) -> str:
    """Return a day on which somebody who flies was born, YYYY-MM-DD."""
    years = bookings().birth_years
    start, end = date(years.first, 1, 1), date(years.last, 12, 31)
    return str(start + timedelta(days=rng.randint(0, (end - start).days)))


def _wallet(rng: Random, mint: AirlineMint) -> list[PaymentMethod]:
    """Return what one customer has on file; no two of their cards end in the same four digits."""
    wallets = bookings().payment_methods
    kinds = list(rng.choices(wallets, [wallet.weight for wallet in wallets])[0].kinds)
    rng.shuffle(kinds)
    endings = rng.sample(range(10_000), len(kinds))
    return [_method(rng, mint, kind, f"{ending:04d}") for kind, ending in zip(kinds, endings, strict=True)]


def _method(rng: Random, mint: AirlineMint, kind: MethodKind, ending: str) -> PaymentMethod:
    method_id = mint.payment_method(kind)
    if kind == "credit_card":
        return CreditCard(method_id, choose(rng, bookings().card_brands), ending)
    if kind == "certificate":
        return Certificate(method_id, float(choose(rng, bookings().certificate_amounts)))
    bands = bookings().gift_card_amounts
    band = rng.choices(bands, [band.weight for band in bands])[0]
    return GiftCard(method_id, float(rng.randint(band.least, band.most)))
