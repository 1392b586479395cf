"""What is said about users in a configuration: one struct per kind, told apart by `kind`."""

from typing import Annotated

import msgspec
from msgspec import Meta

from cove_rl.endpoints.settings import Circuit, Count, EndpointSettings
from cove_rl.users.faults import FaultySettings


class ScriptedSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="scripted"):
    """The state machine without a model."""


class ModelSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="openai"):
    """A language model plays the customer.

    Attributes:
        endpoint: where it is served.
        tries: replies that are asked for before one that is no use (empty, an echo) fails the user.
        longest: characters of a message; a longer one is cut after a sentence.
    """

    endpoint: EndpointSettings
    tries: Count = 3
    longest: Annotated[int, Meta(ge=80)] = 1200


class HybridSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="hybrid"):
    """The state machine decides what to say and when to stop, a model says it in other words.

    Attributes:
        endpoint: where the model is served; without one a program rewords by rule.
        strict: whether wordings must be such that the domain's grammar hears the same, as the oracle does. Leave it
            off where a model listens: it then hears wordings that no grammar has.
        spoil: share of sentences the program spoils, to see what becomes of them.
    """

    endpoint: EndpointSettings | None = None
    strict: bool = False
    spoil: Annotated[float, Meta(ge=0, le=1)] = 0.0


UserSettings = ScriptedSettings | ModelSettings | HybridSettings


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the users an ensemble chooses from.

    Attributes:
        user: which.
        weight: its relative share of the tasks.
    """

    user: UserSettings
    weight: Annotated[float, Meta(gt=0)] = 1.0


class EnsembleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="ensemble"):
    """Several users; the task's seed chooses who plays, and another takes over from one that is down.

    Attributes:
        members: name -> who; the name stands in records and metrics.
        circuit: when a member counts as down.
    """

    members: Annotated[dict[str, Member], Meta(min_length=1)]
    circuit: Circuit = Circuit()


AnyUserSettings = ScriptedSettings | ModelSettings | HybridSettings | EnsembleSettings | FaultySettings
