"""A domain: its records, tools, constraints, hints and policy, found by name through entry points."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from functools import cache, cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from random import Random
from typing import Any, ClassVar

from cove_rl.errors import DomainError
from cove_rl.world.call import ToolCall
from cove_rl.world.constraint import Constraint
from cove_rl.world.hint import Hint, Request
from cove_rl.world.record import Record
from cove_rl.world.tool import Tool, Toolbox
from cove_rl.world.world import Behaviour, Tables, World

ENTRY_POINTS = "cove_rl.domains"
GREETING = "Hi! How can I help you today?"
"""What the agent's side opens every conversation with, as in tau2-bench."""


class Draft(Record, frozen=True):
    """A customer and what they want, before it is known whether the oracle can solve it.

    Attributes:
        identity: how the customer says who they are.
        requests: what they want, in an order in which all of it can be done.
    """

    identity: tuple[Hint, ...]
    requests: tuple[Request, ...]


class Domain(ABC):
    """Everything one kind of customer service is made of. Subclass it in a folder or package of its own.

    Attributes:
        name: the domain's name, as commands and files use it.
        data: the folder with `policy.md`, `speech.yaml` and whatever worlds are generated from.
        tables: table name -> record type, in the order of the database file.
        tools: what agents (and users, under dual control) can call.
        constraints: the kinds of goals.
        default_size: table name -> number of rows of a world of the usual size.
        transfer_tool: the tool that hands the conversation to a human and ends it.
    """

    name: ClassVar[str]
    tables: ClassVar[Mapping[str, type[Record]]]
    tools: ClassVar[tuple[Tool, ...]]
    constraints: ClassVar[tuple[type[Constraint], ...]]
    default_size: ClassVar[Mapping[str, int]]
    transfer_tool: ClassVar[str] = "transfer_to_human_agents"

    @property
    @abstractmethod
    def data(self) -> Path:
        """The folder with the domain's hand-written data."""

    @abstractmethod
    def generate(self, seed: int, size: Mapping[str, int]) -> Tables:
        """Return the rows of a new world; equal seed and size give equal rows on any machine."""

    @abstractmethod
    def problems(self, tables: Tables) -> list[str]:
        """Return what is wrong with a world's rows (dangling ids, impossible amounts), one line each; [] if sound."""

    @abstractmethod
    def draft(self, world: World, rng: Random, count: int) -> Draft | None:
        """Return a customer with `count` jointly feasible requests, or None if this draw led nowhere."""

    @abstractmethod
    def serve(self, desk: Any) -> Generator[Any, Any, None]:
        """The oracle: serve a customer from what they say and what tools return, as a script on a `Desk`."""

    def identified(self, world: World, request: Request, hint: Hint) -> Hint:
        """Return a hint of a request that names its element by id, or the hint itself where that cannot be said.

        By default nothing can; a domain that overrides this makes tasks of a lower difficulty possible.
        """
        return hint

    def alternatives(self, world: World, call: ToolCall, argument: str) -> list[Any]:
        """Return other values an argument of a call could plausibly have had, for mutation tests of the verifier.

        By default these are the other values of a closed set (a `Literal`), or the other keys of the table the value is
        a key of; a domain adds what it knows.
        """
        arguments = call.arguments if isinstance(call.arguments, dict) else {}
        tool = self.toolbox.tools.get(call.name)
        if tool is None or argument not in arguments:
            return []
        value = arguments[argument]
        choices = tool.schema["function"]["parameters"]["properties"].get(argument, {}).get("enum", [])
        tables = (rows for rows in world.tables.values() if isinstance(value, str) and value in rows)
        return [other for other in choices or next(tables, ()) if other != value]

    @cached_property
    def toolbox(self) -> Toolbox:
        """The domain's tools, by name."""
        return Toolbox(self.tools)

    @cached_property
    def policy(self) -> str:
        """What an agent must know to be right, as its system prompt states it."""
        return (self.data / "policy.md").read_text(encoding="utf-8")

    def world(self, seed: int, size: Mapping[str, int] | None = None, behaviour: Behaviour = "ours") -> World:
        """Generate a world. The same seed and size give the same fingerprint.

        Raises:
            InputError: if the size names no table, or too few or too many rows.
        """
        full = {**self.default_size, **(size or {})}
        return World(self.name, self.generate(seed, full), seed=seed, size=full, behaviour=behaviour)


def find_entry_point(name: str) -> EntryPoint:
    """Return the entry point that offers a domain of that name; nothing of the domain is imported.

    Raises:
        DomainError: if no installed package offers one.
    """
    found = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}
    if name not in found:
        known = ", ".join(sorted(found)) or "none: is cove_rl installed (`pip install -e .`)?"
        raise DomainError(f"no domain is named '{name}'; known: {known}")
    return found[name]


@cache
def get_domain(name: str) -> Domain:
    """Return the domain of that name.

    Raises:
        DomainError: if no installed package offers it, or what is offered is not a `Domain`.
    """
    domain = find_entry_point(name).load()
    if not isinstance(domain, Domain):
        raise DomainError(f"entry point {ENTRY_POINTS}:{name} is a {type(domain).__name__}, not a Domain")
    return domain
