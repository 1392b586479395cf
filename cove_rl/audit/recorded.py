"""Audit a conversation without a task: what a customer's manner shows, and where they stopped."""

from collections.abc import Iterator, Sequence
from functools import cache

from cove_rl.audit.audit import manners
from cove_rl.audit.finding import Finding, Kind
from cove_rl.audit.transcript import Reader, Said
from cove_rl.episode.trajectory import Message
from cove_rl.sandbox import read_yaml
from cove_rl.users.listening import Ear


def audit_messages(messages: Sequence[Message]) -> list[Finding]:
    """Return the faults that show without a task and in any domain, in the order of the messages.

    Whether a customer who stopped had something left to say, nobody knows here: that they stopped at a question or a
    proposal is a suspicion.
    """
    reader = _reader()
    said = reader.read(messages)
    found = [*manners(said, reader.is_line), *_stopped(said[-1:])]
    return sorted(found, key=lambda finding: finding.message)


@cache
def _reader() -> Reader:
    """Return a reader that knows what is said in every domain, and none of them."""
    return Reader(Ear({**read_yaml("speech.yaml")["listen"], "acts": {}}), None)


def _stopped(last: Sequence[Said]) -> Iterator[Finding]:
    for one in last:
        agent = one.comes_to
        if one.stops and not (agent.refused or agent.more or agent.done) and (agent.asks or agent.offers):
            kind: Kind = "stopped_at_question" if agent.asks else "stopped_at_proposal"
            detail = f"the agent had said: {one.agent[-200:]!r}"
            yield Finding(kind, one.place, detail, decidable=False)
