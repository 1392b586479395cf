"""How an episode ended, and whose fault a failure is. Only the agent's own failures score; the rest is never a zero."""

from typing import Literal

import msgspec

Ending = Literal[
    "user_stop",
    "transfer",
    "max_user_turns",
    "max_agent_turns",
    "max_tokens",
    "user_failure",
    "agent_failure",
    "tool_failure",
    "interrupted",
]
Culprit = Literal["agent", "user", "tool", "task", "infrastructure", "truncated"]

CULPRITS: dict[Ending, Culprit | None] = {
    "user_stop": None,
    "transfer": None,
    "max_user_turns": "agent",
    "max_agent_turns": "agent",
    "max_tokens": "truncated",
    "user_failure": "user",
    "agent_failure": "infrastructure",
    "tool_failure": "tool",
    "interrupted": "infrastructure",
}
"""Who is to blame, before an audit has looked at the transcript. A policy that talks in circles until a limit is the
agent's failure and scores; an exception while the policy was being asked is the machine's and does not."""


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an episode ended.

    Attributes:
        ending: what ended it.
        culprit: whose fault it is, or None when it ended as conversations should.
        detail: for a failure, what happened.
    """

    ending: Ending
    culprit: Culprit | None = None
    detail: str = ""

    @property
    def scores(self) -> bool:
        """Whether the verdict on this episode says something about the agent.

        It does for one that ran out of tokens: the agent decides how many it spends.
        """
        return self.culprit in (None, "agent", "truncated")


def outcome_of(ending: Ending, detail: str = "") -> Outcome:
    """Return the outcome an ending has on its own."""
    return Outcome(ending, CULPRITS[ending], detail)
