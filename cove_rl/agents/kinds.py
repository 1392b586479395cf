"""The kinds of agents by name, and how the agents of a run are made from its settings."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from cove_rl.agents.agents import Agents
from cove_rl.agents.clumsy import ClumsyAgents
from cove_rl.agents.ensemble import EnsembleAgents
from cove_rl.agents.oracle import Oracle
from cove_rl.agents.served import ServedAgents
from cove_rl.agents.settings import (
    AnyAgentSettings,
    ClumsySettings,
    EnsembleSettings,
    OracleSettings,
    ServedSettings,
)
from cove_rl.endpoints.usage import Usage
from cove_rl.episode.sides import Agent
from cove_rl.kinds import Kinds
from cove_rl.tasks.task import Task
from cove_rl.world.world import World

ANSWER = 300.0
"""Seconds a message may take where nobody says otherwise (ours: a large model that reasons, under load)."""


class OracleAgents:
    """Agents without a model; they take no time."""

    takes_over = False

    def __init__(self, settings: OracleSettings, seconds: float) -> None:
        pass

    def agent(self, task: Task, world: World) -> Agent:
        """Return the oracle for a task."""
        return Oracle(task.domain, task.seed)

    def usage(self) -> dict[str, Usage]:
        """Return nothing: no endpoint is asked."""
        return {}


def _ensemble(settings: EnsembleSettings, seconds: float) -> Agents:
    share = seconds / len(settings.members)
    members = {name: make_agents(member.agent, share) for name, member in settings.members.items()}
    return EnsembleAgents(settings, members, seconds)


FACTORIES: Mapping[type[Any], Callable[[Any, float], Agents]] = {
    OracleSettings: OracleAgents,
    ServedSettings: ServedAgents,
    ClumsySettings: ClumsyAgents,
    EnsembleSettings: _ensemble,
}
"""Settings of a kind -> what makes its agents, given the settings and the seconds a message may take."""

_KINDS: Kinds[AnyAgentSettings] = Kinds("agent", AnyAgentSettings)
KINDS: Mapping[str, type[AnyAgentSettings]] = _KINDS.by_name
"""Name of a kind -> its settings."""


def make_agents(settings: AnyAgentSettings, seconds: float = ANSWER) -> Agents:
    """Return the agents these settings describe. Endpoints are shared with whoever else in the process uses them.

    Args:
        settings: who plays, and how.
        seconds: how long a message may take, at most, whatever goes wrong on the way to it.

    Raises:
        InputError: if they need an API key that the environment does not have.
    """
    return FACTORIES[type(settings)](settings, seconds)


_MADE: dict[tuple[bytes, float], Agents] = {}


def agents_of(settings: AnyAgentSettings, seconds: float = ANSWER) -> Agents:
    """Return the agents these settings describe, made once per process: what they share lasts as long as it does."""
    key = msgspec.json.encode(settings), seconds
    if key not in _MADE:
        _MADE[key] = make_agents(settings, seconds)
    return _MADE[key]


def read_agent(plain: object) -> AnyAgentSettings:
    """Return the settings of agents from plain values: a mapping with `kind`, or the name of a kind alone.

    Raises:
        InputError: if the kind is unknown, or its settings are wrong.
    """
    return _KINDS.read(plain)


def agent_from_text(text: str) -> AnyAgentSettings:
    """Return the settings of agents given on a command line; see `Kinds.from_text`.

    Raises:
        InputError: if it says nothing of the kind.
    """
    return _KINDS.from_text(text)
