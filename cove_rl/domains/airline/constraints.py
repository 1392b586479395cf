"""What an airline customer can want that the policy allows."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from cove_rl.domains.airline.facts import FlightRef, amounts, flown, people, settled_with
from cove_rl.domains.airline.records import (
    Cabin,
    Certificate,
    FlightType,
    Passenger,
    Payment,
    Reservation,
    User,
    YesNo,
)
from cove_rl.domains.airline.tools.ids import booking_id
from cove_rl.world.constraint import Action, Constraint, Goal
from cove_rl.world.record import Record
from cove_rl.world.state import State
from cove_rl.world.world import World

_Read = Callable[[Reservation], object]


class BookTrip(Constraint, frozen=True, tag="book_trip"):
    """Book a trip at today's prices; amounts in US dollars."""

    user_id: str
    origin: str
    destination: str
    flight_type: FlightType
    cabin: Cabin
    flights: tuple[FlightRef, ...]
    passengers: tuple[Passenger, ...]
    payments: tuple[Payment, ...]
    total_baggages: int
    nonfree_baggages: int
    insurance: YesNo

    def goals(self, world: World) -> tuple[Goal, ...]:
        """A reservation of exactly this is there and still stands."""
        key = self.reservation_id(world)

        def goal(label: str, read: "_Read", wanted: object) -> Goal:
            return Goal(f"the {label} of booking {key}", Reservation, key, read, wanted)

        return (
            goal("status", lambda r: r.status or "booked", "booked"),
            goal("route", lambda r: f"{r.origin} to {r.destination}", f"{self.origin} to {self.destination}"),
            goal("trip type", lambda r: r.flight_type, self.flight_type),
            goal("cabin", lambda r: r.cabin, self.cabin),
            goal("flights", flown, tuple(map(str, self.flights))),
            goal("passengers", lambda r: people(r.passengers), people(self.passengers)),
            goal("payments", lambda r: amounts(r.payment_history), amounts(self.payments)),
            goal("number of bags", lambda r: r.total_baggages, self.total_baggages),
            goal("number of bags to pay", lambda r: r.nonfree_baggages, self.nonfree_baggages),
            goal("insurance", lambda r: r.insurance, self.insurance),
        )

    def reservation_id(self, world: World) -> str:
        """Return the id the booking gets: it depends on the customer and the flights alone."""
        return booking_id(State(world), self.user_id, [(one.flight_number, one.date) for one in self.flights])

    def actions(self, world: World) -> tuple[Action, ...]:
        """One call."""
        arguments = {
            "user_id": self.user_id,
            "origin": self.origin,
            "destination": self.destination,
            "flight_type": self.flight_type,
            "cabin": self.cabin,
            "flights": _plain(self.flights),
            "passengers": _plain(self.passengers),
            "payment_methods": _plain(self.payments),
            "total_baggages": self.total_baggages,
            "nonfree_baggages": self.nonfree_baggages,
            "insurance": self.insurance,
        }
        return (Action("book_reservation", arguments),)

    def describe(self) -> str:
        """The goal in words."""
        return (
            f"book {self.flight_type} {self.origin} to {self.destination} in {self.cabin} "
            f"({_listed(self.flights)}) for {_listed(people(self.passengers))}, bags {self.total_baggages} "
            f"({self.nonfree_baggages} charged), insurance {self.insurance}, "
            f"paid with {_listed(amounts(self.payments))}"
        )


class CancelReservation(Constraint, frozen=True, tag="cancel_reservation"):
    """Cancel a reservation; its money goes back to the methods that paid."""

    reservation_id: str

    def goals(self, world: World) -> tuple[Goal, ...]:
        """The reservation is cancelled."""
        label = f"the status of reservation {self.reservation_id}"
        return (Goal(label, Reservation, self.reservation_id, lambda r: r.status or "booked", "cancelled"),)

    def actions(self, world: World) -> tuple[Action, ...]:
        """One call."""
        return (Action("cancel_reservation", {"reservation_id": self.reservation_id}),)

    @property
    def moot(self) -> frozenset[str]:
        """What was to be flown instead, and how that is paid: the money goes back to where it came from."""
        return frozenset({"outbound", "inbound", "payment"})

    def describe(self) -> str:
        """The goal in words."""
        return f"cancel reservation {self.reservation_id}"


