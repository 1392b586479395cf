"""Several users of which the task's seed chooses one; when it fails another goes on, so that no episode has to.

A member that keeps failing is left alone for a while (see `Breaker`), and its tasks go to the others meanwhile.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from time import monotonic

import msgspec

from cove_rl.endpoints.circuit import Breaker
from cove_rl.endpoints.failure import EndpointError
from cove_rl.endpoints.spent import Spent, spent_by
from cove_rl.endpoints.usage import Usage
from cove_rl.episode.sides import User
from cove_rl.episode.trajectory import Message
from cove_rl.tasks.task import Task
from cove_rl.users.settings import EnsembleSettings
from cove_rl.users.users import Users

log = logging.getLogger(__name__)


class Seat(msgspec.Struct, frozen=True, eq=False):
    """A member of an ensemble, with the circuit to it that all conversations share."""

    name: str
    weight: float
    users: Users
    breaker: Breaker


class EnsembleUser:
    """Plays the customer of one task with the first of some members that answers.

    Args:
        task: the task.
        order: the members, the one that is to play first.
        seconds: how long an answer may take; each member that is asked gets an equal share of what is left.
    """

    def __init__(self, task: Task, order: Sequence[Seat], seconds: float) -> None:
        self._task = task
        self._order = list(order)
        self._seconds = seconds
        self._users: dict[str, User] = {}
        self._takeovers = 0

    @property
    def name(self) -> str:
        """The ensemble, and which of its members plays."""
        return f"ensemble:{self._order[0].name}"

    @property
    def spent(self) -> Spent:
        """What all members that played have used."""
        parts = [msgspec.structs.astuple(spent_by(user)) for user in self._users.values()]
        total = Spent(*map(sum, zip(*parts, strict=True))) if parts else Spent()
        return msgspec.structs.replace(total, takeovers=total.takeovers + self._takeovers)

    async def reply(self, conversation: Sequence[Message]) -> Message:
        """Return the customer's next message.

        Raises:
            EndpointError: if no member answers in time.
        """
        end = monotonic() + self._seconds
        begun = any(message.role == "user" for message in conversation)
        able = [seat for seat in self._order if not begun or seat is self._order[0] or seat.users.takes_over]
        failures = []
        for asked, seat in enumerate(_by_circuit(able)):
            share = max(end - monotonic(), 0.0) / (len(able) - asked)
            try:
                message = await asyncio.wait_for(self._user(seat).reply(conversation), share)
            except Exception as error:  # whatever a member raises is its failure; the episode goes on with another
                failure = f"{seat.name}: " + (f"no answer within {share:.3g} s" if _is_late(error) else f"{error}")
                log.warning("a member of the ensemble failed: %s", failure)
                failures.append(failure)
                seat.breaker.failed()
            else:
                seat.breaker.succeeded()
                self._seat(seat)
                return message
        raise EndpointError("unreachable", f"no member of the ensemble answered: {'; '.join(failures)}")

    def _user(self, seat: Seat) -> User:
        if seat.name not in self._users:
            self._users[seat.name] = seat.users.user(self._task)
        return self._users[seat.name]

    def _seat(self, seat: Seat) -> None:
        """Let a member go on with the conversation, before all others."""
        if seat is not self._order[0]:
            self._takeovers += 1
            self._order.remove(seat)
            self._order.insert(0, seat)


def _number(seed: str, name: str) -> float:
    """Return a number between 0 and 1 for a task and a member: which others there are makes no difference to it."""
    return Random(f"{seed}:ensemble:{name}").random()  # noqa: S311  (a choice, not security)


def _by_circuit(seats: Sequence[Seat]) -> Iterator[Seat]:
    """Yield the members whose circuit admits a call, then the others: better a small chance than none."""
    left_out = []
    for seat in seats:
        if seat.breaker.admits():
            yield seat
        else:
            left_out.append(seat)
    yield from left_out


def _is_late(error: Exception) -> bool:
    return isinstance(error, asyncio.TimeoutError)


class EnsembleUsers:
    """Customers played by the members of an ensemble.

    Args:
        settings: the members' weights, and when one counts as down.
        members: the users of each member, by its name in the settings.
        seconds: how long an answer may take.
    """

    takes_over = False

    def __init__(self, settings: EnsembleSettings, members: Mapping[str, Users], seconds: float) -> None:
        self._seconds = seconds
        self._seats = [
            Seat(name, settings.members[name].weight, users, Breaker(settings.circuit))
            for name, users in members.items()
        ]

    def user(self, task: Task) -> User:
        """Return the customer of a task; its seed says who plays, and who takes over in which order."""
        # the largest of u ** (1 / w) is at w with a probability in proportion to w (Efraimidis and Spirakis, 2006)
        drawn = {seat.name: _number(task.seed, seat.name) ** (1.0 / seat.weight) for seat in self._seats}
        return EnsembleUser(task, sorted(self._seats, key=lambda seat: drawn[seat.name], reverse=True), self._seconds)

    def usage(self) -> dict[str, Usage]:
        """Return what every member's endpoints were used for so far."""
        return {f"{seat.name}/{name}": one for seat in self._seats for name, one in seat.users.usage().items()}
