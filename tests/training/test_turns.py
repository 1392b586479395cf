"""Turns as messages: what is spoken, what is called, what stays hidden."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cove_rl.episode.trajectory import Message
from cove_rl.world.domain import get_domain

from .engines import OpenAIFunctionToolSchema, TurnReader, chat_messages

SCHEMAS = [OpenAIFunctionToolSchema.model_validate(schema) for schema in get_domain("retail").toolbox.schemas()]
PATIENT = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


async def read(tokenizer: Any, text: str, tool_format: str = "hermes", *, reasons: bool = False) -> Message:
    reader = TurnReader(tool_format, tokenizer, SCHEMAS, reasons=reasons)
    return await reader.read(tokenizer.encode(text, add_special_tokens=False))


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Hello.<|im_end|>", "Hello."),
        ("  Hello.\n", "Hello."),
        ("", ""),
        ("<think>\n\n</think>\n\nHello.", "Hello."),
        ("a<think>b</think>c", "c"),
        ("<think>a</think>b<think>c</think>d", "d"),
        ("a<think>b", "a"),
        ("a</think>b", "b"),
        ("<|im_start|>assistant\nHello.", "assistant\nHello."),
        ("A <b> & <tool_cal> tag", "A <b> & <tool_cal> tag"),
    ],
)
async def test_speech(tokenizer: Any, text: str, content: str) -> None:
    assert await read(tokenizer, text) == Message("assistant", content)


async def test_a_call_of_the_hermes_format(tokenizer: Any) -> None:
    message = await read(tokenizer, 'One moment.\n<tool_call>\n{"name": "f", "arguments": {"a": [1]}}\n</tool_call>')
    (call,) = message.calls
    assert (message.content, call.id, call.name, call.arguments) == ("One moment.", "call_1", "f", {"a": [1]})


async def test_a_call_of_the_qwen_coder_format_gets_its_types_from_the_schema(tokenizer: Any) -> None:
    written = (
        "<tool_call>\n<function=cancel_pending_order>\n<parameter=order_id>\n#W0123456\n</parameter>\n"
        "<parameter=reason>\nordered by mistake\n</parameter>\n</function>\n</tool_call>"
    )
    (call,) = (await read(tokenizer, written, "qwen3_coder")).calls
    expected = {"order_id": "#W0123456", "reason": "ordered by mistake"}
    assert (call.name, call.arguments) == ("cancel_pending_order", expected)
    (cut,) = (await read(tokenizer, written[:-40], "qwen3_coder")).calls
    assert (cut.name, cut.arguments) == ("", written[:-40])


async def test_calls_are_numbered_through_the_conversation(tokenizer: Any) -> None:
    reader = TurnReader("hermes", tokenizer, SCHEMAS)
    turn = tokenizer.encode("<tool_call>{}</tool_call><tool_call>{}</tool_call>", add_special_tokens=False)
    ids = [call.id for _ in range(2) for call in (await reader.read(turn)).calls]
    assert ids == ["call_1", "call_2", "call_3", "call_4"]


async def test_what_is_no_json_object_stays_text(tokenizer: Any) -> None:
    for arguments in ("[]", "3", "null", '"{}"', "NaN"):
        (call,) = (await read(tokenizer, f'<tool_call>{{"name": "f", "arguments": {arguments}}}</tool_call>')).calls
        assert call.name == "f"
        assert isinstance(call.arguments, str)


async def test_unbounded_nesting_and_numbers_are_taken_or_answered(tokenizer: Any) -> None:
    for depth, name in ((10, "f"), (40, ""), (5000, "")):
        nested = '{"a": ' * depth + "1" + "}" * depth
        (call,) = (await read(tokenizer, f'<tool_call>{{"name": "f", "arguments": {nested}}}</tool_call>')).calls
        assert call.name == name
    (call,) = (await read(tokenizer, f'<tool_call>{{"name": "f", "arguments": {{"a": {10**60}}}}}</tool_call>')).calls
    assert call.arguments == {"a": 10**60}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@PATIENT
@given(
    call=st.one_of(JSON, st.fixed_dictionaries({"name": JSON, "arguments": JSON}, optional={"id": JSON})),
    indent=st.sampled_from([None, 1]),
    ascii_only=st.booleans(),
)
async def test_calls_are_read_as_verl_reads_them(tokenizer: Any, call: Any, indent: Any, ascii_only: bool) -> None:
    written = f"<tool_call>\n{json.dumps(call, indent=indent, ensure_ascii=ascii_only)}\n</tool_call>"
    reader = TurnReader("hermes", tokenizer, SCHEMAS)
    plain = reader._plain(written)
    assert plain is None or repr(plain) == repr(await reader._parsed(written))


VISIBLE = st.text(alphabet='ab é😀\n{}"', max_size=12)
HIDDEN = VISIBLE.map(lambda text: f"<think>{text}SECRET{text}</think>")
CALLS = st.sampled_from(
    [
        '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>',
        "<tool_call>{</tool_call>",
        "<tool_call><tool_call></tool_call>",
    ]
)


@PATIENT
@given(
    lead=st.booleans(),
    parts=st.lists(st.one_of(VISIBLE, HIDDEN, CALLS), max_size=6),
    tail=st.sampled_from(["", "<think>SECRET", "<think>\nSECRET<tool_call>{}</tool_call>", "<tool_call>{"]),
)
async def test_reasoning_never_leaves_the_turn(tokenizer: Any, lead: bool, parts: list[str], tail: str) -> None:
    text = ("SECRET</think>" if lead else "") + "".join(parts) + tail
    message = await read(tokenizer, text, reasons=lead)
    assert "SECRET" not in message.content + "".join(f"{call.name}{call.arguments}" for call in message.calls)
    assert "tool_call>" not in message.content


@PATIENT
@given(ids=st.lists(st.integers(0, 4095), max_size=60), tool_format=st.sampled_from(["hermes", "qwen3_coder"]))
async def test_any_tokens_make_a_message_that_can_be_recorded(tokenizer: Any, ids: list[int], tool_format: str) -> None:
    message = await TurnReader(tool_format, tokenizer, SCHEMAS).read(ids)
    assert json.loads(json.dumps(chat_messages([message])))
    assert message.content == message.content.strip()
    assert not any(special in message.content for special in tokenizer.all_special_tokens)
