"""What one customer has come to want so far, and what it leaves possible."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import TypeVar

from cove_rl.domains.retail.hints import Describer
from cove_rl.domains.retail.records import GiftCard, Order, PaymentMethod, Product, User
from cove_rl.domains.retail.view import View
from cove_rl.speech.grammar import Grammar
from cove_rl.world.call import ToolCall
from cove_rl.world.constraint import Constraint
from cove_rl.world.hint import Hint, Request
from cove_rl.world.state import State
from cove_rl.world.tool import Toolbox
from cove_rl.world.world import World

T = TypeVar("T")


class Basket:
    """The requests of one customer, kept jointly feasible.

    The rules: an order that is cancelled, whose items change, or that a refusal is about, takes no other request; a
    gift card must cover all that is charged to it without counting refunds, so that the order of requests does not
    matter; a gift card that must not suffice gets no refund; nobody points to an address that another request changes.

    Attributes:
        view: the customer's corner of the world.
        describe: words the elements.
        rng: decides.
        requests: what has been taken in.
    """

    def __init__(self, world: World, user: User, toolbox: Toolbox, grammar: Grammar, rng: Random) -> None:
        orders = world.rows(Order)
        self.world = world
        self.view = View(user, {key: orders[key] for key in user.orders}, dict(world.rows(Product)))
        self.describe = Describer(self.view, grammar, rng)
        self.rng = rng
        self.requests: list[Request] = []
        self._toolbox = toolbox
        self._state = State(world)
        self._done: dict[str, set[str]] = {}
        self._closed: set[str] = set()
        self._debits: dict[str, float] = {}
        self._scant: set[str] = set()
        self._moved: set[str] = set()
        self._pointed: set[str] = set()

    def choose(self, options: Iterable[T]) -> T | None:
        """Return one of the options, or None if there is none."""
        known = list(options)
        return self.rng.choice(known) if known else None

    def orders(self, *statuses: str, untouched: bool = True, without: str = "") -> list[Order]:
        """Return the customer's orders of these statuses that can still take a request.

        Args:
            statuses: the statuses.
            untouched: whether no request may have been made on the order so far.
            without: a kind of request the order must not have had.
        """
        return [
            order
            for order in self.view.orders.values()
            if order.status in statuses
            and order.order_id not in self._closed
            and not (untouched and self._done.get(order.order_id))
            and without not in self._done.get(order.order_id, ())
        ]

    def covers(self, method: PaymentMethod, amount: float) -> bool:
        """Return whether a method can be charged an amount on top of what is charged to it already."""
        if not isinstance(method, GiftCard):
            return True
        return method.id not in self._scant and method.balance - self._debits.get(method.id, 0.0) >= amount

    def sources(self, target: str) -> Sequence[Order]:
        """Return the orders whose address may be pointed to, for a new address of `target` (an order id or "")."""
        return [order for key, order in self.view.orders.items() if key != target and key not in self._moved]

    @property
    def default_moves(self) -> bool:
        """Whether a request changes the default address."""
        return "" in self._moved

    def may_move(self, target: str) -> bool:
        """Return whether an address may change: nobody may have pointed to it. `target` is an order id, or ""."""
        return target not in self._pointed and target not in self._moved

    def add(self, request: Request, *, closes: str | None = None, moves: str | None = None, scant: str = "") -> bool:
        """Take in a request if it can be carried out after those before it; return whether it could.

        Args:
            request: the request.
            closes: an order that takes no further request.
            moves: whose address it changes: an order id, or "" for the customer's default.
            scant: a gift card that must go on not to suffice.
        """
        if not self._carry_out(request.constraint):
            return False
        order_id = getattr(request.constraint, "order_id", "")
        self._done.setdefault(order_id, set()).add(request.constraint.kind)
        if closes is not None:
            self._closed.add(closes)
        if moves is not None:
            self._moved.add(moves)
        if scant:
            self._scant.add(scant)
        self._pointed.update(self._points_to(request.hints))
        self.requests.append(request)
        return True

    def balance(self, card: GiftCard) -> float:
        """Return what is on a gift card once the requests so far have been carried out, refunds included."""
        return self._balances()[card.id]

    def charge(self, method: PaymentMethod, amount: float) -> None:
        """Note an amount that a later step of the customer's business will take from a gift card."""
        if isinstance(method, GiftCard) and amount > 0:
            self._debits[method.id] = self._debits.get(method.id, 0.0) + amount

    def _points_to(self, hints: Iterable[Hint]) -> Iterable[str]:
        for hint in hints:
            if hint.form == "default":
                yield ""
            if hint.form == "other_order":
                told = hint.check.any if hint.check else ()
                yield from (key for key, order in self.view.orders.items() if order.address.address1 in told)

    def _carry_out(self, constraint: Constraint) -> bool:
        before = self._balances()
        for number, action in enumerate(constraint.actions(self.world)):
            result = self._toolbox.call(self._state, ToolCall(str(number), action.name, action.arguments))
            if result.error:
                return False
        after = self._balances()
        if any(after[card] > before[card] for card in self._scant):
            return False
        for card, balance in after.items():
            self._debits[card] = self._debits.get(card, 0.0) + max(0.0, before[card] - balance)
        return True

    def _balances(self) -> dict[str, float]:
        user = self._state.get(User, self.view.user.user_id) or self.view.user
        return {method.id: method.balance for method in user.payment_methods.values() if isinstance(method, GiftCard)}
