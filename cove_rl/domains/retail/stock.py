"""Stock a generated shop: which product lines it has, their variants, prices and availability."""

from random import Random

from cove_rl.domains.retail.catalogue import Line, catalogue
from cove_rl.domains.retail.ids import ShopMint
from cove_rl.domains.retail.mix import mix
from cove_rl.domains.retail.records import Product, Variant

FEWEST_AVAILABLE = 2
"""Variants of each product that can be bought, so that there is something to change to."""


def stock(rng: Random, count: int) -> dict[str, Product]:
    """Return products by id, in no particular order.

    Args:
        rng: where every choice comes from.
        count: how many product lines, at most as many as the catalogue has.
    """
    mint = ShopMint(rng)
    products = (_product(rng, mint, line) for line in rng.sample(catalogue().products, count))
    return {product.product_id: product for product in products}


def _product(rng: Random, mint: ShopMint, line: Line) -> Product:
    possible = line.combinations()
    span = mix().variants_per_product
    chosen = rng.sample(possible, min(rng.randint(span.least, span.most), len(possible)))
    available = _availability(rng, len(chosen))
    level = 1 + rng.uniform(-mix().price_drift, mix().price_drift)
    variants = {}
    for options, buyable in zip(chosen, available, strict=True):
        jitter = 1 + rng.uniform(-mix().price_jitter, mix().price_jitter)
        price = round(line.list_price(options) * level * jitter, 2)
        item_id = mint.product_or_item()
        variants[item_id] = Variant(item_id, options, buyable, price)
    return Product(line.name, mint.product_or_item(), variants)


def _availability(rng: Random, count: int) -> list[bool]:
    """Return which of `count` variants can be bought, enough of them."""
    available = [rng.random() >= mix().unavailable_share for _ in range(count)]
    while sum(available) < FEWEST_AVAILABLE:
        available[rng.randrange(count)] = True
    return available
