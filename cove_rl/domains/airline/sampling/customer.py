"""Draw a customer and what they want."""

from collections.abc import Callable
from random import Random

from cove_rl.domains.airline.constraints import ALLOWED as ACTIONABLE
from cove_rl.domains.airline.preferences import preferences
from cove_rl.domains.airline.sampling import changes, forbidden
from cove_rl.domains.airline.sampling.basket import Basket
from cove_rl.domains.airline.sampling.booking import book_trip
from cove_rl.domains.airline.sampling.occasions import customers
from cove_rl.domains.weights import choose
from cove_rl.world.domain import Draft
from cove_rl.world.tool import Toolbox
from cove_rl.world.world import World

Draw = Callable[[Basket], bool]

ALLOWED: dict[str, Draw] = {
    "book_trip": book_trip,
    "cancel_reservation": changes.cancel_reservation,
    "change_flights": changes.change_flights,
    "change_cabin": changes.change_cabin,
    "change_passenger": changes.change_passenger,
    "add_bags": changes.add_bags,
    "claim_compensation": changes.claim_compensation,
    "claim_delay": changes.claim_delay,
    "cancel_or_change": changes.cancel_or_change,
}
FORBIDDEN: dict[str, Draw] = {
    "refuse_cancel": forbidden.refuse_cancel,
    "refuse_flight_change": forbidden.refuse_flight_change,
    "refuse_started": forbidden.refuse_started,
    "refuse_remove_bags": forbidden.refuse_remove_bags,
    "refuse_insurance": forbidden.refuse_insurance,
    "refuse_passenger_count": forbidden.refuse_passenger_count,
    "refuse_route": forbidden.refuse_route,
    "refuse_compensation": forbidden.refuse_compensation,
    "refuse_stranger": forbidden.refuse_stranger,
}
DRAWS = {**ALLOWED, **FORBIDDEN}
"""Kind of request -> takes one in, if there is an occasion."""
LAST = "hand_over"
"""The kind that ends a conversation."""
TRIES = 12
"""Kinds that are drawn per customer besides the first before they are let go with fewer requests."""
PAIR = "claim_delay"
"""The kind that is two requests."""


def draft(world: World, toolbox: Toolbox, rng: Random, count: int) -> Draft | None:
    """Return a customer with `count` requests (fewer, now and then, if their trips do not allow as many), or None.

    The first kind of request is drawn before the customer, among whom it is then looked for, so that rare occasions
    are not left to chance. At least one request can be acted on, so that doing nothing is never right.
    """
    lead = _lead(rng, count)
    users = world.derived(customers)[lead]
    if not users:
        return None
    basket = Basket(world, users[rng.randrange(len(users))], toolbox, rng)
    room = count - 2 * (lead == PAIR) - (lead != PAIR)
    last = lead == LAST or (room > 0 and choose(rng, preferences().kinds) == LAST)
    if lead != LAST:
        DRAWS[lead](basket)
    _fill(basket, count - last)
    if last:
        forbidden.hand_over(basket)
    if len(basket.requests) < count and rng.random() < 0.9:
        return None  # draw a customer with more to do, most of the time: the count is what was asked for
    wanted = [request.constraint for request in basket.requests]
    if not any(isinstance(one, ACTIONABLE) or one.transfer for one in wanted):
        return None
    return Draft((basket.describe.identity(),), tuple(basket.requests))


def _lead(rng: Random, count: int) -> str:
    """Return a kind of request that a customer is looked for with."""
    kinds = [*DRAWS, LAST] if count > 1 else [kind for kind in (*ALLOWED, LAST) if kind != PAIR]
    return choose(rng, {kind: preferences().kinds[kind] for kind in kinds})


def _fill(basket: Basket, count: int) -> None:
    """Take in up to `count` requests."""
    weights = {kind: preferences().kinds[kind] for kind in DRAWS}
    for _ in range(TRIES):
        if len(basket.requests) >= count:
            break
        kind = choose(basket.rng, weights)
        if kind != PAIR or count - len(basket.requests) > 1:
            DRAWS[kind](basket)
