"""The kinds of users by name, and how the users of a run are made from its settings."""

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec
import yaml

from cove_rl.endpoints.usage import Usage
from cove_rl.episode.sides import User
from cove_rl.errors import InputError
from cove_rl.tasks.task import Task
from cove_rl.users.ensemble import EnsembleUsers
from cove_rl.users.faults import FaultySettings
from cove_rl.users.faulty import FaultyUsers
from cove_rl.users.model import ModelUsers
from cove_rl.users.scripted import ScriptedUser
from cove_rl.users.settings import (
    AnyUserSettings,
    EnsembleSettings,
    HybridSettings,
    ModelSettings,
    ScriptedSettings,
)
from cove_rl.users.users import Users
from cove_rl.users.wording import HybridUsers

ANSWER = 120.0
"""Seconds an answer may take where nobody says otherwise (ours: a large model under load)."""


class ScriptedUsers:
    """Users without a model; they take no time."""

    takes_over = False

    def __init__(self, settings: ScriptedSettings, seconds: float) -> None:
        pass

    def user(self, task: Task) -> User:
        """Return the customer of a task."""
        return ScriptedUser(task)

    def usage(self) -> dict[str, Usage]:
        """Return nothing: no endpoint is asked."""
        return {}


def _ensemble(settings: EnsembleSettings, seconds: float) -> Users:
    share = seconds / len(settings.members)
    members = {name: make_users(member.user, share) for name, member in settings.members.items()}
    return EnsembleUsers(settings, members, seconds)


FACTORIES: Mapping[type[Any], Callable[[Any, float], Users]] = {
    ScriptedSettings: ScriptedUsers,
    ModelSettings: ModelUsers,
    HybridSettings: HybridUsers,
    EnsembleSettings: _ensemble,
    FaultySettings: FaultyUsers,
}
"""Settings of a kind -> what makes its users, given the settings and the seconds an answer may take."""

KINDS: Mapping[str, type[Any]] = {str(kind.__struct_config__.tag): kind for kind in get_args(AnyUserSettings)}
"""Name of a kind -> its settings."""


def make_users(settings: AnyUserSettings, seconds: float = ANSWER) -> Users:
    """Return the users these settings describe. Endpoints are shared with whoever else in the process uses them.

    Args:
        settings: who plays, and how.
        seconds: how long an answer may take, at most, whatever goes wrong on the way to it.

    Raises:
        InputError: if they need an API key that the environment does not have.
    """
    return FACTORIES[type(settings)](settings, seconds)


_MADE: dict[tuple[bytes, float], Users] = {}


def users_of(settings: AnyUserSettings, seconds: float = ANSWER) -> Users:
    """Return the users these settings describe, made once per process: what they share lasts as long as it does."""
    key = msgspec.json.encode(settings), seconds
    if key not in _MADE:
        _MADE[key] = make_users(settings, seconds)
    return _MADE[key]


def read_user(plain: object) -> AnyUserSettings:
    """Return the settings of users from plain values: a mapping with `kind`, or the name of a kind alone.

    Raises:
        InputError: if the kind is unknown, or its settings are wrong.
    """
    named: Any = {"kind": plain} if isinstance(plain, str) else plain
    kind = named.get("kind") if isinstance(named, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"a user's kind is one of {', '.join(KINDS)}, not {kind!r}")
    try:
        settings: AnyUserSettings = msgspec.convert(named, KINDS[kind])
    except msgspec.ValidationError as error:
        raise InputError(f"the settings of user '{kind}' are wrong: {error}; see docs/users.md") from None
    return settings


def user_from_text(text: str) -> AnyUserSettings:
    """Return settings given on a command line: a kind or a YAML file, then settings as ``name.of.it=value``.

    For example ``openai endpoint.url=http://127.0.0.1:30000/v1 endpoint.model=qwen``. A file holds what `read_user`
    reads, or a configuration of a training run (its ``cove.user``).

    Raises:
        InputError: if it says nothing of the kind.
    """
    try:
        first, *changes = shlex.split(text)
    except ValueError as error:
        raise InputError(f"the user {text!r}: {error or 'it is empty'}") from None
    plain: dict[str, Any] = _from_file(Path(first)) if first.endswith((".yaml", ".yml")) else {"kind": first}
    for change in changes:
        _change(plain, change)
    return read_user(plain)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: {error}") from None
    if isinstance(plain, dict) and isinstance(plain.get("cove"), dict):
        plain = plain["cove"].get("user")
    if not isinstance(plain, dict):
        raise InputError(f"{path} holds no settings of a user: a mapping with 'kind'")
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
    try:
        place[last] = yaml.safe_load(value)
    except yaml.YAMLError:
        raise InputError(f"'{change}': the value cannot be read") from None
