"""Whatever is called in whatever order: no tool breaks, failures change nothing, no dollar and no seat is lost."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cove_rl.domains.airline.records import CABINS, Available, Certificate, Flight, GiftCard, Reservation, User
from cove_rl.domains.airline.rules import BAG_FEE, INSURANCE_FEE
from cove_rl.domains.airline.tools import TOOLS
from cove_rl.world.state import State
from cove_rl.world.world import Behaviour, World, fingerprint

from .office import FLIGHTS, RESERVATIONS, USERS, Office, tables

WORLDS: Mapping[Behaviour, World] = {
    "ours": World("airline", tables(), behaviour="ours"),
    "benchmark": World("airline", tables(), behaviour="benchmark"),
}
DAYS = ["05-14", "05-15", "05-16", "05-16", "05-17", "05-17", "05-20", "05-21"]
METHODS = ["card", "gift", "paper", "purse", "plastic", "none"]
PEOPLE = [{"first_name": name, "last_name": "Roe", "dob": "1981-01-02"} for name in ("Dan", "Eve")]
CHOSEN = st.fixed_dictionaries(
    {
        "flight_number": st.sampled_from([one.flight_number for one in FLIGHTS]),
        "date": st.sampled_from([f"2024-{day}" for day in DAYS]),
    }
)
PAYING = st.fixed_dictionaries({"payment_id": st.sampled_from(METHODS), "amount": st.integers(-10, 500)})
POOLS: dict[str, st.SearchStrategy[Any]] = {
    "user_id": st.sampled_from([*(user.user_id for user in USERS), "none"]),
    "reservation_id": st.sampled_from([*(one.reservation_id for one in RESERVATIONS), "none"]),
    "origin": st.sampled_from(["SFO", "DEN", "JFK"]),
    "destination": st.sampled_from(["SFO", "DEN", "JFK"]),
    "date": st.sampled_from([f"2024-{day}" for day in DAYS]),
    "flight_number": st.sampled_from([one.flight_number for one in FLIGHTS]),
    "flight_type": st.sampled_from(["one_way", "round_trip"]),
    "cabin": st.sampled_from(CABINS),
    "flights": st.lists(CHOSEN, max_size=3),
    "passengers": st.lists(st.sampled_from(PEOPLE), max_size=3),
    "payment_methods": st.lists(PAYING, max_size=3),
    "payment_id": st.sampled_from(METHODS),
    "total_baggages": st.integers(-1, 5),
    "nonfree_baggages": st.integers(-1, 4),
    "insurance": st.sampled_from(["yes", "no"]),
    "amount": st.integers(-5, 200),
    "expression": st.sampled_from(["1+1", "1/0", "x"]),
    "summary": st.text(max_size=8),
}


@st.composite
def _calls(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    tool = draw(st.sampled_from(TOOLS))
    names = tool.schema["function"]["parameters"]["properties"]
    arguments = {name: draw(POOLS[name]) for name in names}
    if tool.name == "book_reservation" and draw(st.booleans()):
        arguments["payment_methods"] = _fitting(draw, arguments)
    return tool.name, arguments


def _fitting(draw: st.DrawFn, booking: dict[str, Any]) -> list[dict[str, Any]]:
    """Payments of the user's that add up to the price, as it was at first."""
    flights = {one.flight_number: one for one in FLIGHTS}
    found = [flights[one["flight_number"]].dates.get(one["date"]) for one in booking["flights"]]
    seat = sum(one.prices.of(booking["cabin"]) for one in found if isinstance(one, Available))
    seat += INSURANCE_FEE * (booking["insurance"] == "yes")
    price = seat * len(booking["passengers"]) + BAG_FEE * booking["nonfree_baggages"]
    own = {"ann_1": ["card", "gift", "paper"], "bob_2": ["plastic", "purse"]}.get(booking["user_id"], ["none"])
    first, second = draw(st.sampled_from(own)), draw(st.sampled_from(own))
    part = draw(st.integers(0, max(0, price)))
    parts = [{"payment_id": first, "amount": part}, {"payment_id": second, "amount": price - part}]
    return [one for one in parts if one["amount"] > 0]


SEQUENCES = st.lists(_calls(), max_size=20)
Calls = list[tuple[str, dict[str, Any]]]


def _play(world: World, calls: Calls) -> tuple[State, list[str]]:
    """Make the calls; `Office.call` checks each of them."""
    office = Office(world=world)
    return office.state, [office.call(name, arguments).content for name, arguments in calls]


