"""The faults that can be planted, and the settings of users that commit them."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Fault = Literal[
    "stops_early",
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
"""As the audit names them; "stops_early" stops at any message, whatever is left undone then."""


class FaultySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="faulty"):
    """The state machine with one kind of fault, for tests and ablations.

    Attributes:
        fault: which.
        share: of the episodes that are faulty.
        seed: draws which of them, and where in them.
    """

    fault: Fault = "stops_early"
    share: Annotated[float, Meta(ge=0, le=1)] = 0.3
    seed: int = 0
