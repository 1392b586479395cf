"""How a call to an endpoint can fail, in a few kinds that say what to do about it."""

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Literal

from cove_rl.errors import CoveError

Kind = Literal["unreachable", "late", "busy", "server", "refused", "broken", "useless"]
"""Nobody answers or the connection was lost; too slow; told to come back later; an error of the server; a request it
does not accept; a response that is no completion, or too long; a completion that is no use."""

TRANSIENT: frozenset[Kind] = frozenset({"unreachable", "late", "busy", "server", "broken"})
"""Kinds of failure after which another attempt may succeed."""

_BUSY = {408, 409, 425, 429, 503}


class EndpointError(CoveError):
    """A call to an endpoint failed.

    Attributes:
        kind: how.
        pause: seconds the server asks to wait before the next attempt; 0 if it does not.
    """

    def __init__(self, kind: Kind, message: str, pause: float = 0.0) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.pause = pause


def kind_of_status(status: int) -> Kind:
    """Return what an HTTP status other than 200 amounts to."""
    if status in _BUSY:
        return "busy"
    return "server" if status >= 500 else "refused"


def asked_pause(value: str | None, now: datetime | None = None) -> float:
    """Return the seconds that a ``Retry-After`` header asks for, as a number or a date; 0 for none, or none in future.

    Args:
        value: the header.
        now: the time; that of the clock if not given.
    """
    if not value:
        return 0.0
    try:
        seconds = float(value)
    except ValueError:
        seconds = _until(value, now or datetime.now(timezone.utc))
    return seconds if 0.0 < seconds < float("inf") else 0.0


def _until(date: str, now: datetime) -> float:
    try:
        then = parsedate_to_datetime(date)
    except ValueError:
        return 0.0
    return (then.replace(tzinfo=then.tzinfo or timezone.utc) - now).total_seconds()
