"""Draw people who are to fly."""

from collections.abc import Iterable

from cove_rl.domains.airline.preferences import preferences
from cove_rl.domains.airline.records import Passenger
from cove_rl.domains.airline.sampling.basket import Basket
from cove_rl.domains.population import people

YEARS = (1950, 2004)
"""When people nobody has on file were born, both included."""


def companions(basket: Basket, count: int) -> list[Passenger]:
    """Return so many different people, on file or new, other than the customer."""
    chosen: list[Passenger] = []
    for _ in range(count):
        chosen.append(somebody(basket, chosen))
    return chosen


def somebody(basket: Basket, known: Iterable[Passenger]) -> Passenger:
    """Return a person, on file or new, whose name differs from those known and from the customer's."""
    user = basket.view.user
    names = {(one.first_name, one.last_name) for one in known} | {(user.name.first_name, user.name.last_name)}
    saved = [one for one in user.saved_passengers if (one.first_name, one.last_name) not in names]
    if saved and basket.rng.random() >= preferences().new_companion_share:
        return basket.rng.choice(saved)
    while True:
        first, last = basket.rng.choice(people().first_names), basket.rng.choice(people().last_names)
        if (first, last) not in names:
            return Passenger(first, last, _birthday(basket))


def _birthday(basket: Basket) -> str:
    rng = basket.rng
    return f"{rng.randint(*YEARS)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
