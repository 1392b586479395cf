"""Episode messages as chat templates see them."""

import json

import pytest

from cove_rl.episode.chat import (
    DEPTH,
    UNREADABLE,
    chat_messages,
    parsed_arguments,
    sent_messages,
    system_message,
)
from cove_rl.episode.trajectory import Message
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain


def test_messages_keep_their_roles_texts_and_calls() -> None:
    messages = [
        Message("user", "Hello."),
        Message("assistant", "One moment.", (ToolCall("call_1", "look", {"a": 1}), ToolCall("call_2", "", "{"))),
        Message("tool", "{}", call_id="call_1"),
    ]
    user, assistant, tool = chat_messages(messages)
    assert user == {"role": "user", "content": "Hello."}
    assert tool == {"role": "tool", "content": "{}", "tool_call_id": "call_1"}
    assert assistant["content"] == "One moment."
    assert [call["id"] for call in assistant["tool_calls"]] == ["call_1", "call_2"]
    assert [call["function"] for call in assistant["tool_calls"]] == [
        {"name": "look", "arguments": {"a": 1}},
        {"name": "", "arguments": "{"},
    ]


def test_the_system_prompt_is_the_policy() -> None:
    assert system_message(get_domain("retail")) == {"role": "system", "content": get_domain("retail").policy}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("{}", {}),
        ("[1]", "[1]"),
        ("null", "null"),
        ("", ""),
        ("{", "{"),
        ('{"a": NaN}', '{"a": NaN}'),
        ('{"a": "\ud800"}', '{"a": "\ud800"}'),
        ("[" * 100_000, "[" * 100_000),
    ],
    ids=range(9),
)
def test_arguments_are_an_object_or_stay_text(text: str, value: object) -> None:
    assert parsed_arguments(text) == value


def test_arguments_as_deep_as_no_tool_wants_them_stay_text() -> None:
    def nested(depth: int) -> str:
        return '{"a": ' * depth + "1" + "}" * depth

    assert isinstance(parsed_arguments(nested(DEPTH - 1)), dict)
    assert parsed_arguments(nested(DEPTH)) == nested(DEPTH)


def test_what_is_sent_has_arguments_that_every_server_can_parse() -> None:
    calls = (ToolCall("1", "look", {"a": ["é", 1]}), ToolCall("2", "look", '{"a": '), ToolCall("3", "look", {}))
    message = Message("assistant", "One moment.", calls)
    (sent,) = sent_messages([message])
    arguments = [json.loads(call["function"]["arguments"]) for call in sent["tool_calls"]]
    assert arguments == [{"a": ["é", 1]}, {UNREADABLE: '{"a": '}, {}]
    assert message.calls == calls
    plain = [Message("user", "Hi."), Message("tool", "1", call_id="1")]
    assert sent_messages(plain) == chat_messages(plain)