@pytest.mark.parametrize("behaviour", ["ours", "benchmark"])
@given(calls=SEQUENCES)
def test_any_sequence_is_answered_and_repeatable_and_leaves_the_world_alone(behaviour: Behaviour, calls: Calls) -> None:
    world = WORLDS[behaviour]
    _, texts = _play(world, calls)
    assert _play(world, calls)[1] == texts
    assert fingerprint(world.tables) == world.ref.fingerprint
    assert State(world).diff() == ()


@settings(max_examples=200)
@given(calls=SEQUENCES)
def test_no_dollar_is_lost(calls: Calls) -> None:
    """What left a gift card is what its user's reservations record; a certificate on record is gone for good."""
    fresh = State(WORLDS["ours"])
    state, _ = _play(fresh.world, calls)
    for user in state.rows(User):
        recorded = _recorded(state, user.user_id)
        recorded.subtract(_recorded(fresh, user.user_id))
        before = fresh.get(User, user.user_id)
        assert before is not None
        for method_id, method in before.payment_methods.items():
            now = user.payment_methods.get(method_id)
            if isinstance(method, GiftCard):
                assert isinstance(now, GiftCard)
                assert method.amount - now.amount == recorded[method_id]
                assert now.amount >= 0
            elif isinstance(method, Certificate):
                assert (now is None) == (recorded[method_id] > 0)
                assert 0 <= recorded[method_id] <= method.amount


def _recorded(state: State, user_id: str) -> Counter[str]:
    """Payment method -> what all the user's reservations say it has paid."""
    paid: Counter[str] = Counter()
    for reservation in state.rows(Reservation):
        if reservation.user_id == user_id:
            for entry in reservation.payment_history:
                paid[entry.payment_id] += entry.amount
    return paid


@settings(max_examples=200)
@given(calls=SEQUENCES)
def test_a_reservation_is_paid_for_or_refunded(calls: Calls) -> None:
    """Bags taken off stay paid, so the price is the least; once cancelled, nobody has more back than they paid."""
    state, _ = _play(WORLDS["ours"], calls)
    for one in state.rows(Reservation):
        paid = sum(entry.amount for entry in one.payment_history)
        if one.status == "cancelled":
            assert paid >= 0
            continue
        seat = sum(flight.price for flight in one.flights) + INSURANCE_FEE * (one.insurance == "yes")
        assert paid >= seat * len(one.passengers) + BAG_FEE * one.nonfree_baggages
        assert (paid - seat * len(one.passengers)) % BAG_FEE == 0


@settings(max_examples=200)
@given(calls=SEQUENCES)
def test_no_seat_is_lost(calls: Calls) -> None:
    """Seats left and seats held in reservations that stand add up to what they were, and none is sold twice."""
    state, _ = _play(WORLDS["ours"], calls)
    assert _left_and_held(state) == _left_and_held(State(WORLDS["ours"]))
    for flight in state.rows(Flight):
        for found in flight.dates.values():
            if isinstance(found, Available):
                assert min(found.available_seats.of(cabin) for cabin in CABINS) >= 0


def _left_and_held(state: State) -> Counter[tuple[str, str, str]]:
    """Flight number, date and cabin -> seats for sale and taken, of the flights that are for sale."""
    seats: Counter[tuple[str, str, str]] = Counter()
    for flight in state.rows(Flight):
        for date, found in flight.dates.items():
            if isinstance(found, Available):
                for cabin in CABINS:
                    seats[flight.flight_number, date, cabin] += found.available_seats.of(cabin)
    for one in state.rows(Reservation):
        for segment in one.flights:
            place = (segment.flight_number, segment.date, one.cabin)
            if one.status != "cancelled" and place in seats:
                seats[place] += len(one.passengers)
    return seats


@given(calls=SEQUENCES)
def test_profiles_list_exactly_their_reservations(calls: Calls) -> None:
    state, _ = _play(WORLDS["ours"], calls)
    for user in state.rows(User):
        held = [one.reservation_id for one in state.rows(Reservation) if one.user_id == user.user_id]
        assert list(user.reservations) == held


@given(calls=SEQUENCES, others=SEQUENCES)
def test_two_states_never_share_what_they_change(calls: Calls, others: Calls) -> None:
    """Two conversations turn by turn give each what it gives alone."""
    world = WORLDS["ours"]
    first, second = Office(world=world), Office(world=world)
    texts: list[list[str]] = [[], []]
    for step in range(max(len(calls), len(others))):
        for office, script, said in zip((first, second), (calls, others), texts, strict=True):
            if step < len(script):
                said.append(office.call(*script[step]).content)
    assert texts == [_play(world, calls)[1], _play(world, others)[1]]
