"""A chat completion server in a thread of its own, that goes wrong as it is told."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import Any

from aiohttp import web

Body = dict[str, Any]
Say = Callable[[Body], str | Body]
"""Says what to answer: a text, or an assistant's message with its `tool_calls`."""
Choose = Callable[[int], str]


def call(name: str, arguments: object, call_id: str | None = "call_1") -> Body:
    """Return a tool call as a completion has it; `arguments` are usually text."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def completion(said: str | Body, **changes: Any) -> Body:
    """Return a chat completion."""
    message = {"role": "assistant", **({"content": said} if isinstance(said, str) else said)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [choice],
        "usage": usage,
    } | changes


class Server:
    """Answers `say`, unless `choose` names a fault for the request of that number.

    Attributes:
        bodies: what it was asked.
        times: when, in seconds.
        keys: with which `Authorization`.
        most: requests it had at once, at most.
        peers: where its connections came from.
        answers: number of a request -> the completion it is answered with.
    """

    def __init__(self, say: Say | None = None, choose: Choose | None = None) -> None:
        self._say = say or (lambda body: "I want to cancel an order.")
        self.choose = choose or (lambda number: "")
        self.bodies: list[Body] = []
        self.times: list[float] = []
        self.keys: list[str] = []
        self.most = 0
        self.peers: set[object] = set()
        self.answers: dict[int, Body] = {}
        self._now = 0
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "Server":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(30)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if not self._loop.is_closed():
            self.stop()

    def stop(self) -> None:
        """Close the port and every connection at once."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def connections(self) -> int:
        """Connections that are open now."""
        return len(self._web.connections)

    async def _open(self) -> None:
        self._web = web.Server(self._handle, handler_cancellation=True)
        self._runner = web.ServerRunner(self._web, shutdown_timeout=0.1)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024)
        await self._site.start()
        assert self._site._server is not None
        self.port = self._site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]

    async def _close(self) -> None:
        await self._runner.cleanup()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            body = await request.json()
            self.bodies.append(body)
            self.times.append(monotonic())
            self.peers.add(request.transport and request.transport.get_extra_info("peername"))
            self.keys.append(request.headers.get("Authorization", ""))
            await asyncio.sleep(0.002)
            return await self._answer(request, body, self.choose(len(self.bodies) - 1))
        finally:
            self._now -= 1

    async def _answer(self, request: web.BaseRequest, body: Body, fault: str) -> web.StreamResponse:
        if fault.startswith("HTTP "):
            return _status(request, *fault.split(maxsplit=2)[1:])
        if fault in BODIES:
            return web.Response(body=BODIES[fault], content_type="application/json")
        if fault == "slow":
            await asyncio.sleep(0.05)
        elif fault:
            return await FAULTS[fault](request)
        number = len(self.bodies) - 1
        return web.json_response(self.answers[number] if number in self.answers else completion(self._say(body)))


def _later(seconds: float) -> str:
    """Return a date as `Retry-After` has them: in whole seconds."""
    return format_datetime(datetime.now(timezone.utc) + timedelta(seconds=seconds), usegmt=True)


def _status(request: web.BaseRequest, status: str, pause: str = "") -> web.Response:
    """Return an error that repeats the key, as some servers do."""
    message = f"Went wrong with key {request.headers.get('Authorization', '').removeprefix('Bearer ')}"
    headers = {"Retry-After": _later(2.0) if pause == "date" else pause} if pause else {}
    return web.json_response({"error": {"message": message}}, status=int(status), headers=headers)


async def _hang(request: web.BaseRequest) -> web.Response:
    await asyncio.sleep(3600)
    raise AssertionError


async def _drop(request: web.BaseRequest) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _cut(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "5000"})
    await response.prepare(request)
    await response.write(b'{"choices": [')
    return await _drop(request)


async def _stream(request: web.BaseRequest, chunk: bytes, pause: float) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(chunk)
        await asyncio.sleep(pause)


async def _endless(request: web.BaseRequest) -> web.StreamResponse:
    return await _stream(request, b" " * 65536, 0.0)


async def _trickle(request: web.BaseRequest) -> web.StreamResponse:
    return await _stream(request, b" ", 0.02)


async def _events(request: web.BaseRequest) -> web.StreamResponse:
    return await _stream(request, b'data: {"choices": []}\n\n' * 1000, 0.0)


async def _compressed(request: web.BaseRequest) -> web.Response:
    response = web.json_response(completion("x" * 10_000_000))
    response.enable_compression(web.ContentCoding.gzip)
    return response


async def _elsewhere(request: web.BaseRequest) -> web.Response:
    return web.Response(status=307, headers={"Location": str(request.url)})


FAULTS: dict[str, Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]] = {
    "hang": _hang,
    "drop": _drop,
    "cut": _cut,
    "endless": _endless,
    "trickle": _trickle,
    "events": _events,
    "compressed": _compressed,
    "elsewhere": _elsewhere,
}
BODIES = {
    "nothing": b"",
    "no JSON": b'{"choices": [',
    "a page": b"<html>Sign in</html>",
    "a list": b"[]",
    "an error": b'{"error": {"message": "out of memory"}}',
    "no choice": b'{"choices": []}',
    "no message": b'{"choices": [{}]}',
    "calls are no list": b'{"choices": [{"message": {"tool_calls": 5}}]}',
    "a call is no object": b'{"choices": [{"message": {"tool_calls": ["look"]}}]}',
    "a call of nothing": b'{"choices": [{"message": {"tool_calls": [{"id": "1"}]}}]}',
    "deep arguments": b'{"choices": [{"message": {"tool_calls": [{"function": {"arguments": ' + b'{"a":' * 50_000,
    "no text": b'{"choices": [{"message": {"content": 5}}]}',
    "no letters": b'{"choices": [{"message": {"content": "\xff\xfe"}}]}',
    "half a letter": rb'{"choices": [{"message": {"content": "\ud800"}}]}',
    "deep": b"[" * 100_000,
    "giant": b'{"choices": [{"message": {"content": "' + b"x" * 2_000_000 + b'"}}]}',
}


def in_turn(faults: Sequence[str]) -> Choose:
    """Return what chooses these faults for the first requests, and none for the others."""
    return lambda number: faults[number] if number < len(faults) else ""
