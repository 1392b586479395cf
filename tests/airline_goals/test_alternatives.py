"""Other values of arguments are other values, of the right shape, and some of them tempt."""

from collections.abc import Iterator

import msgspec
import pytest

from cove_rl.domains.airline.alternatives import alternatives
from cove_rl.domains.airline.records import Reservation
from cove_rl.world.call import ToolCall

from .shelf import DOMAIN, Office, requests, world

WRITES = {name: tool for name, tool in DOMAIN.toolbox.tools.items() if tool.kind == "write"}

PRICED = {"book_reservation": {"user_id", "cabin", "insurance", "nonfree_baggages"}}
"""Arguments whose other values need other payments; see `test_outcome.py`."""


def calls() -> Iterator[ToolCall]:
    return (
        ToolCall("c", action.name, msgspec.json.decode(msgspec.json.encode(action.arguments)))
        for _, request in requests()
        for action in request.constraint.actions(world())
    )


def test_they_differ_and_can_be_passed_to_the_tool() -> None:
    for call in calls():
        assert isinstance(call.arguments, dict)
        for name, value in call.arguments.items():
            options = alternatives(world(), call, name)
            assert value not in options
            for option in options[:6]:
                msgspec.convert({**call.arguments, name: option}, WRITES[call.name].arguments)


@pytest.mark.parametrize("tool", WRITES)
def test_every_argument_of_every_write_has_some_that_succeed(tool: str) -> None:
    """A wrong write that fails would be no trial of the verifier."""
    missing = set(WRITES[tool].arguments.__struct_fields__) - PRICED.get(tool, set())
    for call in calls():
        if call.name == tool and isinstance(call.arguments, dict):
            missing -= {name for name in missing if any(succeeds(call, name))}
    assert missing == set()


def succeeds(call: ToolCall, name: str) -> Iterator[bool]:
    """Whether the call succeeds with other values of an argument, one after the other."""
    assert isinstance(call.arguments, dict)
    for option in alternatives(world(), call, name)[:10]:
        result = Office().call(call.name, **{**call.arguments, name: option})
        yield not result.error and bool(result.changes)


def test_lists_of_another_reservation_are_replaced_by_its_own() -> None:
    seen = 0
    for call in calls():
        if call.name == "update_reservation_flights" and isinstance(call.arguments, dict):
            for other in alternatives(world(), call, "reservation_id")[:3]:
                one = world().rows(Reservation)[other]
                moved = ToolCall("c", call.name, {**call.arguments, "reservation_id": other})
                for option in alternatives(world(), moved, "flights")[:5]:
                    number = option[0]["flight_number"]
                    routes = {segment.flight_number: segment.origin for segment in one.flights}
                    assert routes.get(number, one.origin) == one.origin
                    seen += 1
    assert seen > 50


def test_reads_have_others_too() -> None:
    reads = {
        "get_user_details": {"user_id": next(iter(world().rows(Reservation).values())).user_id},
        "get_reservation_details": {"reservation_id": next(iter(world().rows(Reservation)))},
        "get_flight_status": {"flight_number": "KIR001", "date": "2024-05-20"},
        "search_direct_flight": {"origin": "JFK", "destination": "SFO", "date": "2024-05-20"},
    }
    for name, arguments in reads.items():
        for argument in arguments:
            assert alternatives(world(), ToolCall("c", name, arguments), argument)


@pytest.mark.parametrize("arguments", ["{", {}, {"expression": "1 + 1"}, {"summary": "so it goes"}])
def test_what_nothing_is_known_of_has_none(arguments: dict[str, str] | str) -> None:
    for name in ("reservation_id", "expression", "summary", "flights"):
        assert alternatives(world(), ToolCall("c", "calculate", arguments), name) == []
