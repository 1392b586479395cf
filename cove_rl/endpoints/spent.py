"""What one side of one conversation took of served models."""

from collections.abc import Iterable

import msgspec


class Spent(msgspec.Struct):
    """What one user or agent has used so far; all zero for those that ask no model.

    Attributes:
        calls: replies that were asked for.
        retries: attempts beyond the first of each call.
        failures: calls that failed for good.
        useless: replies that were no use.
        takeovers: times that another member of an ensemble had to go on.
        prompt_tokens: tokens read.
        completion_tokens: tokens written.
    """

    calls: int = 0
    retries: int = 0
    failures: int = 0
    useless: int = 0
    takeovers: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


def spent_by(side: object) -> Spent:
    """Return what a user or agent has used so far, by its `spent`; one that asks no model need not have it."""
    spent = getattr(side, "spent", None)
    return spent if isinstance(spent, Spent) else Spent()


def spent_by_all(sides: Iterable[object], takeovers: int) -> Spent:
    """Return what all members of an ensemble have used that played in a conversation, with its own takeovers."""
    parts = [msgspec.structs.astuple(spent_by(side)) for side in sides]
    total = Spent(*map(sum, zip(*parts, strict=True))) if parts else Spent()
    return msgspec.structs.replace(total, takeovers=total.takeovers + takeovers)
