"""A ticket office with eight flights, three users and nine reservations, and a counter to call its tools at."""

import json
from typing import Any

from cove_rl.domains.airline.records import (
    Address,
    Available,
    Cabin,
    Cancelled,
    Certificate,
    CreditCard,
    Delayed,
    Flight,
    FlightDate,
    Flying,
    GiftCard,
    Landed,
    Membership,
    Name,
    OnTime,
    Passenger,
    Payment,
    PaymentMethod,
    Reservation,
    Seats,
    Segment,
    User,
)
from cove_rl.domains.airline.tools import TOOLS
from cove_rl.world.call import CallResult, ToolCall
from cove_rl.world.state import State
from cove_rl.world.tool import Toolbox
from cove_rl.world.world import Behaviour, Tables, World

BOX = Toolbox(TOOLS)
HOME = Address("1 Mill Lane", "", "Leeds", "USA", "ME", "04220")
ANN, BEA, CAL = (Passenger(name, "Lee", "1990-04-05") for name in ("Ann", "Bea", "Cal"))
WHO = [{"first_name": "Dan", "last_name": "Roe", "dob": "1981-01-02"}]

_NOON, _LATER = "2024-05-15T12:00:00", "2024-05-15T20:00:00"
LANDED = Landed(_NOON, _NOON)
FLYING = Flying(_NOON, _LATER)
ON_TIME = OnTime(_LATER, _LATER)
DELAYED = Delayed(_LATER, _LATER)


def open_(*seats: int, price: int = 100) -> Available:
    """A date for sale: seats left in basic economy, economy and business, which cost `price` and 10 and 200 more."""
    return Available(Seats(*(seats or (9, 9, 9))), Seats(price, price + 10, price + 200))


def _flight(number: str, route: str, times: str, **dates: FlightDate) -> Flight:
    origin, destination = route.split("-")
    departure, arrival = times.split("-")
    days = {f"2024-{day[1:].replace('_', '-')}": found for day, found in dates.items()}
    return Flight(number, origin, destination, departure, arrival, days)


FLIGHTS = [
    _flight("KIR001", "SFO-DEN", "08:00:00-11:30:00", d05_14=LANDED, d05_16=open_(), d05_17=open_(price=60)),
    _flight("KIR002", "DEN-JFK", "11:30:00-17:00:00", d05_14=LANDED, d05_16=open_(), d05_17=open_()),
    _flight("KIR003", "DEN-JFK", "11:29:00-17:00:00", d05_15=FLYING, d05_16=open_(), d05_17=Cancelled()),
    _flight("KIR004", "SFO-JFK", "09:00:00-17:30:00", d05_15=ON_TIME, d05_16=open_(2, 2, 2), d05_17=open_(1, 2, 3)),
    _flight("KIR005", "SFO-JFK", "22:00:00-06:30:00+1", d05_15=DELAYED, d05_16=open_(price=400), d05_17=open_()),
    _flight("KIR006", "SFO-DEN", "21:00:00-00:30:00+1", d05_08=open_(), d05_16=open_(), d05_31=open_()),
    _flight("KIR007", "DEN-JFK", "00:30:00-06:00:00", d05_09=open_(), d05_16=open_(), d05_17=open_(), d06_01=open_()),
    _flight("KIR008", "JFK-SFO", "10:00:00-18:00:00", d05_16=open_(0, 0, 0), d05_20=open_(), d05_21=open_(price=90)),
]


def _user(user_id: str, first: str, membership: Membership, *methods: PaymentMethod) -> User:
    profile = {method.id: method for method in methods}
    held = tuple(one.reservation_id for one in RESERVATIONS if one.user_id == user_id)
    return User(user_id, Name(first, "Lee"), HOME, f"{user_id}@mail", "1990-04-05", profile, (BEA,), membership, held)


def _reservation(
    reservation_id: str,
    user_id: str,
    cabin: Cabin,
    segments: str,
    paid: dict[str, int],
    *passengers: Passenger,
    **fields: Any,
) -> Reservation:
    """`segments` is like "KIR004@05-16=110 KIR008@05-20=110": flight, day and price."""
    numbers = {flight.flight_number: flight for flight in FLIGHTS}
    flights = []
    for text in segments.split():
        number, rest = text.split("@")
        day, price = rest.split("=")
        flight = numbers[number]
        flights.append(Segment(number, flight.origin, flight.destination, f"2024-{day}", int(price)))
    record = {
        "reservation_id": reservation_id,
        "user_id": user_id,
        "origin": flights[0].origin,
        "destination": "JFK",
        "flight_type": "round_trip" if flights[-1].destination == flights[0].origin else "one_way",
        "cabin": cabin,
        "flights": tuple(flights),
        "passengers": passengers,
        "payment_history": tuple(Payment(method, amount) for method, amount in paid.items()),
        "created_at": "2024-05-03T09:00:00",
        "total_baggages": 0,
        "nonfree_baggages": 0,
        "insurance": "no",
        **fields,
    }
    return Reservation(**record)


