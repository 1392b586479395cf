"""What the verifier says of a trajectory, and why, in words a person understands."""

import msgspec


class ConstraintVerdict(msgspec.Struct, frozen=True):
    """Whether one constraint holds, and why.

    Attributes:
        kind: the constraint's kind.
        satisfied: whether it holds in the final state.
        reason: one sentence; for a constraint that does not hold, what was wanted and what was found.
        calls: positions, among the recorded calls, of the writes that brought it about.
    """

    kind: str
    satisfied: bool
    reason: str
    calls: tuple[int, ...] = ()


class RedundantWrite(msgspec.Struct, frozen=True):
    """A successful write that nobody asked for.

    Attributes:
        call: its position among the recorded calls.
        name: the tool.
        reason: one sentence.
    """

    call: int
    name: str
    reason: str


class Verdict(msgspec.Struct, frozen=True):
    """The verifier's answer.

    Attributes:
        score: in [0, 1]; 1.0 if and only if every constraint holds and nothing is redundant.
        success: that, as the binary key group filtering wants.
        satisfied: constraints that hold.
        total: constraints.
        redundant: redundant writes.
        failed: calls that failed; reported, not held against the agent.
        calls: calls that were run: all that were recorded, up to a transfer.
        constraints: one verdict per constraint, in the task's order.
        redundant_writes: one entry per redundant write.
    """

    score: float
    success: bool
    satisfied: int
    total: int
    redundant: int
    failed: int
    calls: int
    constraints: tuple[ConstraintVerdict, ...]
    redundant_writes: tuple[RedundantWrite, ...]
