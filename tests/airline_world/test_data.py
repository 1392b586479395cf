"""The hand-written data keeps its rules, and every broken rule is one short error that names the place."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.domains.airline.airports import airport_map, airports, read_map, route_minutes
from cove_rl.domains.airline.bookings import bookings, read_bookings
from cove_rl.domains.airline.records import CABINS
from cove_rl.domains.airline.schedule import read_schedule, schedule
from cove_rl.errors import InputError
from cove_rl.sandbox import read_text

READERS: dict[str, Callable[[str], object]] = {
    "airports": read_map,
    "schedule": read_schedule,
    "bookings": read_bookings,
}


def refusal(reader: Callable[[str], object], text: str) -> str:
    with pytest.raises(InputError) as caught:
        reader(text)
    message = str(caught.value)
    assert len(message) <= 400
    assert "\n" not in message
    assert message.startswith("sandbox/airline/")
    return message


def test_the_airports_are_those_the_benchmark_lists(tau2: Path) -> None:
    """Recorded conversations hold the list as its tool returned it."""
    with (tau2 / "trajectories/airline.jsonl").open(encoding="utf-8") as lines:
        line = next(line for line in lines if '\\"iata\\": ' in line)
    results = (message["content"] for message in json.loads(line)["messages"] if message["role"] == "tool")
    listed = json.loads(next(text for text in results if text and text.startswith('[{"iata"')))
    assert [(airport.iata, airport.city) for airport in airports()] == [(one["iata"], one["city"]) for one in listed]


def test_routes_reach_every_airport_and_leave_a_choice() -> None:
    reached = {code for route in airport_map().routes for code in route.between}
    assert reached == {airport.iata for airport in airports()}
    assert len(airport_map().routes) >= 80
    assert all(route_minutes()[end, start] == minutes for (start, end), minutes in route_minutes().items())


def test_prices_of_cabins_never_meet() -> None:
    for minutes in range(30, 601, 30):
        ranges = [
            (price.least + price.per_hour * minutes // 60, price.most + price.per_hour * minutes // 60)
            for price in (schedule().prices[cabin] for cabin in CABINS)
        ]
        assert all(one[1] < other[0] for one, other in pairwise(ranges))


def test_every_wallet_can_pay_a_difference() -> None:
    assert all({"credit_card", "gift_card"} & set(wallet.kinds) for wallet in bookings().payment_methods)


BROKEN: list[tuple[str, str, str, str]] = [
    ("airports", "{iata: SFO,", "{iata: Sfo,", "matching regex"),
    ("airports", "{iata: SFO,", "{iata: JFK,", "the airport JFK is listed twice"),
    ("airports", "city: San Francisco", "city: Newark", "the city 'Newark' is listed twice"),
    ("airports", "city: San Francisco", "city: York", "the city 'York' is part of 'New York'"),
    ("airports", "city: San Francisco", "city: S. Francisco", "'S. Francisco' cannot be used"),
    ("airports", "city: San Francisco", "city: ''", "'' cannot be used"),
    ("airports", "city: San Francisco", "town: San Francisco", "unknown field `town`"),
    ("airports", "city: San Francisco", "city: no", "put quotes"),
    ("airports", "[ATL, BOS]", "[ATL, XYZ]", "a route goes to XYZ"),
    ("airports", "[ATL, BOS]", "[ATL, ATL]", "joins ATL with itself"),
    ("airports", "[ATL, BOS]", "[CLT, ATL]", "the route ATL-CLT is listed twice"),
    ("airports", "[ATL, BOS]", "[ATL]", "length 2"),
    ("airports", "[ATL, BOS], minutes: 150", "[ATL, BOS], minutes: 15", ">= 30"),
    ("airports", "[ATL, BOS], minutes: 150", "[ATL, BOS], minutes: 601", "<= 600"),
    ("airports", "[ATL, BOS], minutes: 150", "[ATL, BOS], minutes: 150, miles: 9", "unknown field `miles`"),
    ("schedule", "flights_per_route: 2.8", "flights_per_route: 0.5", "`$.flights_per_route`"),
    ("schedule", "flights_per_route: 2.8", "", "missing required field `flights_per_route`"),
    ("schedule", "{0: 12, 15: 1, 30: 2, 45: 1}", "{0: 0}", "departure_minutes has no weight above zero"),
    ("schedule", "{0: 12, 15: 1, 30: 2, 45: 1}", "{60: 1}", "departure_minutes"),
    ("schedule", "{0: 12, 15: 1, 30: 2, 45: 1}", "{}", "departure_minutes has no weight above zero"),
    ("schedule", "23: 3}", "24: 3}", "departure_hours"),
    ("schedule", "23: 3}", "22: 3}", "'22' is given twice"),
    ("schedule", "before: 0.1", "before: 1.1", "`$.cancelled_share.before`"),
    ("schedule", "before: 0.1", "before: .nan", "cancelled_share"),
    ("schedule", "before: 0.1, ", "", "missing required field `before`"),
    ("schedule", "delay: {least: 30, most: 240}", "delay: {least: 300, most: 240}", "goes from 300 down to 240"),
    ("schedule", "delay: {least: 30, most: 240}", "delay: {least: 30, most: 900}", "keep it within 1 and 600"),
    ("schedule", "delay: {least: 30, most: 240}", "delay: {least: 29, most: 240}", "starts within departure_drift"),
    ("schedule", "{least: -10, most: 29}", "{least: -100, most: 29}", "keep it within -60 and 60"),
    ("schedule", "{least: -15, most: 10}", "{least: -30, most: 10}", "keep it within -20 and 60"),
    ("schedule", "seats: {least: 0, most: 20}", "seats: {least: -1, most: 20}", "keep it within 0 and 500"),
    (
        "schedule",
        "economy: {least: 100, most: 165, per_hour: 7}",
        "economy: {least: 80, most: 165, per_hour: 7}",
        "less",
    ),
    ("schedule", "most: 400, per_hour: 20", "most: 400, per_hour: 6", "business can cost less than economy"),
    ("schedule", "{least: 200, most: 400,", "{least: 500, most: 400,", "ends before it starts"),
    ("schedule", "  business: {least: 200, most: 400, per_hour: 20}", "", "prices has no 'business'"),
    ("schedule", "  business: {least", "  first: {least", "Invalid enum value 'first'"),
    ("bookings", "{regular: 30, silver: 36, gold: 34}", "{regular: 0}", "memberships has no weight above zero"),
    ("bookings", "{regular: 30,", "{platinum: 30,", "Invalid enum value 'platinum'"),
    ("bookings", "same_last_name_share: 0.5", "same_last_name_share: -0.1", "`$.same_last_name_share`"),
    ("bookings", "{first: 1948, last: 2005}", "{first: 2005, last: 1948}", "birth_years ends before it starts"),
    ("bookings", "{first: 1948, last: 2005}", "{first: 1948, last: 2025}", "<= 2024"),
    ("bookings", "kinds: [gift_card],", "kinds: [certificate],", "nothing but certificates"),
    ("bookings", "kinds: [gift_card],", "kinds: [paypal],", "Invalid enum value 'paypal'"),
    ("bookings", "kinds: [gift_card],", "kinds: [],", "length >= 1"),
    ("bookings", "card_brands: {visa: 5, mastercard: 5}", "card_brands: {}", "card_brands has no weight"),
    ("bookings", "{least: 5, most: 150,", "{least: 155, most: 150,", "goes from 155 down to 150"),
    ("bookings", "{least: 5, most: 150,", "{least: 0, most: 150,", ">= 1"),
    ("bookings", "{100: 5, 150: 5, 250: 5, 500: 5}", "{99.5: 5}", "certificate_amounts"),
    ("bookings", "reservations_per_user: 10", "reservations_per_user: 0", "`$.reservations_per_user`"),
    ("bookings", "connection: {least: 30, most: 300}", "connection: {least: -30, most: 300}", "0 to 1440"),
    ("bookings", "connection: {least: 30, most: 300}", "connection: {least: 30, most: 3000}", "0 to 1440"),
    ("bookings", "detour: 1.8", "detour: 0.9", "`$.detour`"),
    ("bookings", "nights: {1: 6,", "nights: {11: 6,", "nights"),
    ("bookings", "nights: {1: 6,", "nights: {0: 6,", "nights"),
    ("bookings", "{before: 31, today: 12, ahead: 57}", "{yesterday: 1}", "Invalid enum value 'yesterday'"),
    ("bookings", '"2024-04-15"', '"2024-05-01"', "before 2024-05-01"),
    ("bookings", '"2024-04-15"', '"2023-04-15"', "a day of 2024"),
    ("bookings", '"2024-04-15"', '"mid April"', "earliest_booking"),
    ("bookings", "{1: 38, 2: 29, 3: 16, 4: 9, 5: 8}", "{6: 1}", "passengers"),
    ("bookings", "bags: {0: 55, 1: 32, 2: 13}", "bags: {0: 0}", "bags has no weight above zero"),
    ("bookings", "{nothing: 88, certificate: 6, gift_card: 6}", "{cash: 1}", "Invalid enum value 'cash'"),
    ("bookings", "cancelled_share: 0.04", "cancelled: 0.04", "unknown field `cancelled`"),
]


@pytest.mark.parametrize(("name", "old", "new", "says"), BROKEN)
def test_each_broken_rule_is_named(name: str, old: str, new: str, says: str) -> None:
    text = read_text(f"airline/{name}.yaml")
    READERS[name](text)
    assert old in text
    message = refusal(READERS[name], text.replace(old, new, 1))
    assert says in message
    assert f"sandbox/airline/{name}.yaml: " in message


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("text", ["", "7", "[]", "- [" * 3000, "a: [", "a: 2024-13-45", "? {a: b}\n: c", "\x00"])
def test_text_of_another_kind_is_refused(name: str, text: str) -> None:
    refusal(READERS[name], text)


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_read_never_a_crash(name: str, data: st.DataObject) -> None:
    text = read_text(f"airline/{name}.yaml")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    damaged = text[:start] + data.draw(st.text(max_size=5)) + text[end:]
    try:
        READERS[name](damaged)
    except InputError:
        refusal(READERS[name], damaged)
