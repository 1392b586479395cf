"""Describe elements of a goal as the customer would; every description resolves to exactly one element."""

from collections.abc import Collection, Mapping, Sequence
from random import Random

from cove_rl.domains.airline.noticing import (
    check_bags,
    check_cabin,
    check_ends,
    check_id,
    check_insurance,
    check_party,
    check_passenger,
    check_payment,
    check_reason,
    check_reservation,
)
from cove_rl.domains.airline.preferences import preferences
from cove_rl.domains.airline.records import (
    Cabin,
    Certificate,
    CreditCard,
    FlightType,
    Passenger,
    PaymentMethod,
    Reservation,
    YesNo,
)
from cove_rl.domains.airline.rules import Incident, Reason
from cove_rl.domains.airline.view import (
    View,
    dollars,
    payments_for,
    people_for,
    reservations_for,
    spoken_bags,
    spoken_date,
)
from cove_rl.world.hint import Hint, Value

Forms = dict[str, dict[str, Value]]


class Describer:
    """Describes what is in one customer's view.

    A description must mean the same in the view as the customer knew it and in the view after the requests made so far,
    whichever of the two an agent has in mind.

    Args:
        views: the customer's records as the conversation began and as they are now; it may be one view.
        rng: decides between descriptions that fit.
    """

    def __init__(self, views: Sequence[View], rng: Random) -> None:
        self._views = views
        self._rng = rng

    def identity(self) -> Hint:
        """Describe the customer: they know their user id, and nothing else finds them."""
        return Hint("identity", "id", {"id": self._views[0].user.user_id}, exact=True)

    def reservation(self, reservation: Reservation) -> Hint:
        """Describe a reservation by its route, alone or with something else; failing that, by its id."""
        check = check_reservation(reservation, self._views[0])
        forms = {
            form: values
            for form, values in self._reservation_forms(reservation).items()
            if self._means(Hint("reservation", form, values), reservation)
        }
        if not forms:
            key = reservation.reservation_id
            return Hint("reservation", "exact", {"id": key}, exact=True, check=check_id(key, self._views[0]))
        form = self._choose(forms, preferences().reservation)
        return Hint("reservation", form, forms[form], check=check, also=check_ends(reservation, self._views[0]))

    def _reservation_forms(self, reservation: Reservation) -> Forms:
        cities = self._views[0].cities
        route: dict[str, Value] = {
            "origin": cities[reservation.origin],
            "destination": cities[reservation.destination],
        }
        forms: Forms = {
            "route": route,
            "route_date": {**route, "date": spoken_date(reservation.flights[0].date)},
            "cabin": {**route, "cabin": (Hint("cabin", reservation.cabin),)},
        }
        own = self._views[0].user.name.first_name
        others = [one.first_name for one in reservation.passengers if one.first_name != own]
        if others:
            forms["companion"] = {**route, "first_name": self._rng.choice(others)}
        return forms

    def _means(self, hint: Hint, reservation: Reservation) -> bool:
        return all(reservations_for(hint, view) == [reservation.reservation_id] for view in self._views)

    @staticmethod
    def reason(reason: Reason) -> Hint:
        """Describe why a reservation is cancelled."""
        return Hint("reason", reason, check=check_reason(reason))

    def trip(self, flight_type: FlightType, origin: str, destination: str) -> Hint:
        """Describe where a new trip leads; `origin` and `destination` are airport codes."""
        cities = self._views[0].cities
        return Hint("trip", flight_type, {"origin": cities[origin], "destination": cities[destination]})

    @staticmethod
    def cabin(cabin: Cabin, current: Cabin | None = None) -> Hint:
        """Describe a cabin; `current` is the one it is changed from."""
        return Hint("cabin", cabin, check=check_cabin(cabin, current))

    def companion(self, person: Passenger, slot: str = "companion") -> Hint:
        """Describe somebody who is to fly: by first name if that is enough, or in full."""
        saved = Hint(slot, "saved", {"first_name": person.first_name})
        if all(people_for(saved, view) == [person] for view in self._views):
            return saved
        full = {"first_name": person.first_name, "last_name": person.last_name, "dob": person.dob}
        return Hint(slot, "new", {**full})

    def party(self, companions: Sequence[Passenger], *, with_customer: bool) -> Hint:
        """Describe who is to fly on a new trip."""
        check = check_party(companions, self._views[0].user, with_customer=with_customer)
        if not companions:
            return Hint("passengers", "alone", check=check)
        hints = tuple(self.companion(one) for one in companions)
        return Hint("passengers", "with" if with_customer else "others", {"companions": hints}, check=check)

    def passenger(self, person: Passenger) -> Hint:
        """Describe somebody who is to fly on a trip that is booked."""
        hint = self.companion(person, "passenger")
        return Hint(hint.slot, hint.form, hint.values, check=check_passenger(person, self._views[0].user))

    @staticmethod
    def who(person: Passenger) -> Hint:
        """Name a passenger of a reservation."""
        return Hint("who", "name", {"first_name": person.first_name, "last_name": person.last_name})

    @staticmethod
    def bags(count: int, total: int | None = None) -> Hint:
        """Describe a number of checked bags; `total` is how many there will be with those that are there already."""
        if not count:
            return Hint("bags", "none", check=check_bags({0}))
        form = "count" if total is None else "more"
        check = check_bags({count} if total is None else {count, total})
        return Hint("bags", form, {"count": spoken_bags(count)}, check=check)

    @staticmethod
    def insurance(wanted: YesNo) -> Hint:
        """Say whether insurance is wanted."""
        return Hint("insurance", wanted, check=check_insurance(wanted))

    @staticmethod
    def incident(incident: Incident) -> Hint:
        """Say what happened to a flight."""
        return Hint("incident", incident)

    def destination(self, airport: str) -> Hint:
        """Name another destination by its city."""
        return Hint("new_destination", "city", {"city": self._views[0].cities[airport]})

    def payment(self, ids: Sequence[str], reservation: Reservation | None = None) -> Hint:
        """Describe how something is paid: with one method, or with one as far as it goes and another for the rest.

        Args:
            ids: one or two payment methods.
            reservation: a reservation whose payment may be pointed to.
        """
        methods = self._views[-1].user.payment_methods
        check = check_payment([methods[one] for one in ids], methods.values())
        hints = [self._one_payment(methods[one], reservation) for one in ids]
        if len(hints) == 1:
            return Hint(hints[0].slot, hints[0].form, hints[0].values, exact=hints[0].exact, check=check)
        return Hint("payment", "split", {"first": (hints[0],), "rest": (hints[1],)}, check=check)

    def _one_payment(self, method: PaymentMethod, reservation: Reservation | None) -> Hint:
        forms = {
            form: values
            for form, values in _payment_forms(method).items()
            if all(payments_for(Hint("payment", form, values), v, reservation) == [(method.id,)] for v in self._views)
        }
        if not forms:
            return Hint("payment", "exact", {"id": method.id}, exact=True)
        form = self._choose(forms, preferences().payment)
        return Hint("payment", form, forms[form])

    def _choose(self, forms: Collection[str], weights: Mapping[str, float]) -> str:
        return self._rng.choices(list(forms), [weights[form] for form in forms])[0]


def _payment_forms(method: PaymentMethod) -> Forms:
    original: Forms = {"original": {}}
    if isinstance(method, CreditCard):
        brand, last_four = {"brand": method.brand}, {"last_four": method.last_four}
        return {
            **original,
            "credit_card": {},
            "brand": {**brand},
            "last_four": {**last_four},
            "brand_last_four": {**brand, **last_four},
        }
    kind = "certificate" if isinstance(method, Certificate) else "gift_card"
    return {**original, kind: {}, f"{kind}_amount": {"amount": dollars(method)}}
