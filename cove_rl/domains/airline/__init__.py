"""The airline domain: travellers, their reservations, and what may be done about them."""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, ClassVar

from cove_rl.domains.airline.alternatives import alternatives
from cove_rl.domains.airline.check import problems
from cove_rl.domains.airline.constraints import ALLOWED
from cove_rl.domains.airline.generate import DEFAULT_SIZE, generate
from cove_rl.domains.airline.identified import identified
from cove_rl.domains.airline.oracle import serve
from cove_rl.domains.airline.records import TABLES
from cove_rl.domains.airline.refusals import FORBIDDEN
from cove_rl.domains.airline.sampling import draft
from cove_rl.domains.airline.tools import TOOLS
from cove_rl.sandbox import sandbox_path
from cove_rl.speech.desk import Desk, Script
from cove_rl.world.call import ToolCall
from cove_rl.world.constraint import Constraint
from cove_rl.world.domain import Domain, Draft
from cove_rl.world.hint import Hint, Request
from cove_rl.world.record import Record
from cove_rl.world.tool import Tool
from cove_rl.world.world import Tables, World


class AirlineDomain(Domain):
    """Airline, with the tools and records of tau2-bench and worlds, goals, wordings and a policy of its own."""

    name: ClassVar[str] = "airline"
    tables: ClassVar[Mapping[str, type[Record]]] = TABLES
    tools: ClassVar[tuple[Tool, ...]] = TOOLS
    constraints: ClassVar[tuple[type[Constraint], ...]] = (*ALLOWED, *FORBIDDEN)
    default_size: ClassVar[Mapping[str, int]] = DEFAULT_SIZE

    @property
    def data(self) -> Path:
        """The folder `sandbox/airline`."""
        return sandbox_path("airline")

    def generate(self, seed: int, size: Mapping[str, int]) -> Tables:
        """Return the rows of a new world."""
        return generate(seed, size)

    def problems(self, tables: Tables) -> list[str]:
        """Return what is wrong with a world's rows."""
        return problems(tables)

    def draft(self, world: World, rng: Random, count: int) -> Draft | None:
        """Return a customer with `count` requests, or None if this draw led nowhere."""
        return draft(world, self.toolbox, rng, count)

    def identified(self, world: World, request: Request, hint: Hint) -> Hint:
        """Return a hint that names its element by id, or the hint itself."""
        return identified(request.constraint, hint)

    def alternatives(self, world: World, call: ToolCall, argument: str) -> list[Any]:
        """Return other values an argument of a call could have had."""
        return alternatives(world, call, argument)

    def serve(self, desk: Desk) -> Script:
        """The oracle's script."""
        return serve(desk)


DOMAIN = AirlineDomain()


__all__ = ["DOMAIN", "AirlineDomain"]