RESERVATIONS = [
    _reservation("SINGLE", "ann_1", "economy", "KIR004@05-16=120", {"card": 240}, ANN, BEA),
    _reservation("RETURN", "ann_1", "business", "KIR004@05-16=300 KIR008@05-20=250", {"gift": 550}, ANN),
    _reservation("STOPSY", "ann_1", "economy", "KIR001@05-16=110 KIR002@05-16=95", {"gift": 205}, CAL),
    _reservation("MIXEDP", "ann_1", "economy", "KIR005@05-17=50", {"gift": 150, "card": -100}, ANN),
    _reservation("PAPERS", "ann_1", "economy", "KIR005@05-17=110", {"used": 80, "gift": 30}, ANN),
    _reservation(
        "BASICS", "bob_2", "basic_economy", "KIR001@05-17=60", {"purse": 110}, CAL, total_baggages=1, nonfree_baggages=1
    ),
    _reservation("FLOWNY", "bob_2", "economy", "KIR001@05-14=90 KIR008@05-20=90", {"plastic": 180}, CAL),
    _reservation("CALLED", "bob_2", "economy", "KIR003@05-17=90", {"plastic": 90}, CAL),
    _reservation("KILLED", "bob_2", "economy", "KIR001@05-16=90", {"plastic": 90}, CAL, status="cancelled"),
]
USERS = [
    _user(
        "ann_1",
        "Ann",
        "gold",
        CreditCard("card", "visa", "1111"),
        GiftCard("gift", 500.0),
        Certificate("paper", 300.0),
    ),
    _user("bob_2", "Bob", "regular", CreditCard("plastic", "mastercard", "2222"), GiftCard("purse", 20.0)),
    _user("cid_3", "Cid", "silver"),
]


def tables() -> Tables:
    """The office's rows."""
    return {
        Flight: {flight.flight_number: flight for flight in FLIGHTS},
        User: {user.user_id: user for user in USERS},
        Reservation: {one.reservation_id: one for one in RESERVATIONS},
    }


def flights(text: str) -> list[dict[str, str]]:
    """Flights as a call names them, from text like "KIR004@05-16 KIR008@05-20"."""
    pairs = [one.split("@") for one in text.split()]
    return [{"flight_number": number, "date": f"2024-{day}"} for number, day in pairs]


def paying(**amounts: int) -> list[dict[str, Any]]:
    """Payments as a call names them."""
    return [{"payment_id": method, "amount": amount} for method, amount in amounts.items()]


def booking(**changes: Any) -> dict[str, Any]:
    """A booking that works, for 110 dollars, with other values in some of its arguments."""
    return {
        "user_id": "ann_1",
        "origin": "SFO",
        "destination": "JFK",
        "flight_type": "one_way",
        "cabin": "economy",
        "flights": flights("KIR004@05-16"),
        "passengers": WHO,
        "payment_methods": paying(card=110),
        "total_baggages": 0,
        "nonfree_baggages": 0,
        "insurance": "no",
        **changes,
    }


class Office:
    """One state of the office, and its tools."""

    def __init__(self, behaviour: Behaviour = "ours", world: World | None = None) -> None:
        self.state = State(world or World("airline", tables(), behaviour=behaviour))

    def call(self, name: str, arguments: Any) -> CallResult:
        """Make a call and check that it is atomic and honest about what it changed."""
        before = self.state.diff()
        result = BOX.call(self.state, ToolCall("c", name, arguments))
        if result.error:
            assert result.content.startswith("Error: ")
        if result.error or BOX.tools[name].kind != "write":
            assert result.changes == ()
            assert self.state.diff() == before
        return result

    def ok(self, name: str, **arguments: Any) -> str:
        """Make a call that must succeed, and return its text."""
        result = self.call(name, arguments)
        assert not result.error, result.content
        return result.content

    def json(self, name: str, **arguments: Any) -> Any:
        """Make a call that must succeed, and return what its text says."""
        return json.loads(self.ok(name, **arguments))

    def refused(self, name: str, **arguments: Any) -> str:
        """Make a call that must fail, and return the reason."""
        result = self.call(name, arguments)
        assert result.error, result.content
        return result.content

    def reservation(self, reservation_id: str) -> Reservation:
        """A reservation as it is now."""
        found = self.state.get(Reservation, reservation_id)
        assert found is not None
        return found

    def user(self, user_id: str) -> User:
        """A user as they are now."""
        found = self.state.get(User, user_id)
        assert found is not None
        return found

    def balance(self, user_id: str, method_id: str) -> float:
        """What is on a gift card or certificate now."""
        method = self.user(user_id).payment_methods[method_id]
        assert isinstance(method, (GiftCard, Certificate))
        return method.amount

    def seats(self, flight_number: str, day: str) -> tuple[int, int, int]:
        """Seats left on a flight in basic economy, economy and business."""
        flight = self.state.get(Flight, flight_number)
        assert flight is not None
        found = flight.dates[f"2024-{day}"]
        assert isinstance(found, Available)
        left = found.available_seats
        return left.basic_economy, left.economy, left.business
