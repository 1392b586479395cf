"""The viewer's server: who gets an answer, and what stands around it; the same conversations in one file."""

import gzip
import http.client
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cove_rl.errors import InputError
from cove_rl.viewer.archive import CHUNK, write_archive
from cove_rl.viewer.card import Card
from cove_rl.viewer.opening import collect
from cove_rl.viewer.page import page, policy, script
from cove_rl.viewer.server import serving

from .samples import SCRIPT, examples, write


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of examples."""
    return write(tmp_path_factory.mktemp("examples") / "samples.jsonl", examples())


def ask(address: str, path: str, host: str | None = None) -> tuple[int, dict[str, str], bytes]:
    """Return what the server answers."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.request("GET", path, headers={} if host is None else {"Host": host})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.headers), body


def test_only_who_knows_the_secret_and_the_host_is_answered(file: Path) -> None:
    with serving(collect([file]), "samples") as address:
        secret = urlsplit(address).path
        assert ask(address, secret)[0] == 200
        assert ask(address, secret + "cards")[0] == 200
        for path in ("/", "/cards", secret[:-2] + "/", "/" + "a" * (len(secret) - 2) + "/cards", secret.rstrip("/")):
            assert ask(address, path)[0] == 404
        assert ask(address, secret, "attacker.example:80")[0] == 404
        assert ask(address, secret, f"localhost:{urlsplit(address).port}")[0] == 200
        for path in ("detail/x", "detail/-1", "detail/" + "9" * 5000, "nothing", "../cards"):
            assert ask(address, secret + path)[0] == 404
        status, _, body = ask(address, secret + "detail/999")
        assert (status, body.decode()) == (500, f"there is no conversation 999; there are {len(examples())}")


def test_the_server_sends_rows_and_conversations(file: Path) -> None:
    opened = collect([file])
    with serving(opened, "samples") as address:
        secret = urlsplit(address).path
        listing = json.loads(gzip.decompress(ask(address, secret + "cards")[2]))
        assert listing["columns"] == list(Card.__struct_fields__)
        assert [row[0] for row in listing["rows"]] == [card.task for card in opened.cards]
        shown = json.loads(gzip.decompress(ask(address, secret + "detail/3")[2]))
        assert shown["title"] == opened.cards[3].task
        found = json.loads(gzip.decompress(ask(address, secret + "search?q=%3Cscript")[2]))
        assert found == [len(examples()) - 1]


def test_every_answer_forbids_what_the_page_does_not_need(file: Path) -> None:
    with serving(collect([file]), "samples") as address:
        headers = ask(address, urlsplit(address).path)[1]
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


def test_a_port_that_is_taken_is_an_error_with_advice(file: Path) -> None:
    opened = collect([file])
    with (
        serving(opened, "samples") as address,
        pytest.raises(InputError, match="give another --port"),
        serving(opened, "samples", urlsplit(address).port or 0),
    ):
        pass


def test_the_page_is_whole_and_names_nothing_elsewhere() -> None:
    upper, lower = page("<b>")
    made = upper + lower
    assert "<title>&lt;b&gt; · cove view</title>" in made
    assert script() in made
    assert re.findall(r"(?:src|href)=\"(?!data:,)", made) == []
    assert re.findall(r"https?://", made) == []
    assert re.search(r"\son[a-z]+=", made.replace(script(), "")) is None
    assert "innerHTML" not in script()
    assert "connect-src 'none'" in policy(served=False)


def test_one_file_holds_all_and_is_the_same_every_time(file: Path, tmp_path: Path) -> None:
    opened = collect([write(tmp_path / "many.jsonl", examples() * 2)])
    written: list[int] = []
    for name in ("a.html", "b.html"):
        write_archive(opened, tmp_path / name, "samples", written.append)
    made = (tmp_path / "a.html").read_bytes()
    assert made == (tmp_path / "b.html").read_bytes()
    assert sum(written) == 2 * len(opened)
    assert made.count(b'id="chunk-') == -(-len(opened) // CHUNK)
    assert SCRIPT.encode() not in made


def test_the_command_writes_a_page_or_serves_until_it_is_interrupted(file: Path, tmp_path: Path) -> None:
    cove = [sys.executable, "-c", "from cove_rl.cli.main import app; app()", "view", str(file)]
    done = subprocess.run([*cove, "--html", str(tmp_path / "a.html")], capture_output=True, text=True, check=True)
    assert f"{len(examples())} conversations written to" in done.stderr
    assert (tmp_path / "a.html").stat().st_size > 10_000
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen([*cove, "--no-browser"], stdout=subprocess.PIPE, text=True, env=environment) as served:
        assert served.stdout is not None
        address = served.stdout.readline().strip()
        try:
            assert ask(address, urlsplit(address).path)[0] == 200
            served.send_signal(signal.SIGINT)
            assert served.wait(60) == 0
        finally:
            served.kill()


def test_the_command_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    cove = [sys.executable, "-c", "from cove_rl.cli.main import app; app()", "view", str(tmp_path / "absent.jsonl")]
    done = subprocess.run(cove, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: cannot read")
    assert done.stderr.count("\n") == 1


def test_a_browser_that_hangs_up_is_no_error(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with serving(collect([file]), "samples") as address:
        parts = urlsplit(address)
        for _ in range(3):
            with socket.create_connection((parts.hostname, parts.port)) as impatient:
                impatient.sendall(f"GET {parts.path}detail/{len(examples()) - 1} HTTP/1.1\r\n".encode())
                impatient.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset, not closed
        assert ask(address, parts.path)[0] == 200
    assert capfd.readouterr().err == ""
