"""What an endpoint was used for: calls, failures, tokens, times, cost."""

from collections import Counter, deque
from collections.abc import Sequence
from math import ceil, nan

import msgspec

REMEMBERED = 4096
"""Latest calls whose times the percentiles are taken from."""


class Usage(msgspec.Struct, frozen=True):
    """What was used so far.

    Attributes:
        calls: replies that were asked for.
        retries: attempts beyond the first of each call.
        failures: kind of failure -> attempts that ended so.
        prompt_tokens: tokens read, as the server counts them.
        completion_tokens: tokens written, as the server counts them.
        p50: seconds half of the latest calls took at most, from their slot to their reply; NaN before the first.
        p95: likewise for 95 in 100.
        cost: what the tokens cost, by the prices in the settings.
    """

    calls: int = 0
    retries: int = 0
    failures: dict[str, int] = {}
    prompt_tokens: int = 0
    completion_tokens: int = 0
    p50: float = nan
    p95: float = nan
    cost: float = 0.0


class Meter:
    """Counts what one endpoint is used for.

    Args:
        prompt_price: cost of a million tokens read.
        completion_price: cost of a million tokens written.
    """

    def __init__(self, prompt_price: float = 0.0, completion_price: float = 0.0) -> None:
        self._prices = prompt_price, completion_price
        self._calls = self._attempts = 0
        self._tokens = [0, 0]
        self._failures: Counter[str] = Counter()
        self._seconds: deque[float] = deque(maxlen=REMEMBERED)

    def called(self) -> None:
        """Count a call."""
        self._calls += 1

    def retried(self) -> None:
        """Count an attempt beyond a call's first."""
        self._attempts += 1

    def failed(self, kind: str) -> None:
        """Count an attempt that failed."""
        self._failures[kind] += 1

    def answered(self, seconds: float, prompt_tokens: int, completion_tokens: int) -> None:
        """Count a reply."""
        self._seconds.append(seconds)
        self._tokens[0] += prompt_tokens
        self._tokens[1] += completion_tokens

    def usage(self) -> Usage:
        """Return what was counted."""
        times = sorted(self._seconds)
        cost = sum(price * tokens for price, tokens in zip(self._prices, self._tokens, strict=True)) / 1e6
        return Usage(
            calls=self._calls,
            retries=self._attempts,
            failures=dict(sorted(self._failures.items())),
            prompt_tokens=self._tokens[0],
            completion_tokens=self._tokens[1],
            p50=percentile(times, 50),
            p95=percentile(times, 95),
            cost=cost,
        )


def percentile(ordered: Sequence[float], share: int) -> float:
    """Return the smallest of some ordered numbers that `share` in 100 of them do not exceed; NaN if there is none."""
    return ordered[max(ceil(len(ordered) * share / 100), 1) - 1] if ordered else nan
