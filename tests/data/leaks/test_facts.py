"""Facts are found among any words, whole and once, and only there."""

from hypothesis import given
from hypothesis import strategies as st

from cove_rl.data.leaks.facts import FactIndex
from cove_rl.data.leaks.needles import Fact, forms_of
from cove_rl.data.leaks.words import words_of

FACTS = (
    Fact("id", "orla_penny_8213"),
    Fact("email", "orla.penny5521@example.com"),
    Fact("name", "Orla Penny"),
    Fact("name", "Tycho van der Berg"),
    Fact("id", "#W7654321"),
    Fact("phone", "555-777-4410"),
    Fact("address", "417 Driftwood Parade"),
)
INDEX = FactIndex(FACTS)
others = st.lists(
    st.sampled_from(["a", "8213", "orla", "parade", "the", "555", "4410", "berg", "name", "w765432"]), max_size=6
)
forms = st.sampled_from([(fact, form) for fact in FACTS for form in forms_of(fact)])


@given(others, forms, others)
def test_a_fact_is_found_where_it_stands(
    before: list[str], planted: tuple[Fact, tuple[str, ...]], after: list[str]
) -> None:
    fact, form = planted
    found = [one for one in INDEX.find([*before, "x", *form, "x", *after]) if one.fact == fact]
    start = len(before) + 1
    assert (start, start + len(form)) in [(one.start, one.end) for one in found]


@given(others)
def test_pieces_of_facts_are_no_facts(words: list[str]) -> None:
    assert INDEX.find(words) == []


def test_of_an_id_and_the_name_in_it_only_the_id_is_found() -> None:
    assert [one.fact.kind for one in INDEX.find(words_of("orla penny 8213"))] == ["id"]
    assert [one.fact.kind for one in INDEX.find(words_of("orla penny 8214 and orla penny 8213"))] == ["name", "id"]


def test_facts_are_reported_in_their_order_and_as_often_as_they_occur() -> None:
    words = words_of("w7654321 x orla penny x w7654321")
    assert [(one.fact.value, one.start) for one in INDEX.find(words)] == [
        ("#W7654321", 0),
        ("Orla Penny", 2),
        ("#W7654321", 5),
    ]


def test_names_apart_are_found_only_over_words_of_a_form() -> None:
    assert [one.fact.kind for one in INDEX.find(words_of("first name orla and the last name is penny"))] == ["name"]
    assert [one.fact.kind for one in INDEX.find(words_of("last name penny first name orla"))] == ["name"]
    assert INDEX.find(words_of("orla paid and the last name is penny")) == []
    assert INDEX.find(words_of("orla and the last name of my first name is and the penny")) == []


def test_an_index_of_nothing_finds_nothing() -> None:
    assert FactIndex(()).find(["orla", "penny"]) == []
