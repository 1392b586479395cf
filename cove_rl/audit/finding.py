"""What an audit finds, and what comes of it for the episode."""

from typing import Literal, get_args

import msgspec

from cove_rl.episode.outcome import Outcome

Kind = Literal[
    "stopped_unrevealed",
    "stopped_at_proposal",
    "stopped_at_question",
    "stopped_midway",
    "contradicted",
    "leaked_id",
    "invented_request",
    "confirmed_wrong",
    "denied_right",
    "ignored_question",
    "told_all_at_once",
    "repeated",
    "rubbish",
    "spoke_as_agent",
    "tool_syntax",
    "never_stopped",
    "ran_out",
]

KINDS: tuple[Kind, ...] = get_args(Kind)

MEANINGS: dict[Kind, str] = {
    "stopped_unrevealed": "stopped with a request never mentioned",
    "stopped_at_proposal": "stopped while the agent waited for a yes or a no",
    "stopped_at_question": "stopped while the agent asked for something the customer knows",
    "stopped_midway": "stopped while a request was open and nothing had been said to end it",
    "contradicted": "stated what contradicts the hints",
    "leaked_id": "gave an id they could not know",
    "invented_request": "asked for something that is not in the task",
    "confirmed_wrong": "agreed to a proposal that differs from the goal",
    "denied_right": "turned down a proposal that matches the goal",
    "ignored_question": "did not answer a question they know the answer to",
    "told_all_at_once": "told everything in the first message, which is not their character",
    "repeated": "said the same again although something else was asked",
    "rubbish": "said nothing, or nothing a person would say",
    "spoke_as_agent": "spoke as the agent, or as a program",
    "tool_syntax": "wrote the syntax of tools or of chat templates",
    "never_stopped": "went on when everything was done",
    "ran_out": "used up the turns by their own doing",
}
"""What each kind means, the customer being its subject."""


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fault of the customer.

    Attributes:
        kind: which.
        message: its place among the trajectory's messages.
        detail: what was said, or what is missing, in words.
        request: the request it concerns, by its place in the task; None if it concerns all, or nobody knows.
        decidable: whether the transcript decides it; if not it is a suspicion, which is reported and has no effect.
    """

    kind: Kind
    message: int
    detail: str
    request: int | None = None
    decidable: bool = True


class Audit(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an audit says of an episode.

    Attributes:
        outcome: how the episode ended; its culprit is the user where a fault of theirs could have changed the verdict.
        findings: the faults, in the order of the messages.
    """

    outcome: Outcome
    findings: tuple[Finding, ...] = ()

    @property
    def faults(self) -> tuple[Kind, ...]:
        """The kinds of faults that are certain, each once."""
        return tuple(dict.fromkeys(finding.kind for finding in self.findings if finding.decidable))
