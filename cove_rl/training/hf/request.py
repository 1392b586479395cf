"""One request for tokens, and the answer to it."""

import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Literal

import msgspec


class Sampling(msgspec.Struct, frozen=True):
    """How tokens are drawn. Requests that agree in this share a batch.

    Attributes:
        temperature: 0 takes the likeliest token.
        top_p: draws from the likeliest tokens that hold this share of the probability.
        top_k: draws from that many of the likeliest tokens; -1 or 0 for all.
        repetition_penalty: 1 for none.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = -1
    repetition_penalty: float = 1.0

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> "Sampling":
        """Read verl's sampling parameters; those that are not about drawing are left aside."""
        return cls(**{name: params[name] for name in cls.__struct_fields__ if params.get(name) is not None})


class Generated(msgspec.Struct, frozen=True):
    """The answer to a request.

    Attributes:
        tokens: the tokens drawn, the stop token included.
        logprobs: of each token, the logarithm of its probability under the model at the sampling temperature, over
            the whole vocabulary: what `top_p` and `top_k` cut away is still counted.
        reason: "stop" at a stop token, "length" at the limit, "aborted" when it was cancelled or took too long.
    """

    tokens: list[int]
    logprobs: list[float]
    reason: Literal["stop", "length", "aborted"]


class Request:
    """A request that waits or runs.

    Args:
        prompt: the tokens to continue; at least one.
        limit: tokens to draw, at most.
        sampling: how to draw them.
        stops: tokens to end at.
        seconds: after this time, counted from now, what was drawn so far is returned as aborted.
    """

    __slots__ = ("cancelled", "deadline", "future", "limit", "prompt", "sampling", "stops")

    def __init__(
        self, prompt: list[int], limit: int, sampling: Sampling, stops: frozenset[int], seconds: float
    ) -> None:
        if not prompt or limit < 1:
            raise ValueError(f"a request needs a prompt and room for a token, not {len(prompt)} and {limit}")
        self.prompt = prompt
        self.limit = limit
        self.sampling = sampling
        self.stops = stops
        self.deadline = time.monotonic() + seconds
        self.cancelled = False
        self.future: Future[Generated] = Future()

    def is_over(self) -> bool:
        """Whether nobody waits for more tokens."""
        return self.cancelled or time.monotonic() > self.deadline

    def answer(self, generated: Generated) -> None:
        """Hand over the answer, unless the one who asked has gone."""
        if not self.future.done():
            self.future.set_result(generated)

    def fail(self, error: BaseException) -> None:
        """Hand over a failure, unless the one who asked has gone."""
        if not self.future.done():
            self.future.set_exception(error)
