"""The kinds of users by name, and how the users of a run are made from its settings."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from cove_rl.endpoints.usage import Usage
from cove_rl.episode.sides import User
from cove_rl.kinds import Kinds
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

_KINDS: Kinds[AnyUserSettings] = Kinds("user", AnyUserSettings)
KINDS: Mapping[str, type[AnyUserSettings]] = _KINDS.by_name
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
    return _KINDS.read(plain)


def user_from_text(text: str) -> AnyUserSettings:
    """Return the settings of users given on a command line; see `Kinds.from_text`.

    Raises:
        InputError: if it says nothing of the kind.
    """
    return _KINDS.from_text(text)
