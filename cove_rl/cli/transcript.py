"""Show a conversation and a verdict in the terminal."""

from collections.abc import Iterable

import msgspec
from rich.text import Text

from cove_rl.cli.console import harmless, out
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.verify.verdict import Verdict

STYLES = {"user": "cyan", "assistant": "green", "tool": "dim"}
LONGEST = 300
"""Characters of a tool result that are shown."""


def print_message(message: Message) -> None:
    """Print one message; tool results are cut."""
    if message.content:
        text = message.content if message.role != "tool" else _cut(message.content)
        out.print(Text(f"{message.role:>9}  ", "bold").append(Text(harmless(text), STYLES[message.role])))
    for call in message.calls:
        arguments = call.arguments if isinstance(call.arguments, str) else msgspec.json.encode(call.arguments).decode()
        out.print(Text(f"{'calls':>9}  ", "bold").append(Text(harmless(f"{call.name} {_cut(arguments)}"), "yellow")))


def print_transcript(trajectory: Trajectory) -> None:
    """Print a whole conversation and how it ended."""
    for message in trajectory.messages:
        print_message(message)
    outcome = trajectory.outcome
    out.print(Text(f"ended by {outcome.ending}" + (f", fault: {outcome.culprit}" if outcome.culprit else ""), "bold"))


def print_verdict(verdict: Verdict) -> None:
    """Print a verdict in words."""
    counts = f"{verdict.satisfied} of {verdict.total} constraints, {verdict.redundant} redundant writes"
    out.print(Text(f"score {verdict.score:.3f}: {counts}, {verdict.failed} failed of {verdict.calls} calls", "bold"))
    out.print(Text("\n".join(_lines(verdict))))


def _lines(verdict: Verdict) -> Iterable[str]:
    for constraint in verdict.constraints:
        yield f"  {'+' if constraint.satisfied else '-'} {constraint.reason}"
    for write in verdict.redundant_writes:
        yield f"  ! call {write.call}, {write.name}: {write.reason}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."
