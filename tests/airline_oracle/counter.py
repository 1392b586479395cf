"""One customer of a tiny airline, and the oracle that serves them, without an episode around it."""

import asyncio
from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from cove_rl.agents.oracle import Oracle
from cove_rl.domains.airline.records import (
    Address,
    Available,
    Cancelled,
    Certificate,
    CreditCard,
    Delayed,
    Flight,
    FlightDate,
    GiftCard,
    Landed,
    Name,
    Passenger,
    Payment,
    Reservation,
    Seats,
    Segment,
    User,
)
from cove_rl.domains.airline.tools import TOOLS
from cove_rl.episode.trajectory import Message
from cove_rl.world.call import ToolCall
from cove_rl.world.state import State
from cove_rl.world.tool import Toolbox
from cove_rl.world.world import World

BOX = Toolbox(TOOLS)
NOON = "2024-05-15T12:00:00"
OPEN = Available(Seats(9, 9, 9), Seats(60, 100, 300))
DEAR = Available(Seats(9, 9, 9), Seats(80, 150, 400))
FULL = Available(Seats(0, 0, 0), Seats(60, 100, 300))
LANDED, CALLED_OFF, LATE = Landed(NOON, NOON), Cancelled(), Delayed(NOON, NOON)
ANN = Passenger("Ann", "Lee", "1990-04-05")
BEA = Passenger("Bea", "Roe", "1991-04-05")
CAL = Passenger("Cal", "Fox", "1992-04-05")


def flight(number: str, origin: str, destination: str, times: str, **dates: FlightDate) -> Flight:
    """A flight; `times` is like "08:00-12:00", and dates like d16=OPEN are days of May 2024."""
    departure, arrival = (f"{time}:00" for time in times.split("-"))
    return Flight(number, origin, destination, departure, arrival, {f"2024-05-{d[1:]}": s for d, s in dates.items()})


FLIGHTS = (
    flight("KIR001", "BOS", "SEA", "08:00-12:00", d14=LANDED, d16=OPEN, d17=DEAR, d18=OPEN, d20=CALLED_OFF),
    flight("KIR002", "BOS", "DEN", "07:00-09:00", d17=OPEN, d18=OPEN),
    flight("KIR003", "DEN", "SEA", "10:00-12:00", d17=OPEN, d18=OPEN),
    flight("KIR004", "BOS", "SEA", "18:00-22:00", d15=LATE, d16=FULL, d17=OPEN, d18=DEAR),
    flight("KIR005", "SEA", "BOS", "15:00-20:00", d14=LANDED, d20=OPEN, d21=OPEN, d22=DEAR),
)


def reservation(flights: str = "KIR001@16=100", **fields: Any) -> Reservation:
    """Ann's trip from Boston to Seattle; `flights` is like "KIR001@16=100 KIR005@20=90": number, day of May, price."""
    known = {one.flight_number: one for one in FLIGHTS}
    segments = []
    for text in flights.split():
        number, rest = text.split("@")
        day, price = rest.split("=")
        one = known[number]
        date = f"2024-05-{day}"
        segments.append(
            Segment(flight_number=number, origin=one.origin, destination=one.destination, date=date, price=int(price))
        )
    record = {
        "reservation_id": "TRIP01",
        "user_id": "ann_lee_0001",
        "origin": "BOS",
        "destination": "SEA",
        "flight_type": "round_trip" if segments[-1].destination == "BOS" else "one_way",
        "cabin": "economy",
        "flights": tuple(segments),
        "passengers": (ANN,),
        "payment_history": (Payment("credit_card_0001", sum(one.price for one in segments)),),
        "created_at": "2024-05-03T09:00:00",
        "total_baggages": 0,
        "nonfree_baggages": 0,
        "insurance": "no",
        **fields,
    }
    return Reservation(**record)


def user(reservations: Iterable[Reservation], **fields: Any) -> User:
    """Ann, a regular member with a card, a gift card of $150 and a certificate of $80."""
    methods = (
        CreditCard("credit_card_0001", "visa", "1111"),
        GiftCard("gift_card_0001", 150.0),
        Certificate("certificate_0001", 80.0),
    )
    home = Address("1 Mill Lane", "Suite 1", "Salem", "USA", "OR", "97301")
    record = {
        "user_id": "ann_lee_0001",
        "name": Name("Ann", "Lee"),
        "address": home,
        "email": "ann.lee0001@example.com",
        "dob": ANN.dob,
        "payment_methods": {one.id: one for one in methods},
        "saved_passengers": (BEA,),
        "membership": "regular",
        "reservations": tuple(one.reservation_id for one in reservations if one.user_id == "ann_lee_0001"),
        **fields,
    }
    return User(**record)


class Counter:
    """Ann at the oracle's counter.

    Args:
        reservations: all there are.
        fields: what is different about Ann.
    """

    def __init__(self, *reservations: Reservation, **fields: Any) -> None:
        ann = user(reservations, **fields)
        bob = replace(ann, user_id="bob_fox_0002", reservations=())
        world = World(
            "airline",
            {
                Flight: {one.flight_number: one for one in FLIGHTS},
                User: {one.user_id: one for one in (ann, bob)},
                Reservation: {one.reservation_id: one for one in reservations},
            },
        )
        self.state = State(world)
        self.calls: list[ToolCall] = []
        self._oracle = Oracle("airline", "s")
        self._messages: list[Message] = []

    def say(self, *texts: str) -> str:
        """Say one thing after the other; return the last answer, or "" once a human has taken over."""
        answers = [self._say(text) for text in texts]
        return answers[-1]

    def _say(self, text: str) -> str:
        self._messages.append(Message("user", text))
        while True:
            message = asyncio.run(self._oracle.act(self._messages))
            self._messages.append(message)
            if not message.calls:
                return message.content
            for call in message.calls:
                self.calls.append(call)
                result = BOX.call(self.state, call)
                self._messages.append(Message("tool", result.content, call_id=call.id, error=result.error))
            if message.calls[-1].name == "transfer_to_human_agents":
                return ""

    @property
    def writes(self) -> list[tuple[str, dict[str, Any]]]:
        """The calls that write, in order, with their arguments."""
        kinds = {name: tool.kind for name, tool in BOX.tools.items()}
        return [(one.name, dict(one.arguments)) for one in self.calls if kinds[one.name] == "write"]  # type: ignore[arg-type]

    def used(self, name: str) -> int:
        """How often a tool was called."""
        return sum(one.name == name for one in self.calls)


I_AM = "My user id is ann_lee_0001."
TRIP = "my trip from Boston to Seattle"
YES = "Yes, please."
