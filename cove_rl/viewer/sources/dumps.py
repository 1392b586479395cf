"""Rollouts as verl dumps them (`trainer.rollout_data_dir`, `trainer.validation_data_dir`): decoded text and a score.

The marks between messages are special tokens, which verl leaves out of the text: what remains of them is a line with
the role alone. A message that has such a line itself is cut there.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from cove_rl.episode.chat import parsed_arguments
from cove_rl.episode.trajectory import Message
from cove_rl.files import decode_json
from cove_rl.viewer.card import Card
from cove_rl.viewer.detail import Detail, Part
from cove_rl.viewer.dialogue import turns_of
from cove_rl.viewer.sources.source import Known
from cove_rl.world.call import ToolCall

_ROLE = re.compile(r"^(system|user|assistant|tool)\n", re.MULTILINE)
_CALL = re.compile(r"<tool_call>(.*?)(?:</tool_call>|$)", re.DOTALL)
_BARE = re.compile(r"\s*\{\s*\"name\":.*\"arguments\":.*\}\s*", re.DOTALL)
_RESULT = re.compile(r"<tool_response>\n?(.*?)\n?(?:</tool_response>|$)", re.DOTALL)
_OWN = {"input", "output", "gts", "score", "step", "uid", "request_id"}
_NOTE = "Read from verl's dump: text without marks. Who said what is told from lines that hold a role alone."


class _Dumped(msgspec.Struct):
    input: str
    output: str
    score: float | None = None
    gts: Any = None
    step: int | None = None
    success: float | None = None


class Dumps:
    """Reads verl's dumps; the parts of the reward are in those of validation."""

    def card(self, record: bytes, known: Known) -> Card:
        """Return the row; where the dump has no `success`, a score of 1 is one."""
        row = decode_json(record, _Dumped, "a dumped rollout")
        figures = decode_json(record, dict[str, Any], "a dumped rollout")
        messages = _messages(row.input + row.output)
        met = row.score if row.success is None else row.success
        task = known.tasks.get(str(row.gts))
        return Card(
            _title(row),
            task.domain if task else "",
            "policy",
            kinds=tuple(one.kind for one in task.constraints) if task else _named(figures, "has/"),
            score=row.score,
            success=None if met is None else met >= 1.0,
            ending=", ".join(_named(figures, "ended/")),
            faults=_named(figures, "user_fault/") if "user_blamed" in figures else None,
            turns=sum(message.role != "tool" for message in messages),
            calls=sum(len(message.calls) for message in messages),
            redundant=int(figures.get("redundant") or 0),
        )

    def detail(self, record: bytes, known: Known) -> Detail:
        """Return the conversation as far as the text shows it, and the figures of the line that are not idle."""
        row = decode_json(record, _Dumped, "a dumped rollout")
        figures = decode_json(record, dict[str, Any], "a dumped rollout")
        step = () if row.step is None else (Part("step", row.step),)
        score = () if row.score is None else (Part("score", row.score),)
        told = {name: value for name, value in figures.items() if name not in _OWN and (value or "/" not in name)}
        return Detail(
            title=_title(row),
            turns=turns_of(list(_messages(row.input + row.output)), ""),
            parts=(
                *score,
                *step,
                *(Part(name, value) for name, value in told.items() if isinstance(value, int | float)),
            ),
            notes=(_NOTE,),
        )


def _title(row: _Dumped) -> str:
    name = str(row.gts) if row.gts else "rollout"
    return name if row.step is None else f"{name}, step {row.step}"


def _named(figures: Mapping[str, Any], prefix: str) -> tuple[str, ...]:
    """Return what the parts of the reward that begin so are about, where they are not 0."""
    return tuple(name.removeprefix(prefix) for name, value in figures.items() if name.startswith(prefix) and value)


def _messages(text: str) -> list[Message]:
    """Return the messages in a decoded text, the policy document left out."""
    pieces = _ROLE.split(text)
    found: list[Message] = []
    for role, said in zip(pieces[1::2], pieces[2::2], strict=True):
        answered = bool(found and found[-1].calls and "<tool_call>" not in text)
        found += _said("tool" if role == "user" and answered else role, said.removesuffix("\n"))
    return found


def _said(role: str, text: str) -> Iterator[Message]:
    """Yield the messages in one piece; where the marks of calls are special tokens too, a bare call is one."""
    if role == "assistant":
        bare = _BARE.fullmatch(text)
        calls = (_call(text),) if bare else tuple(_call(match[1]) for match in _CALL.finditer(text))
        yield Message("assistant", "" if bare else _CALL.sub("", text).strip(), calls)
    elif role == "tool" or text.startswith("<tool_response>"):
        results = [match[1] for match in _RESULT.finditer(text)] or [text.strip()]
        yield from (Message("tool", result, error=result.startswith("Error: ")) for result in results)
    elif role == "user":
        yield Message("user", text)


def _call(written: str) -> ToolCall:
    parsed = parsed_arguments(written.strip())
    if isinstance(parsed, str):
        return ToolCall("", "", parsed)
    arguments = parsed.get("arguments", {})
    return ToolCall("", str(parsed.get("name", "")), arguments if isinstance(arguments, dict) else str(arguments))
