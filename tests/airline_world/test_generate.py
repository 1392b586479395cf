"""Generated worlds are sound, reproducible, varied, full of occasions, and share nothing with the benchmark."""

import os
import re
import subprocess
import sys
from collections import Counter
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cove_rl.domains.airline.airports import route_minutes
from cove_rl.domains.airline.check import problems
from cove_rl.domains.airline.clock import DAYS, minute_of, moment
from cove_rl.domains.airline.generate import DEFAULT_SIZE, generate
from cove_rl.domains.airline.ids import CODES, is_our_reservation, reservation_code
from cove_rl.domains.airline.records import (
    CABINS,
    Available,
    Cancelled,
    Certificate,
    CreditCard,
    Flight,
    GiftCard,
    Passenger,
    Reservation,
    User,
)
from cove_rl.domains.airline.rules import (
    NOW,
    REASONS,
    TODAY,
    booked_within_a_day,
    charged_bags,
    compensation,
    fare,
    may_cancel,
    may_change_flights,
    started,
)
from cove_rl.domains.airline.tools import TOOLS
from cove_rl.errors import InputError
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain
from cove_rl.world.files import load_world, save_world
from cove_rl.world.state import State
from cove_rl.world.tool import Toolbox
from cove_rl.world.world import Tables, World, fingerprint

SMALL = {"flights": 24, "users": 15, "reservations": 60}
PINNED = "be58fa06f828c36f"
seeds = st.integers(-(2**64), 2**64)
quick = settings(max_examples=20)


class Airline(NamedTuple):
    flights: dict[str, Flight]
    users: dict[str, User]
    reservations: dict[str, Reservation]

    def statuses(self, reservation: Reservation) -> list[str]:
        """Return how a reservation's flights are doing."""
        days = (self.flights[one.flight_number].dates[one.date] for one in reservation.flights)
        return [str(day.__struct_config__.tag) for day in days]

    def not_started(self) -> list[Reservation]:
        """Return the reservations something can still be done about."""
        return [one for one in self.reservations.values() if one.status is None and not started(self.statuses(one))]


def airline(tables: Tables) -> Airline:
    return Airline(*(dict(tables[kind]) for kind in (Flight, User, Reservation)))  # type: ignore[arg-type]


@cache
def usual(seed: int = 0) -> Airline:
    """Return a world of the usual size."""
    return airline(generate(seed, {}))


def ids(found: Airline) -> list[str]:
    """Return every id that was minted, in each place where it is the record's own."""
    return [
        *found.flights,
        *found.users,
        *(user.email.removesuffix("@example.com") for user in found.users.values()),
        *(method_id for user in found.users.values() for method_id in user.payment_methods),
        *found.reservations,
    ]


@quick
@given(seed=seeds, flights=st.integers(1, 60), users=st.integers(1, 20), data=st.data())
def test_every_possible_world_is_sound(seed: int, flights: int, users: int, data: st.DataObject) -> None:
    size = {"flights": flights, "users": users, "reservations": data.draw(st.integers(1, 10 * users))}
    tables = generate(seed, size)
    assert problems(tables) == []
    assert [len(rows) for rows in tables.values()] == list(size.values())
    assert list(tables) == [Flight, User, Reservation]


def test_the_largest_timetable_is_sound() -> None:
    assert problems(generate(1, {"flights": 999, "users": 5, "reservations": 20})) == []


@quick
@given(seeds)
def test_same_seed_same_world_and_another_seed_another_world(seed: int) -> None:
    one, again, other = (airline(generate(number, SMALL)) for number in (seed, seed, seed + 1))
    assert one == again
    assert msgspec.json.encode(one) == msgspec.json.encode(again)
    assert len(set(ids(one)) & set(ids(other))) < 0.1 * len(ids(one))
    names = [{(user.name.first_name, user.name.last_name) for user in found.users.values()} for found in (one, other)]
    assert names[0] != names[1]
    routes = [[(flight.origin, flight.destination) for flight in found.flights.values()] for found in (one, other)]
    assert routes[0] != routes[1]
    statuses = [[flight.dates for flight in found.flights.values()] for found in (one, other)]
    assert not any(dates in statuses[1] for dates in statuses[0])


def test_another_process_with_other_hashes_generates_the_same() -> None:
    root = Path(__file__).resolve().parents[2]
    code = (
        "from cove_rl.domains.airline.generate import generate; from cove_rl.world.world import fingerprint; "
        f"print(fingerprint(generate(7, {SMALL})))"
    )
    prints = {fingerprint(generate(7, SMALL))}
    for hash_seed in ("0", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(root)}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        prints.add(done.stdout.strip())
    assert len(prints) == 1


def test_every_machine_and_python_generates_this() -> None:
    """The same value on each Python that the tests run on; write the new one down after changing data on purpose."""
    assert fingerprint(generate(7, SMALL)) == PINNED


