"""How often things happen in a generated shop: the weights and shares of ``sandbox/retail/orders.yaml``."""

from functools import cache
from typing import Annotated, Literal

from msgspec import Meta

from cove_rl.domains.data import Entry, fault, parse
from cove_rl.domains.retail.records import CancelReason, OrderStatus
from cove_rl.domains.weights import Share, Weight, refuse_weightless
from cove_rl.sandbox import read_text

FILE = "retail/orders.yaml"

Drift = Annotated[float, Meta(ge=0, le=0.5)]
Dollars = Annotated[float, Meta(ge=0, le=1e6)]
MethodKind = Literal["credit_card", "paypal", "gift_card"]


class Span(Entry, frozen=True):
    """A range of whole numbers, both ends included; nothing here makes sense below two."""

    least: Annotated[int, Meta(ge=2)]
    most: Annotated[int, Meta(ge=2)]


class Wallet(Entry, frozen=True):
    """What a customer may have on file, and how common that is."""

    kinds: Annotated[tuple[MethodKind, ...], Meta(min_length=1, max_length=4)]
    weight: Weight


class Balances(Entry, frozen=True):
    """A range of gift card balances in US dollars, and how common it is."""

    least: Dollars
    most: Dollars
    weight: Weight


class Mix(Entry, frozen=True):
    """Everything in the file; its comments say what each number means."""

    variants_per_product: Span
    unavailable_share: Share
    price_drift: Drift
    price_jitter: Drift
    users_without_orders: Share
    orders_per_user: Annotated[int, Meta(ge=1, le=10)]
    payment_methods: Annotated[tuple[Wallet, ...], Meta(min_length=1)]
    card_brands: dict[str, Weight]
    gift_card_balances: Annotated[tuple[Balances, ...], Meta(min_length=1)]
    statuses: dict[OrderStatus, Weight]
    cancel_reasons: dict[CancelReason, Weight]
    items_per_order: dict[Annotated[int, Meta(ge=1, le=5)], Weight]
    twin_share: Share
    other_address_share: Share
    same_other_address_share: Share
    original_method_share: Share


@cache
def mix() -> Mix:
    """Return the checked numbers of ``sandbox/retail/orders.yaml``, read once per process."""
    return read_mix(read_text(FILE))


def read_mix(text: str) -> Mix:
    """Return the numbers in a YAML text.

    Raises:
        InputError: if one is missing or out of range, a list of weights has nothing to choose from, a range ends before
            it starts, or a customer would have more than two gift cards.
    """
    found = parse(text, Mix, FILE)
    weights = {
        "payment_methods": [wallet.weight for wallet in found.payment_methods],
        "gift_card_balances": [band.weight for band in found.gift_card_balances],
        "card_brands": list(found.card_brands.values()),
        "statuses": list(found.statuses.values()),
        "cancel_reasons": list(found.cancel_reasons.values()),
        "items_per_order": list(found.items_per_order.values()),
    }
    refuse_weightless(FILE, weights)
    for key, span in [("variants_per_product", found.variants_per_product)] + [
        ("gift_card_balances", band) for band in found.gift_card_balances
    ]:
        if span.least > span.most:
            raise fault(FILE, f"{key} goes from {span.least} down to {span.most}", "swap least and most")
    if any(wallet.kinds.count("gift_card") > 2 for wallet in found.payment_methods):
        raise fault(FILE, "payment_methods has an entry with more than two gift cards", "keep it to two")
    return found
