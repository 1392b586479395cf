"""What the oracle knows of its customer: records read through tools, and elements found by what the customer says."""

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar, cast

import msgspec

from cove_rl.domains.airline.records import Cabin, CreditCard, Passenger, Reservation, User
from cove_rl.domains.airline.view import (
    View,
    airports_for,
    bags_for,
    party_for,
    passengers_for,
    payments_for,
    people_for,
    reservations_for,
    text_of,
)
from cove_rl.speech.desk import Answer, Asked, Desk, Step
from cove_rl.world.hint import Hint

T = TypeVar("T")

Cities = list[dict[str, str]]
"""What `list_all_airports` returns: code and city of each."""


class Declined(Exception):  # noqa: N818  (no fault: the conversation goes on)
    """The oracle goes no further with a request.

    Attributes:
        key: the sentence that tells the customer why.
        values: what fills it.
    """

    def __init__(self, key: str = "give_up", **values: str) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class Counter:
    """One identified customer at the desk. Every record in `view` came from a tool result.

    The methods that find an element ask for it where it is unknown, and raise `Declined` if it stays so.

    Attributes:
        desk: where the conversation takes place.
        view: what has been read so far.
    """

    def __init__(self, desk: Desk, user: User) -> None:
        self.desk = desk
        self.view = View(user, {}, {})
        self._own = user.reservations
        self._stale = False
        self._statuses: dict[tuple[str, str], str] = {}

    def write(self, name: str, **arguments: Any) -> Generator[Step, Any, Answer]:
        """Make a call that writes; what it says of the customer's reservations is kept.

        Unless all the money of that reservation moves on credit cards, balances have to be read again afterwards.
        """
        answer = yield from self.desk.use(name, **arguments)
        paid: set[str] = set()
        if not answer.error and name != "send_certificate":
            reservation = msgspec.json.decode(answer.content, type=Reservation)
            paid = {one.payment_id for one in reservation.payment_history}
            if reservation.reservation_id in self.view.reservations:
                self.view.reservations[reservation.reservation_id] = reservation
        methods = self.view.user.payment_methods
        self._stale = self._stale or not paid or any(not isinstance(methods.get(one), CreditCard) for one in paid)
        return answer

    def look_up(self) -> Generator[Step, Any, None]:
        """Read what the customer's words refer to: the reservations they came with, and the airports' cities."""
        if self.view.cities:
            return
        calls: list[tuple[str, dict[str, Any]]] = [("list_all_airports", {})]
        calls += [("get_reservation_details", {"reservation_id": key}) for key in self._own]
        airports, *reservations = yield from self.desk.use_all(calls)
        self.view.cities = {one["iata"]: one["city"] for one in msgspec.json.decode(airports.content, type=Cities)}
        for answer in reservations:
            self._keep(answer)
        self.view.before = dict(self.view.reservations)

    def reservation(self, asked: Asked) -> Generator[Step, Any, Reservation]:
        """Return the reservation a request is about; others than the customer's own are declined."""
        yield from self.look_up()
        hint = yield from self.desk.need(asked, "reservation", "ask.reservation")
        if hint is not None and hint.form == "exact" and text_of(hint, "id").upper() not in self.view.reservations:
            yield from self.desk.use("get_reservation_details", reservation_id=text_of(hint, "id").upper())
            raise Declined("refuse.stranger")
        found = yield from self._find(asked, "reservation", lambda hint: reservations_for(hint, self.view))
        return self.view.reservations[found]

    def statuses(self, reservation: Reservation, until: str = "9999-12-31") -> Generator[Step, Any, tuple[str, ...]]:
        """Return how the flights of a reservation are doing, of those that leave on `until` (YYYY-MM-DD) or before."""
        flights = [(one.flight_number, one.date) for one in reservation.flights if one.date <= until]
        missing = [one for one in flights if one not in self._statuses]
        if missing:
            calls = [("get_flight_status", {"flight_number": number, "date": date}) for number, date in missing]
            answers = yield from self.desk.use_all(calls)
            self._statuses.update(zip(missing, (answer.content for answer in answers), strict=True))
        return tuple(self._statuses[one] for one in flights)

    def ends(self, asked: Asked) -> Generator[Step, Any, tuple[str, str]]:
        """Return the airports a new trip goes between, by code."""

        def resolve(hint: Hint) -> list[tuple[str, str]]:
            starts, ends = (airports_for(text_of(hint, place), self.view) for place in ("origin", "destination"))
            return [(start, end) for start in starts for end in ends]

        return (yield from self._find(asked, "trip", resolve))

    def cabin(self, asked: Asked) -> Generator[Step, Any, Cabin]:
        """Return the cabin the customer wants."""
        hint = yield from self.desk.need(asked, "cabin", "ask.cabin")
        if hint is None:
            raise Declined
        return cast("Cabin", hint.form)

    def party(self, asked: Asked) -> Generator[Step, Any, tuple[Passenger, ...]]:
        """Return who is to fly on a new trip."""
        return (yield from self._find(asked, "passengers", lambda hint: party_for(hint, self.view)))

    def passenger(self, asked: Asked, reservation: Reservation) -> Generator[Step, Any, Passenger]:
        """Return the passenger of a reservation the customer speaks of."""
        return (yield from self._find(asked, "who", lambda hint: passengers_for(hint, reservation)))

    def newcomer(self, asked: Asked) -> Generator[Step, Any, Passenger]:
        """Return who is to take a passenger's place."""
        return (yield from self._find(asked, "passenger", lambda hint: people_for(hint, self.view)))

    def bags(self, asked: Asked) -> Generator[Step, Any, int]:
        """Return how many bags the customer speaks of."""
        return (yield from self._find(asked, "bags", bags_for))

    def payment(
        self, asked: Asked, reservation: Reservation | None, question: str
    ) -> Generator[Step, Any, tuple[str, ...]]:
        """Return the ids of the methods the customer wants to pay with, in the order in which they are to be used."""

        def resolve(hint: Hint) -> list[tuple[str, ...]]:
            return payments_for(hint, self.view, reservation)

        hint = yield from self.desk.need(asked, "payment", question)
        if hint is not None and not self._is_card(resolve(hint)):
            yield from self._refresh()
        return (yield from self._find(asked, "payment", resolve, question))

    def _is_card(self, found: Sequence[tuple[str, ...]]) -> bool:
        """Return whether credit cards alone were found, which have no balance to read again."""
        methods = self.view.user.payment_methods
        return len(found) == 1 and all(isinstance(methods[one], CreditCard) for one in found[0])

    def _refresh(self) -> Generator[Step, Any, None]:
        """Read the customer's profile again if a balance may have moved."""
        if self._stale:
            answer = yield from self.desk.use("get_user_details", user_id=self.view.user.user_id)
            self.view.user = msgspec.json.decode(answer.content, type=User)
            self._stale = False

    def _keep(self, answer: Answer) -> None:
        reservation = msgspec.json.decode(answer.content, type=Reservation)
        self.view.reservations[reservation.reservation_id] = reservation

    def _find(
        self, asked: Asked, slot: str, resolve: Callable[[Hint], Sequence[T]], question: str = ""
    ) -> Generator[Step, Any, T]:
        """Return the one element a slot's hint resolves to, asking again once when it is none or several."""
        for _ in range(2):
            hint = yield from self.desk.need(asked, slot, question or f"ask.{slot}")
            found = [] if hint is None else list(resolve(hint))
            if len(found) == 1:
                return found[0]
            if hint is None:
                break
            del asked.hints[slot]
            self.desk.tell(f"unknown.{slot}")
            yield from self.desk.listen()
        raise Declined


def identify(desk: Desk) -> Generator[Step, Any, Counter]:
    """Find the customer's account by their user id, asking until it is found."""
    question = "ask.identity"
    while True:
        hint = desk.loose.pop("identity", None)
        if hint is not None:
            answer = yield from desk.use("get_user_details", user_id=text_of(hint, "id"))
            if not answer.error:
                return Counter(desk, msgspec.json.decode(answer.content, type=User))
            question = "unknown.identity"
        desk.tell(question)
        yield from desk.listen()
