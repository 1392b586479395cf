"""What is said about agents in a configuration: one struct per kind, told apart by `kind`."""

import msgspec

from cove_rl.endpoints.settings import Count, EndpointSettings


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


AnyAgentSettings = OracleSettings | ServedSettings
