"""Arguments that no tool asked for: they come back as short errors, and nothing else happens."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.domains.airline.tools import TOOLS
from cove_rl.world.call import ToolCall
from cove_rl.world.tool import Tool

from .office import BOX, WHO, Office, booking, flights, paying

OFFICE = Office()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PROPER = {
    **booking(),
    "reservation_id": "SINGLE",
    "flight_number": "KIR004",
    "date": "2024-05-16",
    "payment_id": "card",
    "passengers": WHO * 2,
    "amount": 50,
    "summary": "x",
    "expression": "1+1",
}
WITH_ARGUMENTS = [tool for tool in TOOLS if tool.schema["function"]["parameters"]["properties"]]


def _proper(tool: Tool) -> dict[str, Any]:
    return {name: PROPER[name] for name in tool.schema["function"]["parameters"]["properties"]}


def _refused(name: str, arguments: Any) -> str:
    result = OFFICE.call(name, arguments)
    assert result.error, result.content
    assert "\n" not in result.content
    assert len(result.content) < 1200
    return result.content


@pytest.mark.parametrize("tool", WITH_ARGUMENTS, ids=lambda tool: tool.name)
@pytest.mark.parametrize("wrong", [None, 1.5, True, {"a": 1}, [[["x"]]], "10", float("nan")], ids=repr)
def test_a_wrong_type_names_the_argument_and_the_signature(tool: Tool, wrong: object) -> None:
    for name, value in _proper(tool).items():
        if type(value) is not type(wrong):
            text = _refused(tool.name, {**_proper(tool), name: wrong})
            assert name in text
            assert tool.signature() in text


@pytest.mark.parametrize("tool", WITH_ARGUMENTS, ids=lambda tool: tool.name)
def test_a_missing_argument_is_named(tool: Tool) -> None:
    for name in _proper(tool):
        arguments = _proper(tool)
        del arguments[name]
        assert f"The call missing required field `{name}`" in _refused(tool.name, arguments)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_an_extra_argument_is_refused(tool: Tool) -> None:
    assert "`surprise`" in _refused(tool.name, {**_proper(tool), "surprise": "x"})


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
@pytest.mark.parametrize("text", ["", "{", "null", "[1]", "'x'", "{" * 10**5], ids=lambda text: text[:9])
def test_arguments_that_are_no_object_are_refused(tool: Tool, text: str) -> None:
    assert "must be one JSON object" in _refused(tool.name, text)


@pytest.mark.parametrize(
    ("name", "wrong", "reason"),
    [
        ("flight_type", "return", "'return' - at `flight_type`"),
        ("cabin", "first", "'first' - at `cabin`"),
        ("cabin", "basic economy", "'basic economy' - at `cabin`"),
        ("cabin", "", "'' - at `cabin`"),
        ("insurance", "Yes", "'Yes' - at `insurance`"),
        ("insurance", False, "got `bool` - at `insurance`"),
        ("total_baggages", "2", "got `str` - at `total_baggages`"),
        ("total_baggages", 2.5, "got `float` - at `total_baggages`"),
        ("nonfree_baggages", [], "got `array` - at `nonfree_baggages`"),
        ("flights", "KIR004", "got `str` - at `flights`"),
        ("flights", '[{"flight_number": "KIR004", "date": "2024-05-16"}]', "got `str` - at `flights`"),
        ("flights", flights("KIR004@05-16")[0], "got `object` - at `flights`"),
        ("flights", ["KIR004"], "got `str` - at `flights[0]`"),
        ("flights", [["KIR004", "2024-05-16"]], "got `array` - at `flights[0]`"),
        ("flights", [None], "got `null` - at `flights[0]`"),
        ("flights", [{}], "`flight_number` - at `flights[0]`"),
        ("flights", [{"flight_number": "KIR004"}], "`date` - at `flights[0]`"),
        ("flights", [*flights("KIR004@05-16"), {"date": "2024-05-16"}], "`flight_number` - at `flights[1]`"),
        ("flights", [{"flight_number": 4, "date": "2024-05-16"}], "got `int` - at `flights[0].flight_number`"),
        ("flights", [{"flight_number": "KIR004", "date": None}], "got `null` - at `flights[0].date`"),
        ("passengers", "Dan Roe", "got `str` - at `passengers`"),
        ("passengers", ["Dan Roe"], "got `str` - at `passengers[0]`"),
        ("passengers", [{"name": "Dan Roe", "dob": "1981-01-02"}], "`first_name` - at `passengers[0]`"),
        ("passengers", [{"first_name": "Dan", "last_name": "Roe"}], "`dob` - at `passengers[0]`"),
        ("passengers", [*WHO, {**WHO[0], "dob": 1981}], "got `int` - at `passengers[1].dob`"),
        ("payment_methods", "card", "got `str` - at `payment_methods`"),
        ("payment_methods", ["card"], "got `str` - at `payment_methods[0]`"),
        ("payment_methods", {"card": 110}, "got `object` - at `payment_methods`"),
        ("payment_methods", [{"payment_id": "card"}], "`amount` - at `payment_methods[0]`"),
        ("payment_methods", [{"id": "card", "amount": 110}], "`payment_id` - at `payment_methods[0]`"),
        ("payment_methods", [{"payment_id": "card", "amount": "110"}], "got `str` - at `payment_methods[0].amount`"),
        ("payment_methods", [{"payment_id": "card", "amount": 110.5}], "got `float` - at `payment_methods[0].amount`"),
        ("payment_methods", paying(card=10**12), "amount is a giant number"),
        ("payment_methods", paying(card=-(10**12)), "amount is a giant number"),
        ("total_baggages", 10**300, "total_baggages is a giant number"),
        ("nonfree_baggages", 10**300, "nonfree_baggages is a giant number"),
    ],
)
def test_a_booking_with_one_thing_wrong_says_what_and_where(name: str, wrong: Any, reason: str) -> None:
    assert reason in _refused("book_reservation", booking(**{name: wrong}))


@pytest.mark.parametrize("tool", WITH_ARGUMENTS, ids=lambda tool: tool.name)
def test_giant_and_deep_arguments_give_short_errors(tool: Tool) -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    giant = "y" * 10**6
    for name, value in _proper(tool).items():
        _refused(tool.name, {**_proper(tool), name: deep})
        if isinstance(value, list):
            _refused(tool.name, {**_proper(tool), name: [dict.fromkeys(value[0], giant)] * 9})
        elif name not in ("summary", "origin", "destination") and not tool.name.startswith("search"):
            _refused(tool.name, {**_proper(tool), name: giant})


@pytest.mark.parametrize("name", ["no_such_tool", "get_user_details ", "book reservation", "x" * 10**6])
def test_an_unknown_tool_is_answered_with_the_known_ones(name: str) -> None:
    result = BOX.call(OFFICE.state, ToolCall("c", name, {}))
    assert result.error
    assert "get_reservation_details" in result.content
    assert len(result.content) < 1000


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_user_cannot_call_the_agents_tools(tool: Tool) -> None:
    assert BOX.call(OFFICE.state, ToolCall("c", tool.name, _proper(tool), "user")).error


@pytest.mark.parametrize("text", ["", "SFO ", "sfo", "San Francisco", "y" * 10**6], ids=lambda text: text[:9])
def test_a_search_for_nowhere_finds_nothing(text: str) -> None:
    for name in ("search_direct_flight", "search_onestop_flight"):
        for wrong in ("origin", "destination", "date"):
            route = {"origin": "SFO", "destination": "JFK", "date": "2024-05-16", wrong: text}
            assert OFFICE.ok(name, **route) == "[]"


@given(st.sampled_from([tool.name for tool in TOOLS]), st.dictionaries(st.text(max_size=12), JSON, max_size=5))
def test_no_json_breaks_a_tool(name: str, arguments: dict[str, Any]) -> None:
    Office(world=OFFICE.state.world).call(name, arguments)


@given(st.data())
def test_no_value_in_the_right_place_breaks_a_tool(data: st.DataObject) -> None:
    tool = data.draw(st.sampled_from(TOOLS))
    wrong = data.draw(st.sets(st.sampled_from(sorted(_proper(tool)) or [""])))
    arguments = {name: data.draw(JSON, name) if name in wrong else value for name, value in _proper(tool).items()}
    Office(world=OFFICE.state.world).call(tool.name, arguments)


@pytest.mark.parametrize("behaviour", ["ours", "benchmark"])
@given(data=st.data())
def test_no_number_breaks_a_tool(behaviour: Any, data: st.DataObject) -> None:
    """Numbers of the right type and any size: answered, whether or not they make sense."""
    number = st.integers() | st.sampled_from([0, 1, 2, 10**9, -(10**9), 10**400, -(10**400)])
    total, nonfree, amount = (data.draw(number, name) for name in ("total", "nonfree", "amount"))
    office = Office(behaviour)
    bags = {"total_baggages": total, "nonfree_baggages": nonfree}
    office.call("book_reservation", booking(**bags, payment_methods=paying(gift=amount)))
    office.call("update_reservation_baggages", {"reservation_id": "SINGLE", "payment_id": "gift", **bags})
    office.call("send_certificate", {"user_id": "ann_1", "amount": amount})
