"""Immutable rows of a world, and how a tool's result becomes the text an agent reads."""

import json
from typing import Any

import msgspec


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of a world. Subclass it with the row's fields, in the order agents see them.

    Reading a record from a file refuses fields it does not have: a typo must not pass for a default.

    Records are never changed in place: a tool builds a new one with `msgspec.structs.replace` and puts it in the
    state, so a world and its states can share them freely.
    """


def render(result: object) -> str:
    """Return a tool's result as the agent reads it: text as it is, everything else as one line of ASCII JSON.

    The JSON has the separators ``", "`` and ``": "``, fields in their declared order and every null written out,
    which is what tau2-bench sends (``json.dumps`` of a full model dump).
    """
    if isinstance(result, str):
        return result
    builtin: Any = msgspec.to_builtins(result)
    return json.dumps(builtin)
