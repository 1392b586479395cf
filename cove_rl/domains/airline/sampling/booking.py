"""Draw a new booking."""

from cove_rl.domains.airline.constraints import BookTrip
from cove_rl.domains.airline.preferences import preferences
from cove_rl.domains.airline.records import Cabin, FlightType, Passenger, YesNo
from cove_rl.domains.airline.rules import TODAY, charged_bags, fare
from cove_rl.domains.airline.sampling.basket import Basket
from cove_rl.domains.airline.sampling.flights import Leg, Wish, in_order, last_day, routes, told, wish
from cove_rl.domains.airline.sampling.money import booking_methods, emptied
from cove_rl.domains.airline.sampling.people import companions
from cove_rl.domains.airline.view import shares
from cove_rl.domains.airline.wishes import moved
from cove_rl.domains.weights import choose
from cove_rl.world.hint import Hint, Request

TRIES = 4
"""Routes and dates that are tried."""


def book_trip(basket: Basket) -> bool:
    """Book a trip, one way or there and back."""
    cabin = choose(basket.rng, preferences().cabins)
    party, passengers = _party(basket)
    flight_type: FlightType = "round_trip" if basket.rng.random() < preferences().round_trip_share else "one_way"
    wishes = _wishes(basket, flight_type, cabin, len(passengers))
    if not wishes:
        return False
    bags = _bags(basket, len(passengers))
    charged = charged_bags(bags, basket.view.user.membership, cabin, len(passengers))
    insurance: YesNo = "yes" if basket.rng.random() < preferences().insurance_share else "no"
    price = fare((one.way.price(cabin) for one in wishes), len(passengers), insurance, charged)
    ids = booking_methods(basket, price)
    if not ids:
        return False
    refs = tuple(ref for one in wishes for ref in one.way.refs)
    first, turn = wishes[0].way.legs[0], wishes[0].way.legs[-1]
    constraint = BookTrip(
        basket.view.user.user_id,
        first.origin,
        turn.destination,
        flight_type,
        cabin,
        refs,
        passengers,
        shares(ids, price, basket.view.user),
        bags,
        charged,
        insurance,
    )
    hints = (
        basket.describe.trip(flight_type, first.origin, turn.destination),
        basket.describe.cabin(cabin),
        party,
        *told(wishes),
        basket.describe.bags(bags),
        basket.describe.insurance(insurance),
        basket.describe.payment(ids),
    )
    return basket.add(Request(constraint, "book_trip", hints), empties=emptied(basket, ids, price))


def _party(basket: Basket) -> tuple[Hint, tuple[Passenger, ...]]:
    """Return who flies, described and one by one."""
    known = preferences()
    others = companions(basket, choose(basket.rng, known.companions))
    alone = not others or basket.rng.random() >= known.without_customer_share
    user = basket.view.user
    own = (Passenger(user.name.first_name, user.name.last_name, user.dob),) if alone else ()
    return basket.describe.party(others, with_customer=alone), (*own, *others)


def _wishes(basket: Basket, flight_type: FlightType, cabin: Cabin, passengers: int) -> list[Wish]:
    """Return flights for every direction; [] if there are none."""
    for _ in range(TRIES):
        origin, destination = basket.rng.choice(basket.world.derived(routes))
        start = moved(TODAY, basket.rng.randint(1, 14))
        there = wish(basket, Leg("outbound", origin, destination, cabin, passengers), start)
        if there is None:
            continue
        if flight_type == "one_way":
            return [there]
        back = moved(there.way.date, preferences().nights.draw(basket.rng))
        leg = Leg("inbound", destination, origin, cabin, passengers)
        home = wish(basket, leg, back) if back <= basket.world.derived(last_day) else None
        if home is not None and in_order(basket.world, there.way.refs, home.way.refs):
            return [there, home]
    return []


def _bags(basket: Basket, passengers: int) -> int:
    """Return how many bags the passengers check in together, 9 at most."""
    weights = preferences().bags_per_passenger
    return min(9, sum(choose(basket.rng, weights) for _ in range(passengers)))
