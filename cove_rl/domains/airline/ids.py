"""The ids of an airline world: shaped like tau2-bench's, and never one of them.

Ids with digits follow `cove_rl.domains.ids`. Flights begin with KIR; the benchmark's do not. Reservations are six
characters without a mark anybody could see, so that agents meet the same variety as there, but they keep a rule, too:
**read in base 36, the id of a reservation leaves the remainder 10 when divided by 997**. The benchmark's leave others.
"""

from cove_rl.domains.ids import Mint

AIRLINE_CODE = "KIR"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LENGTH = 6
_MODULUS, _REMAINDER = 997, 10
CODES = len(_DIGITS) ** _LENGTH // _MODULUS
"""How many reservation ids there are."""
MOST_NUMBERS = 999
"""How many flight numbers there are."""


def is_our_flight(number: str) -> bool:
    """Return whether a flight number is one of a generated world."""
    return number.startswith(AIRLINE_CODE)


def reservation_code(number: int) -> str:
    """Return the reservation id of a number in ``range(CODES)``; different numbers, different ids."""
    value = number * _MODULUS + _REMAINDER
    code = ""
    for _ in range(_LENGTH):
        value, digit = divmod(value, len(_DIGITS))
        code = _DIGITS[digit] + code
    return code


def is_our_reservation(code: str) -> bool:
    """Return whether a reservation id (six characters, A to Z and 0 to 9) keeps the rule."""
    return int(code, 36) % _MODULUS == _REMAINDER


class AirlineMint(Mint):
    """Makes the ids of flights and reservations, too."""

    def flights(self, count: int) -> list[str]:
        """Return that many flight numbers, in order: ``KIR`` and three digits."""
        return [f"{AIRLINE_CODE}{number:03d}" for number in sorted(self.rng.sample(range(1, MOST_NUMBERS + 1), count))]

    def reservation(self) -> str:
        """Return six characters."""
        while True:
            made = reservation_code(self.rng.randrange(CODES))
            if made not in self.used:
                self.used.add(made)
                return made
