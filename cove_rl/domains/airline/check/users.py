"""What can be wrong with the customers of an airline database."""

from collections.abc import Iterator, Mapping

from cove_rl.domains.airline.check.times import day
from cove_rl.domains.airline.records import CreditCard, Passenger, Reservation, User
from cove_rl.domains.airline.rules import TODAY
from cove_rl.domains.check import amount, twice

_ENDING = 4
"""Digits by which a credit card is known."""


def user_problems(key: str, user: User, reservations: Mapping[str, Reservation]) -> Iterator[str]:
    """Yield what is wrong with a customer who stands under `key`."""
    if user.user_id != key:
        yield f"user_id is '{user.user_id}'"
    own = Passenger(user.name.first_name, user.name.last_name, user.dob)
    for person in (own, *user.saved_passengers):
        yield from person_problems(person)
    yield from _wallet(user)
    for reservation_id in user.reservations:
        reservation = reservations.get(reservation_id)
        if reservation is None:
            yield f"reservation '{reservation_id}' is not in reservations"
        elif reservation.user_id != key:
            yield f"reservation '{reservation_id}' belongs to '{reservation.user_id}'"
    for reservation_id in twice(user.reservations):
        yield f"reservation '{reservation_id}' is listed twice"


def person_problems(person: Passenger) -> Iterator[str]:
    """Yield what is wrong with somebody who may fly."""
    if not person.first_name or not person.last_name:
        yield f"somebody is named '{person.first_name} {person.last_name}'"
    if day(person.dob) is None or person.dob >= TODAY:
        yield f"'{person.first_name} {person.last_name}' was born on '{person.dob}', which is no day before today"


def lookup_problems(users: Mapping[str, User]) -> Iterator[str]:
    """Yield what two customers share that only one can have."""
    for email in twice(user.email.lower() for user in users.values()):
        yield f"users: two have the e-mail address '{email}'"
    owners: dict[str, str] = {}
    for user in users.values():
        for method_id in user.payment_methods:
            if owners.setdefault(method_id, user.user_id) != user.user_id:
                yield f"users/{user.user_id}: payment method '{method_id}' is also one of '{owners[method_id]}'"


def _wallet(user: User) -> Iterator[str]:
    for method_id, method in user.payment_methods.items():
        if method.id != method_id:
            yield f"payment method '{method_id}' has the id '{method.id}'"
        if isinstance(method, CreditCard):
            digits = method.last_four
            if len(digits) != _ENDING or not (digits.isascii() and digits.isdigit()):
                yield f"payment method '{method_id}' ends in '{digits}', which is not {_ENDING} digits"
        elif not amount(method.amount):
            yield f"payment method '{method_id}' has the amount {method.amount}"
