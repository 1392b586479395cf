"""Ids of new reservations and certificates: they depend on what is made, not on what was made before it."""

import hashlib
from collections.abc import Iterator, Sequence
from string import ascii_uppercase, digits

from cove_rl.domains.airline.records import Reservation
from cove_rl.domains.airline.tools.find import find_user
from cove_rl.world.state import State

BOOKING_LENGTH = 6
CERTIFICATE_LENGTH = 7


def booking_id(state: State, user_id: str, segments: Sequence[tuple[str, str]]) -> str:
    """Return the id a booking of these flights gets.

    Args:
        state: where the id must be new.
        user_id: who books.
        segments: flight number and date of each flight, in order.
    """
    seed = "/".join(("booking", user_id, *(f"{number}@{date}" for number, date in segments)))
    attempts = _attempts(seed, ascii_uppercase + digits, BOOKING_LENGTH)
    return next(found for found in attempts if state.get(Reservation, found) is None)


def certificate_id(state: State, user_id: str, amount: int) -> str:
    """Return the id a certificate of that many US dollars gets.

    Raises:
        ToolError: if there is no such user.
    """
    taken = find_user(state, user_id).payment_methods
    attempts = _attempts(f"certificate/{user_id}/{amount}", digits, CERTIFICATE_LENGTH)
    return next(found for code in attempts if (found := f"certificate_{code}") not in taken)


def _attempts(seed: str, alphabet: str, length: int) -> Iterator[str]:
    """Yield codes without end, each from the hash of the one before."""
    digest = hashlib.sha256(seed.encode()).digest()
    while True:
        yield "".join(alphabet[byte % len(alphabet)] for byte in digest[:length])
        digest = hashlib.sha256(digest).digest()
