"""The expressions of `audit.yaml`, compiled."""

import re
from functools import cache

import msgspec

from cove_rl.sandbox import read_yaml


class Cues(msgspec.Struct, frozen=True):
    """What the audit looks for in free text: see the file's comments."""

    yes: "re.Pattern[str]"
    no: "re.Pattern[str]"
    but: "re.Pattern[str]"
    agrees: "re.Pattern[str]"
    doubts: "re.Pattern[str]"
    refuses: "re.Pattern[str]"
    agent: "re.Pattern[str]"
    machine: "re.Pattern[str]"
    unfilled: "re.Pattern[str]"


@cache
def cues() -> Cues:
    """Return the cues, read once."""
    return Cues(**{name: _compiled(found) for name, found in read_yaml("audit.yaml").items()})


def _compiled(found: str | list[str]) -> "re.Pattern[str]":
    expressions = [found] if isinstance(found, str) else found
    return re.compile("|".join(f"(?:{one})" for one in expressions), re.IGNORECASE)