class ChangeFlights(Constraint, frozen=True, tag="change_flights"):
    """Put other flights in a reservation, in the same cabin; one method settles the difference, if there is one."""

    reservation_id: str
    cabin: Cabin
    flights: tuple[FlightRef, ...]
    payment_id: str | None

    def goals(self, world: World) -> tuple[Goal, ...]:
        """The reservation has these flights and this cabin, and the difference went where it should.

        It is one fact, so that two changes cannot share the credit: a wrong one is redundant.
        """
        key = self.reservation_id
        entries = _entries(world, key)
        wanted = (*map(str, self.flights), self.cabin, *_paid_by(self.payment_id))

        def read(reservation: Reservation) -> tuple[str, ...]:
            return (*flown(reservation), reservation.cabin, *settled_with(reservation, entries))

        label = f"the flights, the cabin and who settled the difference of reservation {key}"
        return (Goal(label, Reservation, key, read, wanted),)

    def actions(self, world: World) -> tuple[Action, ...]:
        """One call."""
        arguments = {
            "reservation_id": self.reservation_id,
            "cabin": self.cabin,
            "flights": _plain(self.flights),
            "payment_id": self.payment_id or _any_method(world, self.reservation_id),
        }
        return (Action("update_reservation_flights", arguments),)

    @property
    def moot(self) -> frozenset[str]:
        """Why the trip was to be cancelled at first, and how nothing is paid."""
        return _unpaid(self.payment_id) | {"reason"}

    def describe(self) -> str:
        """The goal in words."""
        flights = _listed(self.flights)
        return f"change reservation {self.reservation_id} to {flights} in {self.cabin}{_difference(self.payment_id)}"


class ChangeCabin(Constraint, frozen=True, tag="change_cabin"):
    """Move a whole reservation to another cabin of the same flights; one method settles the difference."""

    reservation_id: str
    cabin: Cabin
    payment_id: str | None

    def goals(self, world: World) -> tuple[Goal, ...]:
        """The reservation has that cabin and the same flights, and the difference went where it should."""
        return self._change(world).goals(world)

    def actions(self, world: World) -> tuple[Action, ...]:
        """One call."""
        return self._change(world).actions(world)

    def _change(self, world: World) -> ChangeFlights:
        flights = tuple(
            FlightRef(one.flight_number, one.date) for one in world.rows(Reservation)[self.reservation_id].flights
        )
        return ChangeFlights(self.reservation_id, self.cabin, flights, self.payment_id)

    @property
    def moot(self) -> frozenset[str]:
        """How nothing is paid."""
        return _unpaid(self.payment_id)

    def describe(self) -> str:
        """The goal in words."""
        return f"move reservation {self.reservation_id} to {self.cabin}{_difference(self.payment_id)}"


class ChangePassengers(Constraint, frozen=True, tag="change_passengers"):
    """Name other people in a reservation; their number stays the same."""

    reservation_id: str
    passengers: tuple[Passenger, ...]

    def goals(self, world: World) -> tuple[Goal, ...]:
        """These people fly, in whatever order."""
        label = f"the passengers of reservation {self.reservation_id}"
        wanted = people(self.passengers)
        return (Goal(label, Reservation, self.reservation_id, lambda r: people(r.passengers), wanted),)

    def actions(self, world: World) -> tuple[Action, ...]:
        """One call."""
        arguments = {"reservation_id": self.reservation_id, "passengers": _plain(self.passengers)}
        return (Action("update_reservation_passengers", arguments),)

    def describe(self) -> str:
        """The goal in words."""
        return f"make {_listed(people(self.passengers))} the passengers of reservation {self.reservation_id}"


