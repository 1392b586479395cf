"""`problems` finds nothing in a sound database, the benchmark's included, and names the place of every fault."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cove_rl.domains.airline.check import problems
from cove_rl.domains.airline.generate import generate
from cove_rl.domains.airline.records import TABLES, Flight, Reservation, User
from cove_rl.world.record import Record
from cove_rl.world.world import Tables

from . import faults


@cache
def sound() -> str:
    """Return the tables of a world as JSON."""
    tables: Any = generate(0, faults.SIZE)
    return msgspec.json.encode({name: tables[kind] for name, kind in TABLES.items()}).decode()


def decoded(tables: faults.Tables) -> Tables:
    return {
        kind: {key: msgspec.convert(row, kind) for key, row in tables[name].items()} for name, kind in TABLES.items()
    }


def test_the_benchmarks_own_database_is_sound(tau2: Path) -> None:
    assert problems(decoded(json.loads((tau2 / "domains/airline/db.json").read_bytes()))) == []


def test_an_empty_database_is_sound() -> None:
    assert problems({}) == []
    assert problems({Flight: {}, User: {}, Reservation: {}}) == []


@pytest.mark.parametrize("name", faults.CONTRADICTIONS)
def test_each_fault_is_named_with_its_place(name: str) -> None:
    tables = json.loads(sound())
    assert problems(decoded(tables)) == []
    fault = faults.CONTRADICTIONS[name]
    fault.spoil(tables)
    lines = problems(decoded(tables))
    assert any(fault.says in line for line in lines), lines[:5]
    assert all(line.partition(":")[0].split("/")[0] in TABLES for line in lines)
    assert all("\n" not in line for line in lines)


@settings(max_examples=30)
@given(table=st.sampled_from([Flight, User, Reservation]), pick=st.integers(0))
def test_a_row_that_goes_missing_is_missed(table: type[Record], pick: int) -> None:
    """Every flight that was booked, every user with reservations, and every reservation is referred to."""
    tables: Any = dict(decoded(json.loads(sound())))
    booked = tables[Reservation].values()
    needed: dict[Any, set[str]] = {
        Flight: {segment.flight_number for one in booked for segment in one.flights},
        User: {one.user_id for one in booked},
        Reservation: set(tables[Reservation]),
    }
    key = sorted(needed[table])[pick % len(needed[table])]
    tables[table] = {name: row for name, row in tables[table].items() if name != key}
    assert any(key in line for line in problems(tables))


def walk(node: Any, path: tuple[Any, ...] = ()) -> Any:
    """Yield the place of every text and number."""
    if isinstance(node, dict | list):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from walk(child, (*path, key))
    else:
        yield path


@cache
def places() -> list[tuple[Any, ...]]:
    return list(walk(json.loads(sound())))


@settings(max_examples=150)
@given(pick=st.integers(0), text=st.text(max_size=30), number=st.integers(-(2**62), 2**62))
def test_nothing_that_can_be_read_makes_it_fail(pick: int, text: str, number: int) -> None:
    tables = json.loads(sound())
    place = places()[pick % len(places())]
    node: Any = tables
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = text if isinstance(node[place[-1]], str) else number
    try:
        found = decoded(tables)
    except msgspec.ValidationError:
        return
    assert all(isinstance(line, str) for line in problems(found))
