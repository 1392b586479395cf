"""A headless Chromium, and pages opened in it that nothing may leave."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from cove_rl.viewer.opening import collect
from cove_rl.viewer.server import serving

from .samples import examples, write

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")  # while it is open, playwright's event loop keeps others from running theirs
def chromium() -> Iterator[Browser]:
    """A browser: Debian's chromium, or the one $COVE_CHROMIUM names. Without one, its tests are skipped, aloud."""
    path = os.environ.get("COVE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing = "no chromium: install it (Debian: apt-get install chromium), or name it in COVE_CHROMIUM"
        pytest.fail(missing, pytrace=False) if os.environ.get("CI") and os.geteuid() == 0 else pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=list(FLAGS))
        yield browser
        browser.close()


class Watched:
    """A page and what went wrong in it: messages on the console, errors, requests to anybody else.

    Attributes:
        page: the page.
        troubles: everything that should not have happened.
    """

    def __init__(self, page: Page, allowed: str) -> None:
        self.page = page
        self.troubles: list[str] = []
        page.on("console", lambda message: self.troubles.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.troubles.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._asked(request.url, allowed))

    def _asked(self, url: str, allowed: str) -> None:
        if not url.startswith((allowed, "data:,", "blob:")):
            self.troubles.append(f"request: {url}")


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The viewer's address, serving the sample conversations."""
    file = write(tmp_path_factory.mktemp("served") / "samples.jsonl", examples())
    with serving(collect([file]), "samples") as found:
        yield found


@pytest.fixture
def watched(chromium: Browser, address: str) -> Iterator[Watched]:
    """The viewer, opened; at the end nothing may have gone wrong."""
    yield from opened(chromium, address, address, 1280, 800)


def opened(
    chromium: Browser,
    url: str,
    allowed: str,
    width: int,
    height: int,
    scheme: Literal["light", "dark"] = "light",
    shown: str = ".row",
) -> Iterator[Watched]:
    """Yield a page that shows what it should, and see to it that nothing goes wrong until the end."""
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    context.set_default_timeout(20_000)
    one = Watched(context.new_page(), allowed)
    one.page.goto(url)
    one.page.wait_for_selector(shown)
    yield one
    context.close()
    assert one.troubles == []


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where screenshots go: the documentation's folder if $COVE_PICTURES is set, else nowhere."""
    wanted = os.environ.get("COVE_PICTURES")
    return Path(wanted) if wanted else None
