"""The page: one template, one style sheet, one script, and a policy that lets nothing else run or load."""

import base64
import hashlib
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

SCRIPTS = ("text.js", "store.js", "list.js", "marks.js", "conversation.js", "app.js")
"""The parts of the script, in the order in which they use one another."""


def page(title: str, data: str = "", report: str = "") -> tuple[str, str]:
    """Return the page in two halves, between which more data may stand.

    Args:
        title: what stands in the window's title; any text.
        data: blocks that the script needs at once (see `block`); "" if a server has them.
        report: markup of a report that is shown first, its links leading to conversations; "" for none.
    """
    made = Template(asset("index.html")).substitute(
        title=escape(title),
        policy=escape(policy(served=not data)),
        style=style(),
        report=report,
        data=data,
        script=script(),
    )
    upper, mark, lower = made.partition("<!-- chunks -->")
    return upper + mark, lower


def block(name: str, data: bytes) -> str:
    """Return data as an element that no browser runs or shows: base64, so that nothing in it can end the element."""
    return f'<script type="application/octet-stream" id="{name}">{base64.b64encode(data).decode()}</script>\n'


@cache
def script() -> str:
    """Return the whole script, in a scope of its own."""
    parts = "\n".join(asset(name) for name in SCRIPTS)
    return f'\n(() => {{\n"use strict";\n{parts}\n}})();\n'


@cache
def style() -> str:
    """Return the whole style sheet."""
    return asset("app.css") + asset("charts.css")


def sheet(title: str, body: str) -> str:
    """Return a page without a script.

    Args:
        title: what stands in the window's title; any text.
        body: its markup.
    """
    return Template(asset("sheet.html")).substitute(
        title=escape(title), policy=escape(policy(served=False, scripted=False)), style=style(), body=body
    )


def policy(*, served: bool, scripted: bool = True) -> str:
    """Return the Content-Security-Policy: our own script and style by their hashes, and nothing from anywhere.

    Args:
        served: whether the page may ask the server it came from.
        scripted: whether it has the viewer's script.
    """
    rules = {
        "default-src": "'none'",
        "script-src": _hash(script()) if scripted else "'none'",
        "style-src": _hash(style()),
        "connect-src": "'self'" if served else "'none'",
        "img-src": "data:",  # the empty icon, without which browsers ask the server for one
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",  # text can never become markup
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def asset(name: str) -> str:
    """Return a file that comes with the viewer."""
    return (files("cove_rl.viewer") / "assets" / name).read_text(encoding="utf-8")
