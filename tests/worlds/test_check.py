"""`problems` finds nothing in a sound database, the benchmark's included, and names the place of every fault."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cove_rl.domains.retail.check import problems
from cove_rl.domains.retail.generate import generate
from cove_rl.domains.retail.records import TABLES, GiftCard, Order, Payment, Product, User
from cove_rl.world.record import Record
from cove_rl.world.world import Tables

SIZE = {"products": 12, "users": 30, "orders": 120}


def test_the_benchmarks_own_database_is_sound(tau2: Path) -> None:
    raw = msgspec.json.decode((tau2 / "domains/retail/db.json").read_bytes())
    tables = {
        kind: {key: msgspec.convert(row, kind) for key, row in raw[name].items()} for name, kind in TABLES.items()
    }
    assert problems(tables) == []


def test_an_empty_database_is_sound() -> None:
    assert problems({}) == []
    assert problems({Product: {}, User: {}, Order: {}}) == []


@dataclass
class Shop:
    """Three tables that a test may spoil, and a record of each kind to spoil."""

    products: dict[str, Product]
    users: dict[str, User]
    orders: dict[str, Order]

    def order(self, status: str = "delivered") -> Order:
        return next(order for order in self.orders.values() if order.status == status)

    def change(self, record: Any, **fields: object) -> None:
        """Put a changed record in the place of the first one."""
        rows: Any = self.tables[type(record)]
        key = next(key for key, row in rows.items() if row is record)
        rows[key] = replace(record, **fields)

    @property
    def tables(self) -> Tables:
        rows: Mapping[type[Record], Any] = {Product: self.products, User: self.users, Order: self.orders}
        return rows


def shop(seed: int = 0) -> Shop:
    tables: Any = generate(seed, SIZE)
    return Shop(*(dict(tables[kind]) for kind in (Product, User, Order)))


def product(found: Shop) -> Product:
    return next(iter(found.products.values()))


def buyer(found: Shop) -> User:
    return next(user for user in found.users.values() if len(user.orders) > 1)


def spoil_variant(found: Shop, **fields: object) -> None:
    item_id, variant = next(iter(product(found).variants.items()))
    found.change(product(found), variants={**product(found).variants, item_id: replace(variant, **fields)})


def move_variant(found: Shop) -> None:
    item_id, variant = next(iter(product(found).variants.items()))
    other = list(found.products.values())[1]
    found.change(other, variants={**other.variants, item_id: variant})


def spoil_item(found: Shop, **fields: object) -> None:
    order = found.order()
    found.change(order, items=(replace(order.items[0], **fields), *order.items[1:]))


def negative_gift_card(found: Shop) -> None:
    user = buyer(found)
    found.change(user, payment_methods={**user.payment_methods, "gift_card_0": GiftCard("gift_card_0", -1.0)})


def same_identity(found: Shop) -> None:
    one, other = list(found.users.values())[:2]
    found.change(other, name=one.name, address=one.address)


def pay(found: Shop, *payments: Payment) -> None:
    found.change(found.order(), payment_history=payments)


def own_method(found: Shop) -> str:
    return found.order().payment_history[0].payment_method_id


FAULTS: list[tuple[Callable[[Shop], object], str]] = [
    (lambda s: s.change(product(s), product_id="1"), "product_id is '1'"),
    (lambda s: spoil_variant(s, item_id="1"), "item_id is '1'"),
    (lambda s: spoil_variant(s, price=-1.0), "price -1.0 is not a finite"),
    (lambda s: spoil_variant(s, price=float("inf")), "price inf is not a finite"),
    (lambda s: spoil_variant(s, price=float("nan")), "price nan is not a finite"),
    (
        lambda s: spoil_variant(s, options=list(product(s).variants.values())[1].options),
        "two variants have the options",
    ),
    (move_variant, "has a variant of that id, too"),
    (lambda s: s.change(product(s), name=list(s.products.values())[1].name), "products: two are named"),
    (lambda s: s.change(buyer(s), user_id="x"), "user_id is 'x'"),
    (lambda s: s.change(buyer(s), payment_methods={}), "there is no payment method"),
    (lambda s: s.change(buyer(s), payment_methods={"a": GiftCard("b", 1.0)}), "payment method 'a' has the id 'b'"),
    (negative_gift_card, "payment method 'gift_card_0' has the balance -1.0"),
    (lambda s: s.change(buyer(s), orders=("#W1",)), "order '#W1' is not in orders"),
    (lambda s: s.change(buyer(s), orders=(s.order().order_id,) * 2), "is listed twice"),
    (lambda s: s.change(buyer(s), orders=()), "does not list it"),
    (lambda s: s.change(buyer(s), email=list(s.users.values())[-1].email.upper()), "two have the e-mail address"),
    (same_identity, "two have the first name, last name and zip code"),
    (
        lambda s: s.change(buyer(s), payment_methods=list(s.users.values())[-1].payment_methods),
        "is also one of",
    ),
    (lambda s: s.change(s.order(), order_id="#W1"), "order_id is '#W1'"),
    (lambda s: s.change(s.order(), user_id="x"), "user_id 'x' is not in users"),
    (lambda s: s.change(s.order(), user_id=list(s.users)[-1]), "belongs to"),
    (lambda s: s.change(s.order(), items=()), "there are no items"),
    (lambda s: spoil_item(s, product_id="1"), "product_id '1' is not in products"),
    (lambda s: spoil_item(s, item_id="1"), "item '1' is no variant of product"),
    (lambda s: spoil_item(s, name="Sledge"), "is named 'Sledge', but its product"),
    (lambda s: spoil_item(s, price=float("nan")), "has the price nan"),
    (lambda s: s.change(s.order(), items=s.order().items[:0] + s.order("pending").items), "is in a parcel more often"),
    (lambda s: s.change(s.order(), status="pending"), "there is a parcel, but the status is 'pending'"),
    (pay, "there is no payment"),
    (lambda s: pay(s, Payment("refund", 1.0, own_method(s))), "the first transaction is not a payment"),
    (lambda s: pay(s, Payment("payment", -1.0, own_method(s))), "a payment has the amount -1.0"),
    (lambda s: pay(s, Payment("payment", 1.0, "paypal_1")), "payment method 'paypal_1' is not one of user"),
    (lambda s: s.change(s.order(), cancel_reason="no longer needed"), "cancel_reason is set, but"),
    (lambda s: s.change(s.order(), status="return requested"), "return_items is None, but the status"),
    (lambda s: s.change(s.order(), exchange_items=("1",)), "exchange_items is ('1',), but the status"),
    (lambda s: s.change(s.order("return requested"), return_items=("1",)), "item '1' is to be sent back more often"),
    (lambda s: s.change(s.order("return requested"), return_payment_method_id="x"), "payment method 'x' is not one"),
    (lambda s: s.change(s.order("exchange requested"), exchange_new_items=("1",)), "'1' is no variant of any product"),
    (lambda s: s.change(s.order("exchange requested"), exchange_new_items=()), "differ in length"),
    (
        lambda s: s.change(s.order("exchange requested"), exchange_price_difference=float("inf")),
        "exchange_price_difference is inf",
    ),
]


@pytest.mark.parametrize(("spoil", "says"), FAULTS, ids=[says for _, says in FAULTS])
def test_each_fault_is_named_with_its_place(spoil: Callable[[Shop], object], says: str) -> None:
    found = shop()
    assert problems(found.tables) == []
    spoil(found)
    lines = problems(found.tables)
    assert any(says in line for line in lines), lines
    assert all(line.partition(":")[0].split("/")[0] in TABLES for line in lines)


@settings(max_examples=30, deadline=None)
@given(table=st.sampled_from([Product, User, Order]), pick=st.integers(0), data=st.data())
def test_a_row_that_goes_missing_is_missed(table: type[Record], pick: int, data: st.DataObject) -> None:
    """Every user with orders, every order, and every product that was ordered is referred to from somewhere."""
    found = shop()
    rows: dict[str, Any] = dict(found.tables[table])
    needed = {
        Product: {item.product_id for order in found.orders.values() for item in order.items},
        User: {order.user_id for order in found.orders.values()},
        Order: set(found.orders),
    }[table]
    key = sorted(needed)[pick % len(needed)]
    del rows[key]
    assert any(key in line for line in problems({**found.tables, table: rows}))
