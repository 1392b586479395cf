"""A changed solution of a task, and what is known about it."""

import msgspec

from cove_rl.world.call import ToolCall


class Mutant(msgspec.Struct, frozen=True):
    """Calls that differ from a solution, with what the verifier must find, known from how they were made.

    Attributes:
        kind: what was done to the solution, in a few words.
        calls: the changed calls.
        still_right: whether they still solve the task; if not, the score must be below 1.0.
        unmet: indices of constraints that certainly do not hold; if these are all, the score must be exactly 0.
        redundant: redundant writes there are at least.
    """

    kind: str
    calls: tuple[ToolCall, ...]
    still_right: bool
    unmet: tuple[int, ...] = ()
    redundant: int = 0
