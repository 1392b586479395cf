"""A conversation's messages as turns: every call with its result, marked with what the verdict says of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from cove_rl.episode.trajectory import Message
from cove_rl.errors import DomainError
from cove_rl.verify.verdict import Verdict
from cove_rl.viewer.detail import CallView, Check, Turn
from cove_rl.world.domain import get_domain
from cove_rl.world.tool import Tool


def pretty(value: object) -> str:
    """Return a value, or a text that is one JSON value, as indented JSON; any other text as it is.

    The text itself is indented, not what it parses to, so no number loses digits on its way to the page.
    """
    data = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
    if isinstance(value, str) and value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        msgspec.json.decode(data)
        return msgspec.json.format(data, indent=2).decode()
    except (msgspec.MsgspecError, RecursionError):
        return data.decode()


def tools_of(domain: str) -> Mapping[str, Tool]:
    """Return a domain's tools by name; none if the domain is not installed."""
    try:
        return get_domain(domain).toolbox.tools
    except DomainError:
        return {}


def turns_of(messages: Sequence[Message], domain: str, verdict: Verdict | None = None) -> tuple[Turn, ...]:
    """Return the turns of a conversation.

    Args:
        messages: everything that was said and returned, in order.
        domain: the domain's name; its tools say which calls write.
        verdict: marks the calls that met constraints, and the redundant ones.
    """
    return tuple(_Dialogue(messages, tools_of(domain), verdict).turns())


def checks_of(verdict: Verdict) -> tuple[Check, ...]:
    """Return a verdict's checklist."""
    return tuple(Check(one.kind, one.satisfied, one.reason, one.calls) for one in verdict.constraints)


class _Dialogue:
    """Pairs calls with results: a result belongs to the oldest open call with its id, else to the oldest open one."""

    def __init__(self, messages: Sequence[Message], tools: Mapping[str, Tool], verdict: Verdict | None) -> None:
        self._messages = messages
        self._tools = tools
        self._meets: dict[int, list[int]] = {}
        self._redundant = {} if verdict is None else {one.call: one.reason for one in verdict.redundant_writes}
        for place, check in enumerate(() if verdict is None else verdict.constraints):
            for number in check.calls:
                self._meets.setdefault(number, []).append(place)
        self._results = self._paired()

    def _paired(self) -> dict[int, Message]:
        """Return the results by their call's number."""
        open_calls: dict[int, str] = {}
        found: dict[int, Message] = {}
        count = 0
        for message in self._messages:
            for call in message.calls:
                open_calls[count] = call.id
                count += 1
            if message.role == "tool" and open_calls:
                named = (number for number, call_id in open_calls.items() if call_id == message.call_id)
                number = next(named, next(iter(open_calls)))
                found[number] = message
                del open_calls[number]
        return found

    def turns(self) -> Iterator[Turn]:
        """Yield what each side said."""
        count = 0
        for place, message in enumerate(self._messages):
            if message.role == "tool":
                continue
            calls = tuple(self._call(count + offset, call) for offset, call in enumerate(message.calls))
            count += len(calls)
            yield Turn(place, message.role, message.content, calls)

    def _call(self, number: int, call: Any) -> CallView:
        result = self._results.get(number)
        known = self._tools.get(call.name)
        return CallView(
            number,
            call.name,
            pretty(call.arguments),
            None if result is None else pretty(result.content),
            result is not None and result.error,
            known.kind if known else "",
            call.requestor,
            tuple(self._meets.get(number, ())),
            self._redundant.get(number, ""),
        )