@quick
@given(seeds)
def test_tables_of_one_seed_do_not_depend_on_the_size_of_the_others(seed: int) -> None:
    one, other = airline(generate(seed, SMALL)), airline(generate(seed, {**SMALL, "users": 20, "reservations": 90}))
    assert one.flights == other.flights
    assert set(one.users) < set(other.users)


@quick
@given(seeds)
def test_a_world_comes_back_from_its_file_as_it_was(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    world = get_domain("airline").world(seed, SMALL)
    path = tmp_path_factory.mktemp("saved") / "world.json"
    save_world(world, path)
    back = load_world(path)
    assert back.ref == world.ref
    for kind, rows in world.tables.items():
        same = list(back.tables[kind].items()) == list(rows.items())
        assert same


PATTERNS = {
    "flight": r"KIR\d{3}",
    "user": r"[a-z]+_[a-z]+_0\d{3}",
    "email": r"[a-z]+\.[a-z]+0\d{3}@example\.com",
    "payment": r"(credit_card|gift_card|certificate)_0\d{6}",
    "reservation": r"[0-9A-Z]{6}",
}


@quick
@given(seeds)
def test_ids_have_the_benchmarks_shape_keep_our_rules_and_are_unique(seed: int) -> None:
    found = airline(generate(seed, SMALL))
    everything = ids(found)
    assert len(set(everything)) == len(everything)
    paid = (payment for one in found.reservations.values() for payment in one.payment_history)
    shown = {
        "flight": [*found.flights],
        "user": list(found.users),
        "email": [user.email for user in found.users.values()],
        "payment": [payment.payment_id for payment in paid],
        "reservation": list(found.reservations),
    }
    shown["payment"] += [method for user in found.users.values() for method in user.payment_methods]
    for kind, values in shown.items():
        assert all(re.fullmatch(PATTERNS[kind], value) for value in values), kind
    assert all(map(is_our_reservation, found.reservations))


@given(st.integers(0, CODES - 1), st.integers(0, CODES - 1))
def test_every_number_has_its_own_reservation_id(one: int, other: int) -> None:
    assert is_our_reservation(reservation_code(one))
    assert re.fullmatch(PATTERNS["reservation"], reservation_code(one))
    assert (reservation_code(one) == reservation_code(other)) == (one == other)


def test_no_reservation_id_of_the_benchmark_keeps_the_rule(tau2: Path) -> None:
    theirs = msgspec.json.decode((tau2 / "domains/airline/db.json").read_bytes())["reservations"]
    made = ["HATHAT", "HATHAU", "HATHAV"]  # which its tools give to new ones
    assert len(theirs) == 2000
    assert not [code for code in [*theirs, *made] if is_our_reservation(code)]


def test_nothing_is_shared_with_the_benchmark(tau2: Path) -> None:
    text = (tau2 / "domains/airline/db.json").read_text()
    theirs = set(re.findall(r'"([^"]*)"', text))
    assert len(theirs) > 10_000
    for seed in range(3):
        found = usual(seed)
        assert not theirs & set(ids(found))
        assert not theirs & {user.email for user in found.users.values()}
        assert not theirs & {user.address.address1 for user in found.users.values()}
        assert not theirs & {user.name.last_name for user in found.users.values()}
        saved = (person for user in found.users.values() for person in user.saved_passengers)
        assert not theirs & {person.last_name for person in saved}
        used = {payment.payment_id for one in found.reservations.values() for payment in one.payment_history}
        assert not theirs & used


@quick
@given(seeds)
def test_flights_go_every_day_and_what_became_of_them_fits_the_clock(seed: int) -> None:
    for flight in airline(generate(seed, SMALL)).flights.values():
        assert list(flight.dates) == list(DAYS)
        taken = minute_of(flight.scheduled_arrival_time_est) - minute_of(flight.scheduled_departure_time_est)
        assert taken == route_minutes()[flight.origin, flight.destination]
        for day, found in flight.dates.items():
            leaves = moment(day, flight.scheduled_departure_time_est)
            status = found.__struct_config__.tag
            if day < TODAY:
                assert status in ("landed", "cancelled")
            elif day > TODAY:
                assert status in ("available", "cancelled")
            else:
                assert status != "available"
            times = [
                datetime.fromisoformat(getattr(found, name)) for name in found.__struct_fields__[:2] if "time" in name
            ]
            if times:
                drift = (times[0] - leaves).total_seconds() / 60
                assert 30 <= drift <= 240 if status == "delayed" else -10 <= drift <= 29
                assert times[0] < times[1]
                assert (times[0].isoformat() <= NOW) == (status in ("landed", "flying"))
                assert status in ("delayed", "on time") or (times[1].isoformat() <= NOW) == (status == "landed")
            if isinstance(found, Available):
                assert all(0 <= found.available_seats.of(cabin) <= 20 for cabin in CABINS)
                assert found.prices.basic_economy < found.prices.economy < found.prices.business


@quick
@given(seed=seeds, count=st.integers(1, 120))
def test_one_can_get_from_every_airport_to_every_other(seed: int, count: int) -> None:
    """Every two flights have a way between them, routes going both ways as soon as there are flights for both."""
    flights = airline(generate(seed, {**SMALL, "flights": count})).flights.values()
    reached = {next(iter(flights)).origin}
    for _ in flights:
        near = [flight for flight in flights if reached & {flight.origin, flight.destination}]
        reached |= {code for flight in near for code in (flight.origin, flight.destination)}
    assert reached == {code for flight in flights for code in (flight.origin, flight.destination)}
    routes = {(flight.origin, flight.destination) for flight in flights}
    assert count == 1 or all((end, start) in routes for start, end in routes)


@quick
@given(seeds)
def test_two_flights_of_a_route_never_leave_in_the_same_hour(seed: int) -> None:
    flights = airline(generate(seed, SMALL)).flights.values()
    leaving = [(one.origin, one.destination, one.scheduled_departure_time_est[:2]) for one in flights]
    assert len(set(leaving)) == len(leaving)


@quick
@given(seeds)
def test_users_can_be_told_apart_and_can_pay(seed: int) -> None:
    users = airline(generate(seed, SMALL)).users.values()
    assert len({(user.name.first_name, user.name.last_name, user.address.zip) for user in users}) == len(users)
    for user in users:
        methods = list(user.payment_methods.values())
        assert any(isinstance(method, CreditCard | GiftCard) for method in methods)
        endings = [method.last_four for method in methods if isinstance(method, CreditCard)]
        assert len(set(endings)) == len(endings)
        assert all(method.amount == int(method.amount) > 0 for method in methods if not isinstance(method, CreditCard))
        first_names = [user.name.first_name, *(person.first_name for person in user.saved_passengers)]
        assert len(set(first_names)) == len(first_names)
        assert 1 <= len(user.saved_passengers) <= 4
        assert all("1948" <= born < "2006" for born in [user.dob, *(person.dob for person in user.saved_passengers)])
        assert len(user.reservations) <= 10


@quick
@given(seeds)
def test_reservations_cost_what_was_paid(seed: int) -> None:
    found = airline(generate(seed, SMALL))
    for one in found.reservations.values():
        owner = found.users[one.user_id]
        assert one.nonfree_baggages == charged_bags(
            one.total_baggages, owner.membership, one.cabin, len(one.passengers)
        )
        prices = [segment.price for segment in one.flights]
        total = fare(prices, len(one.passengers), one.insurance, one.nonfree_baggages)
        paid = [payment for payment in one.payment_history if payment.amount > 0]
        assert sum(payment.amount for payment in paid) == total
        kinds = Counter(type(owner.payment_methods.get(payment.payment_id)) for payment in paid)
        assert kinds[CreditCard] <= 1
        assert kinds[type(None)] <= 1  # a certificate that is used up
        assert kinds[Certificate] == 0
        assert len({payment.payment_id for payment in paid}) == len(paid)
        assert (one.status == "cancelled") == (len(one.payment_history) > len(paid))


@quick
@given(seeds)
def test_travellers_are_on_file_and_have_time_to_change(seed: int) -> None:
    found = airline(generate(seed, SMALL))
    for one in found.reservations.values():
        owner = found.users[one.user_id]
        own = Passenger(owner.name.first_name, owner.name.last_name, owner.dob)
        assert set(one.passengers) <= {own, *owner.saved_passengers}
        assert own in one.passengers or len(owner.saved_passengers) >= len(one.passengers)
        booked = datetime.fromisoformat(one.created_at)
        times = [
            (moment(s.date, flight.scheduled_departure_time_est), moment(s.date, flight.scheduled_arrival_time_est))
            for s in one.flights
            for flight in [found.flights[s.flight_number]]
        ]
        assert booked < datetime.fromisoformat(NOW)
        assert (times[0][0] - booked).total_seconds() >= 2 * 3600
        turns = [i for i, s in enumerate(one.flights) if s.destination == one.destination]
        for index, (arrival, departure) in enumerate(pairwise(times)):
            wait = (departure[0] - arrival[1]).total_seconds() / 60
            assert 30 <= wait <= 300 or index in turns


@pytest.mark.parametrize("seed", range(3))
def test_the_usual_world_is_as_the_benchmark(seed: int) -> None:
    found = usual(seed)
    assert [len(rows) for rows in found] == list(DEFAULT_SIZE.values())
    days = Counter(str(day.__struct_config__.tag) for flight in found.flights.values() for day in flight.dates.values())
    assert set(days) == {"available", "landed", "cancelled", "delayed", "on time", "flying"}
    assert 4300 < days["available"] < 4500
    assert 0.06 < days["cancelled"] / (days["cancelled"] + days["landed"]) < 0.14
    assert min(days["delayed"], days["on time"], days["flying"]) > 20
    routes = Counter((flight.origin, flight.destination) for flight in found.flights.values())
    assert 90 <= len(routes) <= 120
    assert len({origin for origin, _ in routes}) == 20
    booked = Counter(len(user.reservations) for user in found.users.values())
    assert 0 < booked[0] < 75
    assert sum(count for number, count in booked.items() if number > 1) > 400
    reservations = found.reservations.values()
    for field, least in {"cabin": 600, "insurance": 900, "flight_type": 800}.items():
        assert min(Counter(getattr(one, field) for one in reservations).values()) > least
    assert set(Counter(len(one.passengers) for one in reservations)) == {1, 2, 3, 4, 5}
    assert {len(one.flights) for one in reservations} == {1, 2, 3, 4}
    assert 40 < sum(one.status == "cancelled" for one in reservations) < 130


@pytest.mark.parametrize("seed", range(3))
def test_every_kind_of_request_has_many_occasions(seed: int) -> None:
    found = usual(seed)
    live = found.not_started()
    status = {one.reservation_id: found.statuses(one) for one in live}
    assert len(live) > 1000
    assert sum(map(booked_within_a_day, live)) > 60
    assert sum(one.cabin == "business" for one in live) > 250
    assert sum(one.insurance == "yes" and one.cabin != "business" for one in live) > 250
    assert sum(may_change_flights(one, status[one.reservation_id]) for one in live) > 500
    assert sum(not any(may_cancel(one, status[one.reservation_id], why) for why in REASONS) for one in live) > 150
    for incident in ("cancelled", "delayed"):
        owed = [one for one in live if incident in status[one.reservation_id]]
        due = [compensation(found.users[one.user_id], one, incident, True) for one in owed]
        assert sum(amount > 0 for amount in due) > 15
    refused = [one for one in live if "cancelled" in status[one.reservation_id]]
    assert any(compensation(found.users[one.user_id], one, "cancelled", True) == 0 for one in refused)
    flown = [one for one in found.reservations.values() if one.status is None and started(found.statuses(one))]
    assert len(flown) > 300
    assert not any(map(booked_within_a_day, flown))
    assert sum("available" in found.statuses(one) for one in flown) > 40
    routes = Counter((one.user_id, one.origin, one.destination) for one in live)
    assert sum(count > 1 for count in routes.values()) > 50
    cards = [
        m.amount for user in found.users.values() for m in user.payment_methods.values() if isinstance(m, GiftCard)
    ]
    assert sum(amount > 300 for amount in cards) > 80
    assert (
        sum(any(isinstance(m, Certificate) for m in user.payment_methods.values()) for user in found.users.values())
        > 200
    )
    assert any(
        isinstance(day, Cancelled) for f in found.flights.values() for name, day in f.dates.items() if name > TODAY
    )


def test_a_cancelled_reservation_is_as_the_tool_would_have_left_it() -> None:
    found = usual()
    gone = [one for one in found.reservations.values() if one.status == "cancelled"]
    assert any(
        any(p.payment_id not in found.users[one.user_id].payment_methods for p in one.payment_history) for one in gone
    )
    before = {
        one.reservation_id: replace(
            one, status=None, payment_history=tuple(p for p in one.payment_history if p.amount > 0)
        )
        for one in gone
    }
    state = State(World("airline", {Flight: found.flights, User: found.users, Reservation: before}))
    for one in gone:
        result = Toolbox(TOOLS).call(state, ToolCall("1", "cancel_reservation", {"reservation_id": one.reservation_id}))
        assert not result.error, result.content
        assert state.get(Reservation, one.reservation_id) == one


@pytest.mark.parametrize(
    ("size", "says"),
    [
        ({"flights": 0}, "cannot have 0 flights"),
        ({"flights": 1_000}, "give 1 to 999"),
        ({"flights": -1}, "empty world"),
        ({"users": 0}, "cannot have 0 users"),
        ({"users": 5_001}, "give 1 to 5000"),
        ({"reservations": 0}, "cannot have 0 reservations"),
        ({"users": 10, "reservations": 101}, "ask for more users"),
        ({"orders": 3}, "no table 'orders'; its tables are flights, users, reservations"),
        ({"x" * 10_000: 3}, "no table"),
    ],
)
def test_impossible_sizes_are_refused(size: dict[str, int], says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)) as caught:
        generate(0, size)
    assert len(str(caught.value)) <= 400
