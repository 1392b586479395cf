"""Ids of new reservations and certificates: they depend on what is made, not on what was made before it.

They keep the rules of `cove_rl.domains.airline.ids`, so none of them can be one of the benchmark's.
"""

import hashlib
from collections.abc import Iterator, Sequence

from cove_rl.domains.airline.ids import CODES, reservation_code
from cove_rl.domains.airline.records import Reservation
from cove_rl.domains.airline.tools.find import find_user
from cove_rl.world.state import State


def booking_id(state: State, user_id: str, segments: Sequence[tuple[str, str]]) -> str:
    """Return the id a booking of these flights gets.

    Args:
        state: where the id must be new.
        user_id: who books.
        segments: flight number and date of each flight, in order.
    """
    seed = "/".join(("booking", user_id, *(f"{number}@{date}" for number, date in segments)))
    attempts = (reservation_code(number % CODES) for number in _attempts(seed))
    return next(found for found in attempts if state.get(Reservation, found) is None)


def certificate_id(state: State, user_id: str, amount: int) -> str:
    """Return the id a certificate of that many US dollars gets.

    Raises:
        ToolError: if there is no such user.
    """
    taken = find_user(state, user_id).payment_methods
    attempts = _attempts(f"certificate/{user_id}/{amount}")
    return next(found for number in attempts if (found := f"certificate_0{number % 10**6:06d}") not in taken)


def _attempts(seed: str) -> Iterator[int]:
    """Yield numbers without end, each from the hash of the one before."""
    digest = hashlib.sha256(seed.encode()).digest()
    while True:
        yield int.from_bytes(digest, "big")
        digest = hashlib.sha256(digest).digest()
