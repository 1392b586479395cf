"""Arguments that no tool asked for: they come back as short errors, and nothing else happens."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.domains.retail.tools import TOOLS
from cove_rl.world.call import ToolCall
from cove_rl.world.tool import Tool

from .shop import BOX, Shop

SHOP = Shop()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
WITH_ARGUMENTS = [tool for tool in TOOLS if tool.schema["function"]["parameters"]["properties"]]


def _proper(tool: Tool) -> dict[str, Any]:
    properties = tool.schema["function"]["parameters"]["properties"]
    return {name: ["x"] if part["type"] == "array" else "x" for name, part in properties.items()}


def _refused(name: str, arguments: Any) -> str:
    text = SHOP.call(name, arguments)
    assert text.error
    assert len(text.content) < 1000
    return text.content


@pytest.mark.parametrize("tool", WITH_ARGUMENTS, ids=lambda tool: tool.name)
@pytest.mark.parametrize("wrong", [None, 7, 1.5, True, {"a": 1}, [[["x"]]]])
def test_a_wrong_type_names_the_argument_and_the_signature(tool: Tool, wrong: object) -> None:
    for name in _proper(tool):
        text = _refused(tool.name, {**_proper(tool), name: wrong})
        assert name in text
        assert tool.signature() in text


@pytest.mark.parametrize("tool", WITH_ARGUMENTS, ids=lambda tool: tool.name)
def test_a_missing_argument_is_named(tool: Tool) -> None:
    for name in _proper(tool):
        arguments = _proper(tool)
        del arguments[name]
        assert f"`{name}`" in _refused(tool.name, arguments)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_an_extra_argument_is_refused(tool: Tool) -> None:
    assert "`surprise`" in _refused(tool.name, {**_proper(tool), "surprise": "x"})


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
@pytest.mark.parametrize("text", ["", "{", "null", "[1]", "'x'", "{" * 10**5])
def test_arguments_that_are_no_object_are_refused(tool: Tool, text: str) -> None:
    assert "must be one JSON object" in _refused(tool.name, text)


@pytest.mark.parametrize("tool", WITH_ARGUMENTS, ids=lambda tool: tool.name)
def test_giant_and_deep_arguments_give_short_errors(tool: Tool) -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    for name, value in _proper(tool).items():
        _refused(tool.name, {**_proper(tool), name: deep})
        if tool.name != "transfer_to_human_agents":
            giant = "y" * 10**6
            _refused(tool.name, {**_proper(tool), name: [giant] * 9 if isinstance(value, list) else giant})


@pytest.mark.parametrize("name", ["no_such_tool", "get_order_details ", "x" * 10**6])
def test_an_unknown_tool_is_answered_with_the_known_ones(name: str) -> None:
    result = BOX.call(SHOP.state, ToolCall("c", name, {}))
    assert result.error
    assert "get_order_details" in result.content
    assert len(result.content) < 1000


def test_a_user_cannot_call_the_agents_tools() -> None:
    assert BOX.call(SHOP.state, ToolCall("c", "list_all_product_types", {}, "user")).error


@given(st.sampled_from([tool.name for tool in TOOLS]), st.dictionaries(st.text(max_size=12), JSON, max_size=5))
def test_no_json_breaks_a_tool(name: str, arguments: dict[str, Any]) -> None:
    Shop(world=SHOP.state.world).call(name, arguments)


@given(st.data())
def test_no_value_in_the_right_place_breaks_a_tool(data: st.DataObject) -> None:
    tool = data.draw(st.sampled_from(TOOLS))
    arguments = {name: data.draw(JSON, name) for name in _proper(tool)}
    Shop(world=SHOP.state.world).call(tool.name, arguments)
