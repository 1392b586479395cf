"""Enrol the customers of a generated shop: names, addresses, e-mail addresses and payment methods."""

from random import Random

from cove_rl.domains.customers import Newcomer, new_house, newcomers
from cove_rl.domains.ids import Mint
from cove_rl.domains.retail.mix import MethodKind, mix
from cove_rl.domains.retail.records import Address, CreditCard, GiftCard, Name, PaymentMethod, PayPal, User


def enrol(rng: Random, count: int) -> list[User]:
    """Return customers who have not ordered anything yet.

    No two share their user id, their e-mail address, or first name, last name and zip code together.

    Args:
        rng: where every choice comes from.
        count: how many, at most `most_customers`.
    """
    mint = Mint(rng)
    return [_user(rng, mint, person) for person in newcomers(rng, count)]


def new_address(rng: Random) -> Address:
    """Return a made-up house in a real town."""
    return Address(*new_house(rng))


def _user(rng: Random, mint: Mint, person: Newcomer) -> User:
    first, last, house = person
    methods = {method.id: method for method in _wallet(rng, mint)}
    return User(mint.user(first, last), Name(first, last), Address(*house), mint.email(first, last), methods, ())


def _wallet(rng: Random, mint: Mint) -> list[PaymentMethod]:
    """Return what one customer has on file; no two of their cards end in the same four digits."""
    wallets = mix().payment_methods
    kinds = list(rng.choices(wallets, [wallet.weight for wallet in wallets])[0].kinds)
    rng.shuffle(kinds)
    endings = rng.sample(range(10_000), len(kinds))
    return [_method(rng, mint, kind, f"{ending:04d}") for kind, ending in zip(kinds, endings, strict=True)]


def _method(rng: Random, mint: Mint, kind: MethodKind, ending: str) -> PaymentMethod:
    method_id = mint.payment_method(kind)
    if kind == "credit_card":
        brands = mix().card_brands
        return CreditCard(method_id, rng.choices(list(brands), list(brands.values()))[0], ending)
    if kind == "paypal":
        return PayPal(method_id)
    bands = mix().gift_card_balances
    band = rng.choices(bands, [band.weight for band in bands])[0]
    return GiftCard(method_id, round(rng.uniform(band.least, band.most), 2))
