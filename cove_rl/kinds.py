"""Settings told apart by their `kind`: read from plain values, from a file, or from a command line."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args

import msgspec
import yaml

from cove_rl.errors import InputError

T = TypeVar("T")

_QUOTED = 200
"""Characters of a text, or of what is wrong with it, that an error repeats."""


class Kinds(Generic[T]):
    """The kinds of one thing a run has, such as its users.

    Attributes:
        by_name: name of a kind -> its settings.

    Args:
        noun: what the thing is called, in a configuration and in errors.
        settings: the union of the structs with its settings, each with the kind as its tag.
    """

    def __init__(self, noun: str, settings: Any) -> None:
        self._noun = noun
        structs = get_args(settings) or (settings,)
        self.by_name: Mapping[str, type[T]] = {str(one.__struct_config__.tag): one for one in structs}

    def read(self, plain: object) -> T:
        """Return settings from plain values: a mapping with `kind`, or the name of a kind alone.

        Raises:
            InputError: if the kind is unknown, or its settings are wrong.
        """
        named: Any = {"kind": plain} if isinstance(plain, str) else plain
        kind = named.get("kind") if isinstance(named, dict) else None
        if not isinstance(kind, str) or kind not in self.by_name:
            raise InputError(f"the {self._noun}'s kind is one of {', '.join(self.by_name)}, not {kind!r}")
        try:
            return msgspec.convert(named, self.by_name[kind])
        except msgspec.ValidationError as error:
            page = f"docs/{self._noun}s.md"
            raise InputError(f"the settings of {self._noun} '{kind}' are wrong: {error}; see {page}") from None

    def from_text(self, text: str) -> T:
        """Return settings given on a command line: a kind or a YAML file, then settings as ``name.of.it=value``.

        For example ``openai endpoint.url=http://127.0.0.1:30000/v1 endpoint.model=qwen``. A file holds what `read`
        reads, or a configuration of a run with such a mapping under ``cove``.

        Raises:
            InputError: if it says nothing of the kind.
        """
        try:
            first, *changes = shlex.split(text)
        except ValueError as error:
            raise InputError(f"the {self._noun} {text!r}: {error or 'it is empty'}") from None
        is_file = first.endswith((".yaml", ".yml"))
        plain: dict[str, Any] = self._from_file(Path(first)) if is_file else {"kind": first}
        for change in changes:
            _change(plain, change)
        return self.read(plain)

    def _from_file(self, path: Path) -> dict[str, Any]:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            raise InputError(f"{path}: {error}") from None
        plain = _value(text, str(path))
        if isinstance(plain, dict) and isinstance(plain.get("cove"), dict):
            plain = plain["cove"].get(self._noun)
        if not isinstance(plain, dict):
            raise InputError(f"{path} holds no settings of the {self._noun}: a mapping with 'kind'")
        return plain


def _change(plain: dict[str, Any], change: str) -> None:
    """Set one value, by its dotted name."""
    name, given, value = change.partition("=")
    *path, last = name.split(".")
    place = plain
    for part in path:
        place = place.setdefault(part, {})
        if not isinstance(place, dict):
            raise InputError(f"'{change}': '{part}' has no settings of its own")
    if not given or not last:
        raise InputError(f"'{change}' sets nothing; a setting is name.of.it=value")
    place[last] = _value(value, f"'{change[:_QUOTED]}': the value cannot be read")


def _value(text: str, fault: str) -> Any:
    """Return what YAML makes of a text; `fault` is what to say if it cannot."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # no such date; nested too deeply
        raise InputError(f"{fault}: {' '.join(str(error).split())[:_QUOTED]}") from None
