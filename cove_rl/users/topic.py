"""What a customer is talking about: one request, and how far it has come."""

from enum import Enum

import msgspec

from cove_rl.world.hint import Request


class Stage(Enum):
    """How far a request has come."""

    TOLD = 1
    INSISTED = 2
    AGREED = 3


class Topic(msgspec.Struct, eq=False):
    """A request that was told.

    Attributes:
        number: its place in the task.
        request: the request.
        stage: how far it has come.
        told: slots of the hints that were told.
    """

    number: int
    request: Request
    stage: Stage = Stage.TOLD
    told: set[str] = msgspec.field(default_factory=set)