class AddBags(Constraint, frozen=True, tag="add_bags"):
    """Check more bags; one method pays for those that are not free, if there are any."""

    reservation_id: str
    total_baggages: int
    nonfree_baggages: int
    payment_id: str | None

    def goals(self, world: World) -> tuple[Goal, ...]:
        """The reservation has so many bags, so many of them charged, and the right method paid; it is one fact."""
        key = self.reservation_id
        entries = _entries(world, key)
        wanted = (self.total_baggages, self.nonfree_baggages, *_paid_by(self.payment_id))

        def read(reservation: Reservation) -> tuple[object, ...]:
            counts = (reservation.total_baggages, reservation.nonfree_baggages)
            return (*counts, *settled_with(reservation, entries))

        label = f"the bags, those to pay and who paid for them in reservation {key}"
        return (Goal(label, Reservation, key, read, wanted),)

    def actions(self, world: World) -> tuple[Action, ...]:
        """One call."""
        arguments = {
            "reservation_id": self.reservation_id,
            "total_baggages": self.total_baggages,
            "nonfree_baggages": self.nonfree_baggages,
            "payment_id": self.payment_id or _any_method(world, self.reservation_id),
        }
        return (Action("update_reservation_baggages", arguments),)

    @property
    def moot(self) -> frozenset[str]:
        """How nothing is paid."""
        return _unpaid(self.payment_id)

    def describe(self) -> str:
        """The goal in words."""
        bags = f"{self.total_baggages} bags, {self.nonfree_baggages} charged"
        return f"give reservation {self.reservation_id} {bags}{_difference(self.payment_id)}"


class SendCertificate(Constraint, frozen=True, tag="send_certificate"):
    """Compensate the customer with a travel certificate of an amount in US dollars."""

    user_id: str
    amount: int

    def goals(self, world: World) -> tuple[Goal, ...]:
        """The customer has one certificate of that amount more than before."""
        before = world.rows(User)[self.user_id].payment_methods.keys()

        def new_amounts(user: User) -> tuple[float, ...]:
            methods = user.payment_methods.values()
            return tuple(sorted(one.amount for one in methods if isinstance(one, Certificate) and one.id not in before))

        label = f"the new certificates of {self.user_id}"
        return (Goal(label, User, self.user_id, new_amounts, (float(self.amount),)),)

    def actions(self, world: World) -> tuple[Action, ...]:
        """One call."""
        return (Action("send_certificate", {"user_id": self.user_id, "amount": self.amount}),)

    def describe(self) -> str:
        """The goal in words."""
        return f"send {self.user_id} a certificate of ${self.amount}"


def _entries(world: World, reservation_id: str) -> int:
    """Return how long a reservation's payment history is before anything is changed."""
    return len(world.rows(Reservation)[reservation_id].payment_history)


def _paid_by(payment_id: str | None) -> tuple[str, ...]:
    return () if payment_id is None else (payment_id,)


def _unpaid(payment_id: str | None) -> frozenset[str]:
    return frozenset({"payment"}) if payment_id is None else frozenset()


def _any_method(world: World, reservation_id: str) -> str:
    """Return a method a change may be charged to; it matters only where there is nothing to charge."""
    user = world.rows(User)[world.rows(Reservation)[reservation_id].user_id]
    return next((one.id for one in user.payment_methods.values() if not isinstance(one, Certificate)), "")


def _plain(records: Sequence[Record]) -> list[dict[str, Any]]:
    plain: list[dict[str, Any]] = msgspec.to_builtins(records)
    return list(plain)


def _listed(parts: Iterable[object]) -> str:
    return ", ".join(map(str, parts))


def _difference(payment_id: str | None) -> str:
    return f"; the difference on {payment_id}" if payment_id else ""


ALLOWED: tuple[type[Constraint], ...] = (
    BookTrip,
    CancelReservation,
    ChangeFlights,
    ChangeCabin,
    ChangePassengers,
    AddBags,
    SendCertificate,
)
