"""What is said about agents in a configuration: one struct per kind, told apart by `kind`."""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from cove_rl.endpoints.settings import Circuit, Count, EndpointSettings

Mistake = Literal[
    "mishears", "writes_wrongly", "skips_consent", "extra_writes", "claims_done", "refuses", "transfers", "stalls"
]
"""What a clumsy agent does wrong; see `ClumsySettings`."""
MISTAKES: tuple[Mistake, ...] = get_args(Mistake)
Share = Annotated[float, Meta(ge=0, le=1)]


class OracleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="oracle"):
    """The program that solves every task a program can."""


class ServedSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="openai"):
    """A language model plays the assistant.

    Attributes:
        endpoint: where it is served.
        tries: replies that are asked for before one that is no use (empty, cut off, calls as text) fails the agent.
    """

    endpoint: EndpointSettings
    tries: Count = 3


class ClumsySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="clumsy"):
    """The oracle with mistakes, for tests of what filters data: for each mistake the share of its occasions it takes.

    Attributes:
        mishears: takes a detail of what the customer says for another one.
        writes_wrongly: gives a write another value in one argument.
        skips_consent: carries out what it should have proposed first.
        extra_writes: after a write that was asked for, makes another one that nobody asked for.
        claims_done: says that something is done in place of proposing it.
        refuses: says that something cannot be done in place of proposing it.
        transfers: hands over to a human in place of proposing something.
        stalls: asks for patience and does nothing.
        seed: draws when, together with the task's seed.
    """

    mishears: Share = 0.0
    writes_wrongly: Share = 0.0
    skips_consent: Share = 0.0
    extra_writes: Share = 0.0
    claims_done: Share = 0.0
    refuses: Share = 0.0
    transfers: Share = 0.0
    stalls: Share = 0.0
    seed: int = 0

    @property
    def shares(self) -> dict[Mistake, float]:
        """The share of each mistake that is made at all."""
        found = {mistake: getattr(self, mistake) for mistake in MISTAKES}
        return {mistake: share for mistake, share in found.items() if share}


SingleSettings = OracleSettings | ServedSettings | ClumsySettings


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the agents an ensemble chooses from.

    Attributes:
        agent: which.
        weight: its relative share of the tasks.
    """

    agent: SingleSettings
    weight: Annotated[float, Meta(gt=0)] = 1.0


class EnsembleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="ensemble"):
    """Several agents; the task's seed chooses who plays, and another takes over from one that is down.

    Attributes:
        members: name -> who; the name stands in records and metrics.
        circuit: when a member counts as down.
    """

    members: Annotated[dict[str, Member], Meta(min_length=1)]
    circuit: Circuit = Circuit()


AnyAgentSettings = OracleSettings | ServedSettings | ClumsySettings | EnsembleSettings
