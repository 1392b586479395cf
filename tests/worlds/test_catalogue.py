"""The hand-written data keeps its rules, and every broken rule is one short error that names the place."""

from collections.abc import Callable
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.domains.population import people, places, read_people, read_places
from cove_rl.domains.retail.catalogue import FEWEST_VARIANTS, Line, catalogue, read_catalogue
from cove_rl.domains.retail.mix import read_mix
from cove_rl.errors import InputError
from cove_rl.sandbox import read_text

Edit = Callable[[dict[str, Any]], object]


def small() -> dict[str, Any]:
    """Return a sound catalogue of two products."""
    lamp = {"finish": {"brass": 5, "black": 0, "white": 1}, "height": {"short": 0, "tall": 8}}
    tray = {"shape": {"round": 0, "oval": 2, "square": 1}, "wood": {"oak": 3, "elm": 0}}
    return {
        "products": [
            {"name": "Floor Lamp", "price": 40, "options": lamp, "exclude": [{"finish": "white", "height": "tall"}]},
            {"name": "Serving Tray", "price": 19.5, "options": tray},
        ]
    }


def refusal(reader: Callable[[str], object], text: str) -> str:
    with pytest.raises(InputError) as caught:
        reader(text)
    message = str(caught.value)
    assert len(message) <= 400
    assert "\n" not in message
    return message


def first(data: dict[str, Any]) -> dict[str, Any]:
    line: dict[str, Any] = data["products"][0]
    return line


def rename(name: str) -> Edit:
    return lambda data: first(data).update(name=name)


def value(text: str) -> Edit:
    return lambda data: first(data)["options"]["finish"].update({text: 1})


def option(text: str) -> Edit:
    return lambda data: first(data)["options"].update({text: {"flat": 0, "deep": 1}})


BROKEN: list[tuple[Edit, str]] = [
    (rename("Lamp, Tall"), "contains ,"),
    (rename("Lamp (tall)"), "contains ("),
    (rename("Salt & Pepper Set"), "contains &"),
    (rename("Table for Two"), "the word 'for'"),
    (rename("Lamp."), "ends with a full stop"),
    (rename(" Lamp"), "stray spaces"),
    (rename("Lampe d\u00e9co"), "not ASCII"),
    (rename(""), "is empty"),
    (rename("Tray"), "is part of 'Serving Tray'"),
    (rename("serving tray"), "two products are named"),
    (value("14' tall"), "contains '"),
    (value("black; matte"), "contains ;"),
    (value('3" wide'), 'contains "'),
    (value("Black And Gold"), "the word 'and'"),
    (value("tall"), "has the value 'tall' twice"),
    (value("Brass"), "twice"),
    (option("made in"), "the word 'in'"),
    (option("Height"), "has the option 'Height' twice"),
    (lambda data: first(data)["options"].pop("height"), "has 1 options"),
    (lambda data: first(data)["options"].update({f"extra {n}": {f"x{n}": 0} for n in range(4)}), "has 6 options"),
    (lambda data: first(data)["options"].update(hue={}), "has no values"),
    (lambda data: first(data).update(exclude=[{"finish": "pink"}]), "'finish: pink', which is no option and value"),
    (lambda data: first(data).update(exclude=[{}]), "an empty entry under exclude"),
    (lambda data: first(data).update(exclude=[{"height": "tall"}]), f"allow at least {FEWEST_VARIANTS}"),
    (lambda data: first(data)["options"].update(n={f"v{n}": 0 for n in range(900)}), "combinations"),
    (lambda data: first(data).update(price=float("nan")), "not a finite number"),
    (lambda data: first(data).update(price=0.5), "less than one dollar"),
    (lambda data: first(data).update(price="cheap"), "`$.products[0].price`"),
    (lambda data: first(data).update(colour="red"), "unknown field `colour`"),
    (lambda data: data.update(products=[]), "length >= 1"),
]


@pytest.mark.parametrize(("edit", "says"), BROKEN)
def test_each_broken_rule_is_named(edit: Edit, says: str) -> None:
    data = small()
    read_catalogue(yaml.safe_dump(data, sort_keys=False))
    edit(data)
    assert says in refusal(read_catalogue, yaml.safe_dump(data, sort_keys=False))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("products: [", "not valid YAML"),
        ("", "Expected `object`"),
        ("products: 3", "Expected `array`"),
        ("- [" * 3000, "YAML"),
        ("products:\n  - {name: A Lamp, price: 9, options: {a: {b: 0, b: 1}, c: {d: 0}}}", "'b' is given twice"),
        ("products:\n  - {name: Lamp, price: 9, options: {a: {yes: 0, no: 1}}}", "yes/no"),
        ("products: 2024-13-45", "look like numbers, dates"),
    ],
)
def test_text_that_is_no_catalogue_is_refused(text: str, says: str) -> None:
    assert says in refusal(read_catalogue, text)


