"""The connections of one endpoint, and how many calls may use them at once and in a second.

Imports the client's library, which takes half a second: nothing may import this module before an endpoint is called.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import openai

from cove_rl.endpoints.failure import EndpointError, Kind, asked_pause, kind_of_status
from cove_rl.endpoints.settings import EndpointSettings

QUOTED = 200
"""Characters of an error's text that are repeated."""


class _TooLongError(Exception):
    """A response has more bytes than it may have, or hides how many it has."""


class _Bounded(httpx.AsyncByteStream):
    """A response's bytes, and an error in place of those that are too many."""

    def __init__(self, stream: httpx.AsyncByteStream, limit: int) -> None:
        self._stream = stream
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._limit
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise _TooLongError(f"the response has more than {self._limit} bytes")
            yield chunk

    async def aclose(self) -> None:
        """Close the response."""
        await self._stream.aclose()


class Session:
    """An open client with its limits; it belongs to the event loop it is made in.

    Args:
        settings: which endpoint.
        key: its API key; "" for none.
    """

    def __init__(self, settings: EndpointSettings, key: str) -> None:
        slots = httpx.Limits(max_connections=settings.concurrency, max_keepalive_connections=settings.concurrency)
        http = httpx.AsyncClient(
            limits=slots,
            timeout=settings.timeout,
            headers={"Accept-Encoding": "identity"},  # compressed, a few bytes could be any number
            event_hooks={"response": [self._bound]},
        )
        self._settings = settings
        self._key = key
        self._client = openai.AsyncOpenAI(
            base_url=settings.url, api_key=key or "none", max_retries=0, http_client=http, timeout=settings.timeout
        )
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._next = 0.0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait until a call may be made; it counts as under way inside."""
        async with self._slots:
            if self._settings.rate:
                now = asyncio.get_running_loop().time()
                turn = max(self._next, now)
                self._next = turn + 1.0 / self._settings.rate
                await asyncio.sleep(turn - now)
            yield

    async def post(self, body: dict[str, Any]) -> bytes:
        """Send a chat completion request once and return the response's body.

        Raises:
            EndpointError: if there is none.
        """
        try:
            with anyio.fail_after(self._settings.timeout):
                response = await self._client.post("/chat/completions", body=body, cast_to=httpx.Response)
        except (TimeoutError, openai.APITimeoutError):
            raise EndpointError("late", f"no answer within {self._settings.timeout:g} s") from None
        except openai.APIStatusError as error:
            pause = asked_pause(error.response.headers.get("Retry-After"))
            message = f"HTTP {error.status_code}: {self._quoted(error.message)}"
            raise EndpointError(kind_of_status(error.status_code), message, pause) from None
        except (_TooLongError, openai.APIError, httpx.HTTPError) as error:
            cause = error.__cause__ or error
            kind: Kind = "broken" if isinstance(cause, _TooLongError) else "unreachable"
            raise EndpointError(kind, f"{type(cause).__name__}: {self._quoted(str(cause))}") from None
        return response.content

    def _quoted(self, text: str) -> str:
        """Return the start of what an error says, without the key, which some servers repeat."""
        hidden = text.replace(self._key, "***") if self._key else text
        return " ".join(hidden.split())[:QUOTED]

    async def _bound(self, response: httpx.Response) -> None:
        """Keep a response from being read beyond its bytes."""
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise _TooLongError("the response is compressed, which was not asked for")
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _Bounded(response.stream, self._settings.max_bytes)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
