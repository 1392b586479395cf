"""The read tools return records byte for byte, ignore case where they should, and change nothing."""

import json

import msgspec
import pytest

from cove_rl.domains.retail.records import Product
from cove_rl.world.world import World

from .shop import AWAY, LAMP, MUG, ORDERS, USERS, Shop, tables


@pytest.mark.parametrize("email", ["ann@mail.example", "ANN@MAIL.EXAMPLE", "Ann@Mail.Example"])
def test_an_email_finds_the_first_user_who_has_it(shop: Shop, email: str) -> None:
    assert shop.ok("find_user_id_by_email", email=email) == "ann_1"


@pytest.mark.parametrize("email", ["", "ann@mail", " ann@mail.example", "nobody@mail.example"])
def test_an_unknown_email_is_refused(shop: Shop, email: str) -> None:
    assert "e-mail" in shop.refused("find_user_id_by_email", email=email)


@pytest.mark.parametrize(("first", "last"), [("Ann", "Lee"), ("ann", "LEE"), ("ANN", "lee")])
def test_a_name_finds_the_first_in_the_worlds_order(shop: Shop, first: str, last: str) -> None:
    assert shop.ok("find_user_id_by_name_zip", first_name=first, last_name=last, zip="04220") == "ann_1"


@pytest.mark.parametrize(
    ("first", "last", "zip_code"),
    [("Ann", "Lee", "4220"), ("Ann", "Lee", "04220 "), ("Lee", "Ann", "04220"), ("Ann", "", "04220")],
)
def test_name_and_zip_must_both_fit(shop: Shop, first: str, last: str, zip_code: str) -> None:
    assert "named" in shop.refused("find_user_id_by_name_zip", first_name=first, last_name=last, zip=zip_code)


def test_a_changed_zip_counts_at_once_and_only_in_its_state() -> None:
    world = World("retail", tables())
    moved, other = Shop(world=world), Shop(world=world)
    name = {"first_name": "ann", "last_name": "lee"}
    assert other.ok("find_user_id_by_name_zip", **name, zip="04220") == "ann_1"
    moved.ok("modify_user_address", user_id="ann_1", **AWAY)
    assert moved.ok("find_user_id_by_name_zip", **name, zip="12180") == "ann_1"
    assert moved.ok("find_user_id_by_name_zip", **name, zip="04220") == "ann_2"
    assert other.ok("find_user_id_by_name_zip", **name, zip="04220") == "ann_1"
    other.refused("find_user_id_by_name_zip", **name, zip="12180")


@pytest.mark.parametrize("user", USERS, ids=lambda user: user.user_id)
def test_user_details_are_the_record(shop: Shop, user: object) -> None:
    builtin = msgspec.to_builtins(user)
    assert shop.ok("get_user_details", user_id=builtin["user_id"]) == json.dumps(builtin)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.order_id)
def test_order_details_are_the_record_with_all_its_nulls(shop: Shop, order: object) -> None:
    builtin = msgspec.to_builtins(order)
    text = shop.ok("get_order_details", order_id=builtin["order_id"])
    assert text == json.dumps(builtin)
    assert '"return_payment_method_id": null' in text


@pytest.mark.parametrize("product", [MUG, LAMP], ids=lambda product: product.name)
def test_product_and_item_details_agree(shop: Shop, product: Product) -> None:
    shown = shop.json("get_product_details", product_id=product.product_id)
    for item_id in product.variants:
        assert shop.json("get_item_details", item_id=item_id) == shown["variants"][item_id]


def test_product_types_are_sorted_by_name(shop: Shop) -> None:
    assert shop.ok("list_all_product_types") == '{"Lamp": "p-lamp", "Mug": "p-mug"}'


@pytest.mark.parametrize(
    ("tool", "argument", "wrong"),
    [
        ("get_user_details", "user_id", "ann"),
        ("get_order_details", "order_id", "PEND"),
        ("get_order_details", "order_id", "#NONE"),
        ("get_product_details", "product_id", "mug-red"),
        ("get_item_details", "item_id", "p-mug"),
    ],
)
def test_an_unknown_id_is_named_in_the_refusal(shop: Shop, tool: str, argument: str, wrong: str) -> None:
    assert f"'{wrong}'" in shop.refused(tool, **{argument: wrong})


def test_an_order_id_without_its_hash_gets_the_hint(shop: Shop) -> None:
    assert "start with '#'" in shop.refused("get_order_details", order_id="PEND")
    assert "start with '#'" not in shop.refused("get_order_details", order_id="#NONE")
