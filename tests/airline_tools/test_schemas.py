"""What the model is told about the tools: the benchmark's names, in a schema that endpoints accept."""

from typing import Any

import pytest

from cove_rl.domains.airline.tools import TOOLS
from cove_rl.world.tool import Tool

from .office import BOX

SEARCH = ["origin", "destination", "date"]
ARGUMENTS = {
    "book_reservation": [
        "user_id",
        "origin",
        "destination",
        "flight_type",
        "cabin",
        "flights",
        "passengers",
        "payment_methods",
        "total_baggages",
        "nonfree_baggages",
        "insurance",
    ],
    "calculate": ["expression"],
    "cancel_reservation": ["reservation_id"],
    "get_flight_status": ["flight_number", "date"],
    "get_reservation_details": ["reservation_id"],
    "get_user_details": ["user_id"],
    "list_all_airports": [],
    "search_direct_flight": SEARCH,
    "search_onestop_flight": SEARCH,
    "send_certificate": ["user_id", "amount"],
    "transfer_to_human_agents": ["summary"],
    "update_reservation_baggages": ["reservation_id", "total_baggages", "nonfree_baggages", "payment_id"],
    "update_reservation_flights": ["reservation_id", "cabin", "flights", "payment_id"],
    "update_reservation_passengers": ["reservation_id", "passengers"],
}
LISTS = {
    "flights": {"flight_number": "string", "date": "string"},
    "passengers": {"first_name": "string", "last_name": "string", "dob": "string"},
    "payment_methods": {"payment_id": "string", "amount": "integer"},
}
CHOICES = {
    "flight_type": ["one_way", "round_trip"],
    "cabin": ["basic_economy", "business", "economy"],
    "insurance": ["no", "yes"],
}
WHOLE = {"total_baggages", "nonfree_baggages", "amount"}


def test_names_and_arguments_are_the_benchmarks() -> None:
    found = {tool.name: list(tool.schema["function"]["parameters"]["properties"]) for tool in TOOLS}
    assert found == ARGUMENTS


def test_six_read_six_write_two_do_neither() -> None:
    kinds = [tool.kind for tool in TOOLS]
    assert [kinds.count(kind) for kind in ("read", "write", "generic")] == [6, 6, 2]
    assert {tool.owner for tool in TOOLS} == {"assistant"}
    assert BOX.schemas("user") == []


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_argument_is_described_typed_and_required(tool: Tool) -> None:
    function: dict[str, Any] = tool.schema["function"]
    parameters = function["parameters"]
    assert tool.schema["type"] == "function"
    assert 30 < len(function["description"]) < 400
    assert parameters["type"] == "object"
    assert parameters["required"] == list(parameters["properties"])
    assert parameters["additionalProperties"] is False
    for name, part in parameters["properties"].items():
        assert len(part["description"]) > 10, name
        if name in CHOICES:
            assert part["enum"] == CHOICES[name]
        elif name in LISTS:
            assert part["type"] == "array"
        else:
            assert part["type"] == ("integer" if name in WHOLE else "string")


@pytest.mark.parametrize("name", LISTS)
def test_what_lists_hold_is_described_typed_and_required(name: str) -> None:
    for tool in TOOLS:
        part = tool.schema["function"]["parameters"]["properties"].get(name)
        if part:
            held = part["items"]
            assert held["type"] == "object"
            assert {field: one["type"] for field, one in held["properties"].items()} == LISTS[name]
            assert held["required"] == list(held["properties"])
            assert all(len(one["description"]) > 10 for one in held["properties"].values())


def test_a_signature_says_what_lists_hold_and_what_there_is_to_choose() -> None:
    signature = BOX.tools["update_reservation_flights"].signature()
    assert signature == (
        "reservation_id: string, cabin: 'basic_economy' or 'business' or 'economy', "
        "flights: array of {flight_number, date}, payment_id: string"
    )


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_that_changes_records_asks_for_consent_first(tool: Tool) -> None:
    assert ("consent (yes)" in tool.schema["function"]["description"]) == (tool.kind == "write")
