"""Several members of which a seed chooses one; when it fails another goes on, so that no conversation has to.

A member that keeps failing is left alone for a while (see `Breaker`), and its conversations go to the others meanwhile.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from random import Random
from time import monotonic
from typing import Generic, Protocol, TypeVar

from cove_rl.endpoints.circuit import Breaker
from cove_rl.endpoints.failure import EndpointError
from cove_rl.endpoints.settings import Circuit
from cove_rl.endpoints.usage import Usage

log = logging.getLogger(__name__)


class Member(Protocol):
    """What makes one side of conversations: users, or agents."""

    @property
    def takes_over(self) -> bool:
        """Whether it can go on with a conversation that another one began."""
        ...

    def usage(self) -> dict[str, Usage]:
        """Return what was used so far, by endpoint."""
        ...


M = TypeVar("M", bound=Member)
R = TypeVar("R")


class Seat(Generic[M]):
    """A member's place, with the circuit to it that all conversations share."""

    def __init__(self, name: str, weight: float, member: M, breaker: Breaker) -> None:
        self.name = name
        self.weight = weight
        self.member = member
        self.breaker = breaker


class Panel(Generic[M]):
    """The members of an ensemble.

    Args:
        members: name -> member.
        weights: name -> relative share of the conversations.
        circuit: when a member counts as down.
    """

    def __init__(self, members: Mapping[str, M], weights: Mapping[str, float], circuit: Circuit) -> None:
        self._seats = [Seat(name, weights[name], member, Breaker(circuit)) for name, member in members.items()]

    def order(self, seed: str) -> list[Seat[M]]:
        """Return who plays with this seed, and who takes over in which order."""
        # the largest of u ** (1 / w) is at w with a probability in proportion to w (Efraimidis and Spirakis, 2006)
        drawn = {seat.name: _number(seed, seat.name) ** (1.0 / seat.weight) for seat in self._seats}
        return sorted(self._seats, key=lambda seat: drawn[seat.name], reverse=True)

    def usage(self) -> dict[str, Usage]:
        """Return what every member's endpoints were used for so far."""
        return {f"{seat.name}/{name}": one for seat in self._seats for name, one in seat.member.usage().items()}


class Relay(Generic[M]):
    """One conversation's members: the first that answers goes on with it.

    Args:
        order: the members, the one that is to play first.
        seconds: how long an answer may take; each member that is asked gets an equal share of what is left.
    """

    def __init__(self, order: Sequence[Seat[M]], seconds: float) -> None:
        self._order = list(order)
        self._seconds = seconds
        self.takeovers = 0

    @property
    def name(self) -> str:
        """The ensemble, and which of its members plays."""
        return f"ensemble:{self._order[0].name}"

    async def ask(self, ask: Callable[[Seat[M]], Awaitable[R]], *, begun: bool) -> R:
        """Return the first answer of a member.

        Args:
            ask: asks one.
            begun: whether somebody has spoken already on its side: then only who plays, or takes over, is asked.

        Raises:
            EndpointError: if no member answers in time.
        """
        end = monotonic() + self._seconds
        able = [seat for seat in self._order if not begun or seat is self._order[0] or seat.member.takes_over]
        failures = []
        for asked, seat in enumerate(_by_circuit(able)):
            share = max(end - monotonic(), 0.0) / (len(able) - asked)
            try:
                answer = await asyncio.wait_for(ask(seat), share)
            except Exception as error:  # whatever a member raises is its failure; the episode goes on with another
                failure = f"{seat.name}: " + (f"no answer within {share:.3g} s" if _is_late(error) else f"{error}")
                log.warning("a member of the ensemble failed: %s", failure)
                failures.append(failure)
                seat.breaker.failed()
            else:
                seat.breaker.succeeded()
                self._seat(seat)
                return answer
        raise EndpointError("unreachable", f"no member of the ensemble answered: {'; '.join(failures)}")

    def _seat(self, seat: Seat[M]) -> None:
        """Let a member go on with the conversation, before all others."""
        if seat is not self._order[0]:
            self.takeovers += 1
            self._order.remove(seat)
            self._order.insert(0, seat)


def _number(seed: str, name: str) -> float:
    """Return a number between 0 and 1 for a seed and a member: which others there are makes no difference to it."""
    return Random(f"{seed}:ensemble:{name}").random()  # noqa: S311  (a choice, not security)


def _by_circuit(seats: Sequence[Seat[M]]) -> Iterator[Seat[M]]:
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
