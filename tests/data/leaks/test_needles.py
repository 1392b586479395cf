"""What identifies a record, and what any record may say."""

import pytest

from cove_rl.data.leaks.needles import Fact, facts_in, forms_of
from tests.data.leaks.made_up import FERRIES, task


def test_every_identifying_fact_of_a_database_is_found() -> None:
    found = {(fact.kind, fact.value) for fact in facts_in(FERRIES)}
    assert found == {
        ("id", "orla_pennywhistle_8213"),
        ("name", "Orla Pennywhistle"),
        ("address", "417 Driftwood Parade"),
        ("email", "orla.pennywhistle5521@example.com"),
        ("id", "credit_card_7710034"),
        ("id", "certificate_8800127"),
        ("name", "Tycho Underhill"),
        ("id", "#W7654321"),
        ("id", "Q7XK2P"),
        ("id", "ZQXJKV"),
        ("id", "8642097531"),
        ("id", "7531086429"),
        ("id", "731904628855"),
        ("id", "FRY204"),
    }


def test_names_of_gold_actions_identify_nothing() -> None:
    assert [fact.value for fact in facts_in(task("1", "Buy a ticket."))] == ["Marguerite Thistlewood"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("item_id", "123456"), ("id", "17"), ("action_id", "toggle_data_0"), ("order_id", "none"), ("last_four", "9911")],
)
def test_short_and_common_values_identify_nothing(field: str, value: str) -> None:
    assert list(facts_in({field: value})) == []


def test_a_street_without_a_number_and_a_single_name_identify_nothing() -> None:
    assert list(facts_in({"address1": "Broadway", "full_name": "Cher"})) == []


@pytest.mark.parametrize(
    ("fact", "forms"),
    [
        (Fact("id", "#W7654321"), [("w7654321",), ("7654321",)]),
        (Fact("id", "credit_card_7710034"), [("7710034",)]),
        (Fact("id", "7531086429"), [("7531086429",)]),
        (Fact("id", "FRY204"), [("fry204",), ("flight", "fry", "204")]),
        (Fact("id", "Q7XK2P"), [("q7xk2p",)]),
        (Fact("phone", "555-777-4410"), [("555", "777", "4410"), ("5557774410",)]),
        (Fact("email", "orla.p5521@example.com"), [("orla", "p5521", "example", "com"), ("orla", "p5521")]),
        (Fact("email", "b.ashgrove@example.com"), [("b", "ashgrove", "example", "com")]),
    ],
)
def test_the_forms_by_which_a_fact_is_known(fact: Fact, forms: list[tuple[str, ...]]) -> None:
    assert list(forms_of(fact)) == forms
