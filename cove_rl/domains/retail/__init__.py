"""The retail domain: a web shop's customers, their orders, and what may be done about them."""

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, ClassVar

from cove_rl.domains.retail.alternatives import alternatives
from cove_rl.domains.retail.check import problems
from cove_rl.domains.retail.constraints import (
    CancelOrder,
    ChangeOrderAddress,
    ChangePayment,
    ChangeUserAddress,
    ExchangeItems,
    ModifyItems,
    ReturnItems,
)
from cove_rl.domains.retail.generate import DEFAULT_SIZE, generate
from cove_rl.domains.retail.identified import identified
from cove_rl.domains.retail.oracle import serve
from cove_rl.domains.retail.records import TABLES
from cove_rl.domains.retail.refusals import (
    HandOver,
    RefuseGiftCard,
    RefuseRefund,
    RefuseStatus,
    RefuseStranger,
    RefuseUnavailable,
)
from cove_rl.domains.retail.sampling import draft
from cove_rl.domains.retail.tools import TOOLS
from cove_rl.sandbox import sandbox_path
from cove_rl.speech.desk import Desk, Script
from cove_rl.speech.speech import speech_of
from cove_rl.world.call import ToolCall
from cove_rl.world.constraint import Constraint
from cove_rl.world.domain import Domain, Draft
from cove_rl.world.hint import Hint, Request
from cove_rl.world.record import Record
from cove_rl.world.tool import Tool
from cove_rl.world.world import Tables, World


class RetailDomain(Domain):
    """Retail, with the tools and records of tau2-bench and worlds, goals, wordings and a policy of its own."""

    name: ClassVar[str] = "retail"
    tables: ClassVar[Mapping[str, type[Record]]] = TABLES
    tools: ClassVar[tuple[Tool, ...]] = TOOLS
    constraints: ClassVar[tuple[type[Constraint], ...]] = (
        CancelOrder,
        ModifyItems,
        ChangePayment,
        ChangeOrderAddress,
        ReturnItems,
        ExchangeItems,
        ChangeUserAddress,
        RefuseStatus,
        RefuseGiftCard,
        RefuseRefund,
        RefuseUnavailable,
        RefuseStranger,
        HandOver,
    )
    default_size: ClassVar[Mapping[str, int]] = DEFAULT_SIZE

    @property
    def data(self) -> Path:
        """The folder `sandbox/retail`."""
        return sandbox_path("retail")

    def generate(self, seed: int, size: Mapping[str, int]) -> Tables:
        """Return the rows of a new world."""
        return generate(seed, size)

    def problems(self, tables: Tables) -> list[str]:
        """Return what is wrong with a world's rows."""
        return problems(tables)

    def draft(self, world: World, rng: Random, count: int) -> Draft | None:
        """Return a customer with `count` requests, or None if this draw led nowhere."""
        return draft(world, self.toolbox, speech_of(self.name).grammar, rng, count)

    def identified(self, world: World, request: Request, hint: Hint) -> Hint:
        """Return a hint that names its element by id, or the hint itself."""
        return identified(request.constraint, hint)

    def alternatives(self, world: World, call: ToolCall, argument: str) -> list[Any]:
        """Return other values an argument of a call could have had."""
        return alternatives(world, call, argument)

    def serve(self, desk: Desk) -> Script:
        """The oracle's script."""
        return serve(desk)


DOMAIN = RetailDomain()


__all__ = ["DOMAIN", "RetailDomain"]
