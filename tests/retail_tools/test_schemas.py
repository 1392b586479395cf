"""What the model is told about the tools: the benchmark's names, in a schema that endpoints accept."""

from typing import Any

import pytest

from cove_rl.domains.retail.tools import TOOLS
from cove_rl.world.tool import Tool

from .shop import BOX

ADDRESS = ["address1", "address2", "city", "state", "country", "zip"]
SWAP = ["order_id", "item_ids", "new_item_ids", "payment_method_id"]
ARGUMENTS = {
    "calculate": ["expression"],
    "cancel_pending_order": ["order_id", "reason"],
    "exchange_delivered_order_items": SWAP,
    "find_user_id_by_email": ["email"],
    "find_user_id_by_name_zip": ["first_name", "last_name", "zip"],
    "get_item_details": ["item_id"],
    "get_order_details": ["order_id"],
    "get_product_details": ["product_id"],
    "get_user_details": ["user_id"],
    "list_all_product_types": [],
    "modify_pending_order_address": ["order_id", *ADDRESS],
    "modify_pending_order_items": SWAP,
    "modify_pending_order_payment": ["order_id", "payment_method_id"],
    "modify_user_address": ["user_id", *ADDRESS],
    "return_delivered_order_items": ["order_id", "item_ids", "payment_method_id"],
    "transfer_to_human_agents": ["summary"],
}


def test_names_and_arguments_are_the_benchmarks() -> None:
    found = {tool.name: list(tool.schema["function"]["parameters"]["properties"]) for tool in TOOLS}
    assert found == ARGUMENTS


def test_seven_read_seven_write_two_do_neither() -> None:
    kinds = [tool.kind for tool in TOOLS]
    assert [kinds.count(kind) for kind in ("read", "write", "generic")] == [7, 7, 2]
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
        if name.endswith("item_ids"):
            assert part["type"] == "array"
            assert part["items"] == {"type": "string"}
        else:
            assert part["type"] == "string"


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_that_changes_records_asks_for_consent_first(tool: Tool) -> None:
    assert ("consent (yes)" in tool.schema["function"]["description"]) == (tool.kind == "write")
