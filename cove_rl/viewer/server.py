"""A server for one reader on this machine: the page, the list, and conversations one by one."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cove_rl.errors import InputError
from cove_rl.viewer.archive import listing, packed
from cove_rl.viewer.collection import Collection
from cove_rl.viewer.page import page, policy

HOST = "127.0.0.1"


class Viewer:
    """What is served, under a secret path: other programs on this machine, and pages in the browser, do not know it.

    Args:
        collection: the conversations.
        title: of the page.
    """

    def __init__(self, collection: Collection, title: str) -> None:
        self.collection = collection
        self.token = secrets.token_urlsafe(16)
        self._page = "".join(page(title)).encode()
        self._cards = packed(listing(collection))

    def answer(self, path: str, query: str) -> tuple[str, bytes] | None:
        """Return type and body of a page below the secret path; JSON is compressed. None if there is no such page.

        Raises:
            InputError: if a conversation cannot be read.
        """
        if path == "":
            return "text/html; charset=utf-8", self._page
        if path == "cards":
            return "application/json", self._cards
        if path == "search":
            wanted = parse_qs(query).get("q", [""])[0]
            return "application/json", packed(list(self.collection.search(wanted)))
        name, _, number = path.partition("/")
        if name == "detail" and number.isascii() and number.isdecimal() and len(number) < 10:
            return "application/json", packed(self.collection.detail(int(number)))
        return None


class _Handler(BaseHTTPRequestHandler):
    """Answers GET under the secret path, to requests that name this server as their host."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "cove", ""

    def __init__(self, viewer: Viewer, *args: Any) -> None:
        self._viewer = viewer
        super().__init__(*args)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        prefix = f"/{self._viewer.token}/"
        host = self.headers.get("Host", "").partition(":")[0]
        if host not in (HOST, "localhost") or not secrets.compare_digest(
            parts.path[: len(prefix)].encode(), prefix.encode()
        ):
            self._send(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"not found")
            return
        try:
            found = self._viewer.answer(parts.path.removeprefix(prefix), parts.query)
        except InputError as fault:
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", str(fault).encode())
            return
        if found is None:
            self._send(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"not found")
        else:
            self._send(HTTPStatus.OK, *found)

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Content-Security-Policy": policy(served=True) + "; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        if kind == "application/json":
            headers["Content-Encoding"] = "gzip"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the library's name)
        """Say nothing: the address holds the secret."""


class _Server(ThreadingHTTPServer):
    """A thread for every connection; a browser that hangs up is nothing to complain about."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(collection: Collection, title: str, port: int = 0) -> Iterator[str]:
    """Serve a collection in the background; yields the address of the page.

    Args:
        collection: the conversations.
        title: of the page.
        port: where to listen; 0 for one that is free.

    Raises:
        InputError: if nobody can listen there.
    """
    viewer = Viewer(collection, title)
    try:
        server = _Server((HOST, port), partial(_Handler, viewer))
    except (OSError, OverflowError) as fault:
        raise InputError(f"cannot listen on {HOST}:{port}: {fault}; give another --port, or none") from fault
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/{viewer.token}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
