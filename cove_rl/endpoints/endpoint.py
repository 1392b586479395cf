"""An endpoint: the one client of a served model that everybody in the process shares.

Calls are bounded in every respect: in time, attempts, bytes, tokens, in how many are under way at once and start in a
second. What goes wrong is an `EndpointError` of one of a few kinds.
"""

import asyncio
import atexit
import os
from collections.abc import Mapping, Sequence
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any

import msgspec

from cove_rl.endpoints.background import background, stop_background
from cove_rl.endpoints.failure import TRANSIENT, EndpointError
from cove_rl.endpoints.reply import Reply, read_reply
from cove_rl.endpoints.settings import EndpointSettings
from cove_rl.endpoints.usage import Meter, Usage
from cove_rl.errors import InputError

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from cove_rl.endpoints.session import Session

CLOSING = 5.0
"""Seconds that closing all connections may take."""


class Endpoint:
    """A served model. Get one from `endpoint_of`, so that its connections and limits are shared.

    Args:
        settings: where it is served, and within which bounds it is used.

    Raises:
        InputError: if it needs an API key that the environment does not have.
    """

    def __init__(self, settings: EndpointSettings) -> None:
        self.settings = settings
        self.name = settings.name
        self._key = api_key(settings)
        self._meter = Meter(settings.prompt_price, settings.completion_price)
        self._session: Session | None = None  # belongs to the background loop, is made and closed there

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        seed: int,
        seconds: float,
        tools: Sequence[Mapping[str, Any]] | None = None,
    ) -> Reply:
        """Return the model's next message in a conversation.

        Args:
            messages: in OpenAI's chat format, the arguments of tool calls as JSON text.
            seed: the same seed gives the same reply, where the server supports it.
            seconds: how long it may take; less if the settings say so.
            tools: what it may call, as OpenAI defines tools; None for a model that only talks.

        Raises:
            EndpointError: if there is no reply in time, or the server goes on failing.
        """
        body: dict[str, Any] = {
            "model": self.settings.model,
            "messages": list(messages),
            "tools": list(tools) if tools else None,
            "max_tokens": self.settings.max_tokens,
            "temperature": self.settings.temperature,
            "seed": seed if self.settings.seeded else None,
            **self.settings.extra,
        }
        body = {name: value for name, value in body.items() if value is not None}
        return await background().run(self._complete(body, min(seconds, self.settings.deadline)))

    def usage(self) -> Usage:
        """Return what it was used for so far."""
        return self._meter.usage()

    async def close(self) -> None:
        """Close its connections, in the background loop; the next call opens others."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def forget(self) -> None:
        """Leave its connections to whoever else has them; the next call opens others."""
        self._session = None

    async def _complete(self, body: dict[str, Any], seconds: float) -> Reply:
        from anyio import fail_after

        self._meter.called()
        try:
            with fail_after(seconds):
                return await self._retrying(body, seconds)
        except TimeoutError:
            self._meter.failed("late")
            raise EndpointError("late", f"endpoint {self.name}: no reply within {seconds:g} s") from None
        except EndpointError as error:
            raise EndpointError(error.kind, f"endpoint {self.name}: {error}", error.pause) from None

    async def _retrying(self, body: dict[str, Any], seconds: float) -> Reply:
        """Attempt a call until it succeeds, or another attempt is of no use or not allowed."""
        from tenacity import AsyncRetrying, retry_if_exception

        retrying = AsyncRetrying(
            retry=retry_if_exception(_is_transient),
            wait=self._pause,
            stop=lambda state: self._gives_up(state, seconds),
            before_sleep=lambda _: self._meter.retried(),
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                reply = await self._attempt(body)
        return msgspec.structs.replace(reply, attempts=attempt.retry_state.attempt_number)

    def _pause(self, state: "RetryCallState") -> float:
        """Return the seconds before the next attempt: what the server asks for, and a random time ("full jitter")."""
        from tenacity import wait_random_exponential

        jitter = wait_random_exponential(multiplier=self.settings.backoff, max=self.settings.longest_pause)(state)
        return _asked(state) + jitter

    def _gives_up(self, state: "RetryCallState", seconds: float) -> bool:
        """Whether no further attempt is allowed, or it would come too late, or later than anybody would wait."""
        late = (state.seconds_since_start or 0.0) + state.upcoming_sleep >= seconds
        return late or state.attempt_number > self.settings.retries or _asked(state) > self.settings.longest_pause

    async def _attempt(self, body: dict[str, Any]) -> Reply:
        session = self._opened()
        async with session.slot():
            started = perf_counter()
            try:
                reply = read_reply(await session.post(body))
            except EndpointError as error:
                self._meter.failed(error.kind)
                raise
        self._meter.answered(perf_counter() - started, reply.prompt_tokens, reply.completion_tokens)
        return reply

    def _opened(self) -> "Session":
        if self._session is None:
            from cove_rl.endpoints.session import Session

            self._session = Session(self.settings, self._key)
        return self._session


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, EndpointError) and error.kind in TRANSIENT


def _asked(state: "RetryCallState") -> float:
    """Return the pause the server asked for when it refused an attempt."""
    error = state.outcome.exception() if state.outcome else None
    return error.pause if isinstance(error, EndpointError) else 0.0


def api_key(settings: EndpointSettings) -> str:
    """Return the API key of an endpoint; "" if it needs none.

    Raises:
        InputError: if the environment does not have it.
    """
    key = os.environ.get(settings.key_env, "").strip() if settings.key_env else ""
    if settings.key_env and not key:
        raise InputError(
            f"endpoint {settings.name}: its API key should be in the variable {settings.key_env}, which is empty"
        )
    return key


_lock = Lock()
_endpoints: dict[bytes, Endpoint] = {}


def endpoint_of(settings: EndpointSettings) -> Endpoint:
    """Return the process's endpoint with these settings.

    Raises:
        InputError: if it needs an API key that the environment does not have.
    """
    key = msgspec.json.encode(settings)
    with _lock:
        if key not in _endpoints:
            _endpoints[key] = Endpoint(settings)
        return _endpoints[key]


def close_endpoints() -> None:
    """Give up all calls under way and close all connections of the process; later calls open others."""
    stop_background(_close_all(), CLOSING)


async def _close_all() -> None:
    await asyncio.gather(*(one.close() for one in _endpoints.values()), return_exceptions=True)


def _forget() -> None:
    """A forked process must not use the connections of the one it was forked from."""
    global _lock
    _lock = Lock()
    for one in _endpoints.values():
        one.forget()


atexit.register(close_endpoints)
os.register_at_fork(after_in_child=_forget)
