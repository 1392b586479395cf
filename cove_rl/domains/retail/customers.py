"""Enrol the customers of a generated shop: names, addresses, e-mail addresses and payment methods."""

from random import Random

from cove_rl.domains.retail.ids import Mint
from cove_rl.domains.retail.mix import MethodKind, mix
from cove_rl.domains.retail.population import people, places
from cove_rl.domains.retail.records import Address, CreditCard, GiftCard, PaymentMethod, PayPal, User, UserName

_DIGITS = 1000
"""How many user ids one full name allows: four digits of which the first is 0."""


def most_customers() -> int:
    """Return how many customers the names and places are enough for, with every second combination left free."""
    names = len(people().first_names) * len(people().last_names)
    return names * min(_DIGITS, sum(len(town.zips) for town in places().towns)) // 2


def enrol(rng: Random, count: int) -> list[User]:
    """Return customers who have not ordered anything yet.

    No two share their user id, their e-mail address, or first name, last name and zip code together.

    Args:
        rng: where every choice comes from.
        count: how many, at most `most_customers`.
    """
    mint = Mint(rng)
    taken: set[tuple[str, str, str]] = set()
    users: list[User] = []
    while len(users) < count:
        name = UserName(rng.choice(people().first_names), rng.choice(people().last_names))
        address = new_address(rng)
        identity = (name.first_name, name.last_name, address.zip)
        if identity not in taken:
            taken.add(identity)
            users.append(_user(rng, mint, name, address))
    return users


def new_address(rng: Random) -> Address:
    """Return a made-up house in a real town."""
    town = rng.choice(places().towns)
    return Address(
        address1=f"{rng.randint(100, 999)} {rng.choice(places().streets)}",
        address2=f"Suite {rng.randint(100, 999)}",
        city=town.city,
        country="USA",
        state=town.state,
        zip=rng.choice(town.zips),
    )


def _user(rng: Random, mint: Mint, name: UserName, address: Address) -> User:
    first, last = name.first_name, name.last_name
    methods = {method.id: method for method in _wallet(rng, mint)}
    return User(mint.user(first, last), name, address, mint.email(first, last), methods, ())


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
