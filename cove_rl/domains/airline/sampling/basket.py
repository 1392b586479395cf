"""What one customer has come to want so far, and what it leaves possible."""

from collections.abc import Iterable
from random import Random
from typing import TypeVar

from cove_rl.domains.airline.airports import airport_map
from cove_rl.domains.airline.hints import Describer
from cove_rl.domains.airline.records import (
    Certificate,
    CreditCard,
    Flight,
    GiftCard,
    PaymentMethod,
    Reservation,
    User,
)
from cove_rl.domains.airline.sampling.occasions import BESIDE, OCCASIONS, Statuses, statuses
from cove_rl.domains.airline.view import View
from cove_rl.world.call import ToolCall
from cove_rl.world.constraint import Constraint
from cove_rl.world.hint import Request
from cove_rl.world.state import State
from cove_rl.world.tool import Toolbox
from cove_rl.world.world import World

T = TypeVar("T")


class Basket:
    """The requests of one customer, kept jointly feasible.

    The rules: a reservation takes one request, but its passengers may change besides; a gift card must cover all that
    is charged to it without counting refunds; a gift card that is used up to its limit takes no part in anything else,
    so that its limit is beyond doubt; a certificate pays once, and none pays after a new one was sent; no flight whose
    seats a request has taken or freed is searched for again.

    Attributes:
        world: where the customer lives.
        rng: decides.
        requests: what has been taken in.
        describe: words the elements.
    """

    def __init__(self, world: World, user: User, toolbox: Toolbox, rng: Random) -> None:
        reservations = world.rows(Reservation)
        self.world = world
        self.rng = rng
        self.requests: list[Request] = []
        self._views = [View(user, {key: reservations[key] for key in user.reservations}, _cities())]
        self.describe = Describer(self._views, rng)
        self._toolbox = toolbox
        self._state = State(world)
        self._closed: set[str] = set()
        self._renamed: set[str] = set()
        self._charges: dict[str, int] = {}
        self._moved: set[str] = set()
        self._emptied: set[str] = set()
        self._touched: set[str] = set()
        self._compensated = False

    @property
    def view(self) -> View:
        """The customer's records after the requests so far."""
        return self._views[-1]

    @property
    def may_compensate(self) -> bool:
        """Whether no certificate has been sent yet."""
        return not self._compensated

    def choose(self, options: Iterable[T]) -> T | None:
        """Return one of the options, or None if there is none."""
        known = list(options)
        return self.rng.choice(known) if known else None

    def occasion(self, kind: str) -> Reservation | None:
        """Return one of the customer's reservations that give occasion to a kind of request and are free for it."""
        user, known = self._views[0].user, self.world.derived(statuses)
        taken = self._renamed if kind == "change_passenger" else self._closed
        taken = taken if kind in (*BESIDE, "change_passenger") else taken | self._renamed
        return self.choose(
            self.view.reservations[key]
            for key, one in self._views[0].reservations.items()
            if key not in taken and OCCASIONS[kind](user, one, known[key])
        )

    def statuses(self, reservation: Reservation) -> Statuses:
        """Return the statuses of a reservation's flights, as the conversation began."""
        return self.world.derived(statuses)[reservation.reservation_id]

    def is_touched(self, flight_numbers: Iterable[str]) -> bool:
        """Return whether a request has taken or freed seats on one of these flights."""
        return not self._touched.isdisjoint(flight_numbers)

    def covers(self, method: PaymentMethod, amount: int) -> bool:
        """Return whether a method can settle an amount on top of what is charged to it already (below 0: a refund)."""
        if isinstance(method, CreditCard):
            return True
        if isinstance(method, Certificate):
            return not self._compensated and method.id in self.view.user.payment_methods and method.amount >= amount
        return method.id not in self._emptied and self._left(method) >= amount

    def can_empty(self, method: PaymentMethod) -> bool:
        """Return whether a method can be used up to its limit: whole dollars that nothing else has any part in."""
        if isinstance(method, CreditCard) or method.amount < 1 or method.amount != int(method.amount):
            return False
        free = method.id not in self._moved if isinstance(method, GiftCard) else not self._compensated
        return free and method.id in self.view.user.payment_methods

    def may_refund(self, payment_ids: Iterable[str]) -> bool:
        """Return whether money may go back to these methods."""
        return self._emptied.isdisjoint(payment_ids)

    def add(self, request: Request, *, closes: str = "", renames: str = "", empties: str = "") -> bool:
        """Take in a request if it can be carried out after those before it; return whether it could.

        Args:
            request: the request.
            closes: a reservation that takes no further request, but perhaps a change of passengers.
            renames: a reservation that takes no change of passengers any more.
            empties: a gift card that the request uses up to its limit.
        """
        before = self.view
        if not self._carry_out(request.constraint):
            return False
        self._closed.update({closes} - {""})
        self._renamed.update({renames} - {""})
        self._emptied.update({empties} - {""})
        self._note_money(before)
        self._compensated = self._compensated or request.constraint.kind == "send_certificate"
        self.requests.append(request)
        return True

    def _carry_out(self, constraint: Constraint) -> bool:
        actions = constraint.actions(self.world)
        for action in actions:
            result = self._toolbox.call(self._state, ToolCall("", action.name, action.arguments))
            if result.error or not result.changes:
                return False
            self._touched.update(change.key for change in result.changes if change.kind is Flight)
        if actions:
            self._views[1:] = [self._seen()]
        return True

    def _seen(self) -> View:
        """Return the customer's records as they are now."""
        first = self._views[0]
        user = self._state.get(User, first.user.user_id) or first.user
        found = ((key, self._state.get(Reservation, key)) for key in user.reservations)
        return View(user, {key: one for key, one in found if one}, first.cities)

    def _note_money(self, before: View) -> None:
        """Note what a request did to gift cards."""
        for key, method in before.user.payment_methods.items():
            now = self.view.user.payment_methods.get(key)
            if isinstance(method, GiftCard) and isinstance(now, GiftCard) and now.amount != method.amount:
                self._moved.add(key)
                self._charges[key] = self._charges.get(key, 0) + max(0, int(method.amount - now.amount))

    def _left(self, card: GiftCard) -> float:
        first = self._views[0].user.payment_methods.get(card.id)
        amount = first.amount if isinstance(first, GiftCard) else 0
        return amount - self._charges.get(card.id, 0)


def _cities() -> dict[str, str]:
    return {airport.iata: airport.city for airport in airport_map().airports}
