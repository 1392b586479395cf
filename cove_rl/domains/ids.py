"""Mint ids that look like tau2-bench's and can never be one of them.

The one rule: **the digits of every id made here begin with 0**. The benchmark's never do, nor do those of other
databases in its style, so ``#W0123456``, ``mara_holm_0412`` or ``credit_card_0031415`` is ours at first sight, and
no record of ours can answer to an id of theirs.
"""

from random import Random


class Mint:
    """Makes ids that are unique among all ids of one mint. A domain adds the kinds of ids of its own."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.used: set[str] = set()

    def user(self, first_name: str, last_name: str) -> str:
        """Return ``first_last_dddd``, in lower case."""
        return self.number(f"{first_name}_{last_name}_".lower(), 4)

    def email(self, first_name: str, last_name: str) -> str:
        """Return ``first.lastdddd@example.com``, in lower case; its digits are not those of the user id."""
        return self.number(f"{first_name}.{last_name}".lower(), 4) + "@example.com"

    def payment_method(self, kind: str) -> str:
        """Return the kind of payment method, an underscore and seven digits."""
        return self.number(f"{kind}_", 7)

    def number(self, prefix: str, digits: int) -> str:
        """Return the prefix and that many digits, of which the first is 0."""
        while True:
            made = f"{prefix}0{self.rng.randrange(10 ** (digits - 1)):0{digits - 1}d}"
            if made not in self.used:
                self.used.add(made)
                return made