@given(st.text(max_size=60))
def test_a_name_is_accepted_or_refused_never_a_crash(name: str) -> None:
    data = small()
    first(data)["name"] = name
    text = yaml.safe_dump(data)
    joining = {"and", "for", "with", "plus", "in"} & set(name.lower().split())
    if joining or set(name) & set(",;()\"'&") or name.strip() != name or name.endswith(".") or not name:
        refusal(read_catalogue, text)
    elif name.isalnum() and name.isascii() and name.lower() not in "serving tray":
        assert read_catalogue(text).products[0].name == name
    else:
        with suppress(InputError):
            read_catalogue(text)


@pytest.mark.parametrize("line", catalogue().products, ids=lambda line: line.name)
def test_every_product_line_is_usable(line: Line) -> None:
    made = line.combinations()
    assert len(made) >= FEWEST_VARIANTS
    assert len({tuple(choice.items()) for choice in made}) == len(made)
    assert all(list(choice) == list(line.options) for choice in made)
    assert not any(gap.items() <= choice.items() for gap in line.exclude for choice in made)
    assert min(map(line.list_price, made)) >= 1


def test_the_catalogue_has_fifty_lines_and_none_is_part_of_another() -> None:
    names = [line.name.lower() for line in catalogue().products]
    assert len(names) == 50
    assert not any(one in other or other in one for one, other in combinations(names, 2))


def test_people_and_places_are_many() -> None:
    assert len(people().first_names) >= 60
    assert len(people().last_names) >= 70
    assert len(places().towns) >= 30
    assert all(len(town.zips) > 1 for town in places().towns)


def test_nothing_is_named_as_in_the_benchmark(tau2: Path) -> None:
    shop = msgspec.json.decode((tau2 / "domains/retail/db.json").read_bytes())
    users, orders, products = shop["users"].values(), shop["orders"].values(), shop["products"].values()
    streets = {record["address"]["address1"].split(" ", 1)[1].lower() for record in [*users, *orders]}
    assert streets
    assert not streets & {street.lower() for street in places().streets}
    assert not {user["name"]["last_name"].lower() for user in users} & {name.lower() for name in people().last_names}
    assert not {product["name"].lower() for product in products} & {line.name.lower() for line in catalogue().products}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{first_names: [Ada], last_names: [O'Hara]}", "'O'Hara' cannot be used"),
        ("{first_names: [Zo\u00eb], last_names: [Holm]}", "letters A to Z"),
        ("{first_names: [Ada, ADA], last_names: [Holm]}", "'ADA' is listed twice"),
        ("{first_names: [], last_names: [Holm]}", "length >= 1"),
        ("{first_names: [No, Ada], last_names: [Holm]}", "put quotes"),
    ],
)
def test_a_name_that_cannot_be_an_id_is_refused(text: str, says: str) -> None:
    assert says in refusal(read_people, text)


TOWN = "{city: Salem, state: OR, zips: ['97301']}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{{streets: [Elm St.], towns: [{TOWN}]}}", "without full stops"),
        (f"{{streets: [Fern Way, fern Way], towns: [{TOWN}]}}", "cannot be used"),
        (f"{{streets: [Fern Way], towns: [{TOWN}, {TOWN}]}}", "the town Salem OR is listed twice"),
        ("{streets: [Fern Way], towns: [{city: Salem, state: OR, zips: [97301]}]}", "put quotes"),
        ("{streets: [Fern Way], towns: [{city: Salem, state: Oregon, zips: ['97301']}]}", "regex"),
        ("{streets: [Fern Way], towns: [{city: A, state: OR, zips: ['97301', '97301']}]}", "97301 is listed twice"),
    ],
)
def test_a_place_that_does_not_read_back_is_refused(text: str, says: str) -> None:
    assert says in refusal(read_places, text)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("unavailable_share: 0.34", "unavailable_share: 1.5", "`$.unavailable_share`"),
        ("twin_share: 0.125", "twin_share: .nan", "twin_share"),
        ("least: 5, most: 20", "least: 21, most: 20", "goes from 21 down to 20"),
        ("{no longer needed: 3, ordered by mistake: 2}", "{no longer needed: 0}", "no weight above zero"),
        ("{no longer needed: 3,", "{changed my mind: 3,", "Invalid enum value"),
        ("[credit_card, gift_card, gift_card]", "[gift_card, gift_card, gift_card]", "more than two gift cards"),
        ("kinds: [paypal]", "kinds: []", "length >= 1"),
        ("orders_per_user: 7", "orders_per_user: 0", "orders_per_user"),
    ],
)
def test_impossible_numbers_are_refused(old: str, new: str, says: str) -> None:
    text = read_text("retail/orders.yaml")
    assert old in text
    assert says in refusal(read_mix, text.replace(old, new, 1))
