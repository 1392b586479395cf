"""Draw a customer and what they want."""

from collections.abc import Callable
from random import Random

from cove_rl.domains.retail.records import User
from cove_rl.domains.retail.sampling import allowed, forbidden
from cove_rl.domains.retail.sampling.basket import Basket
from cove_rl.sandbox import read_yaml
from cove_rl.speech.grammar import Grammar
from cove_rl.world.domain import Draft
from cove_rl.world.tool import Toolbox
from cove_rl.world.world import World

ALLOWED: dict[str, Callable[[Basket], bool]] = {
    "cancel_order": allowed.cancel_order,
    "modify_items": allowed.modify_items,
    "change_payment": allowed.change_payment,
    "change_order_address": allowed.change_order_address,
    "return_items": allowed.return_items,
    "exchange_items": allowed.exchange_items,
    "change_user_address": allowed.change_user_address,
}
FORBIDDEN: dict[str, Callable[[Basket], bool]] = {
    "refuse_status": forbidden.refuse_status,
    "refuse_gift_card": forbidden.refuse_gift_card,
    "refuse_refund": forbidden.refuse_refund,
    "refuse_unavailable": forbidden.refuse_unavailable,
    "refuse_stranger": forbidden.refuse_stranger,
}
TRIES = 12
"""How many kinds are drawn per request before the customer is let go with fewer."""


def draft(world: World, toolbox: Toolbox, grammar: Grammar, rng: Random, count: int) -> Draft | None:
    """Return a customer with `count` requests (fewer if their orders do not allow as many), or None.

    At least one request can be acted on, so that doing nothing is never right.
    """
    users = [user for user in world.derived(_customers) if len(user.orders) + 1 >= count]
    if not users:
        return None
    user = users[rng.randrange(len(users))]
    basket = Basket(world, user, toolbox, grammar, rng)
    identity = basket.describe.identity(user)
    weights: dict[str, float] = read_yaml("retail/requests.yaml")["kinds"]
    last = rng.choices(list(weights), list(weights.values()))[0] == "hand_over"
    _fill(basket, weights, count - last)
    if last:
        forbidden.hand_over(basket)
    if len(basket.requests) < count and rng.random() < 0.9:
        return None  # draw a customer with more to do, most of the time: the count is what was asked for
    if not any(request.constraint.kind in ALLOWED or request.constraint.transfer for request in basket.requests):
        return None
    return Draft((identity,), tuple(basket.requests))


def _fill(basket: Basket, weights: dict[str, float], count: int) -> None:
    """Take in up to `count` requests; the first that is drawn can be acted on."""
    kinds = {**ALLOWED, **FORBIDDEN}
    for _ in range(TRIES):
        if len(basket.requests) >= count:
            break
        pool = kinds if basket.requests or count > 1 else ALLOWED
        (kind,) = basket.rng.choices(list(pool), [weights[name] for name in pool])
        kinds[kind](basket)


def _customers(world: World) -> list[User]:
    """Return the users who have ordered something."""
    return [user for user in world.rows(User).values() if user.orders]
