"""Read a domain's hand-written YAML into typed structs, strictly: a mistake in an edit is named, never guessed at."""

import math
from collections.abc import Hashable, Iterable
from typing import Any, TypeVar

import msgspec
import yaml

from cove_rl.errors import InputError

T = TypeVar("T")


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of what the YAML files hold: immutable, and a key nobody knows is an error."""


def parse(text: str, kind: type[T], file: str) -> T:
    """Return the YAML text as an instance of `kind`.

    Args:
        text: the YAML.
        kind: the type to convert to.
        file: where below ``sandbox/`` the text came from, for messages.

    Raises:
        InputError: if the text is no YAML, repeats a key, or does not have the shape of `kind`.
    """
    try:
        raw = yaml.load(text, Loader=_Loader)  # noqa: S506  (a safe loader that also refuses repeated keys)
        return msgspec.convert(raw, kind)
    except (yaml.YAMLError, RecursionError) as error:
        raise fault(file, f"is not valid YAML: {error}", "mend the syntax") from None
    except (msgspec.ValidationError, ValueError) as error:
        advice = "see the file's comments; put quotes around texts that look like numbers, dates or yes/no"
        raise fault(file, str(error), advice) from None


def fault(file: str, what: str, remedy: str) -> InputError:
    """Return the error for something wrong in ``sandbox/<file>``: one line, at most 400 characters."""
    return InputError(f"sandbox/{file}: {short(what, 240)}; {remedy}")


def short(text: str, limit: int = 60) -> str:
    """Return text from a file as one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


def repeated(texts: Iterable[str]) -> str | None:
    """Return the first text that occurs twice, upper and lower case being the same, or None."""
    seen: set[str] = set()
    for text in texts:
        if text.lower() in seen:
            return text
        seen.add(text.lower())
    return None


def finite(*numbers: float) -> bool:
    """Return whether no number is infinite or not a number."""
    return all(math.isfinite(number) for number in numbers)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader, except that a mapping with one key twice is an error instead of losing the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"'{key}' is given twice", node.start_mark)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping
