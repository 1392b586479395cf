"""The rows of an airline world: flights, users, reservations. Fields and their order are tau2-bench's."""

from typing import Literal, Union

from cove_rl.domains.people import Address as Address
from cove_rl.domains.people import CreditCard as CreditCard
from cove_rl.domains.people import Name as Name
from cove_rl.world.record import Record

Cabin = Literal["basic_economy", "economy", "business"]
Membership = Literal["regular", "silver", "gold"]
FlightType = Literal["one_way", "round_trip"]
YesNo = Literal["yes", "no"]
CABINS: tuple[Cabin, ...] = ("basic_economy", "economy", "business")


class Seats(Record, frozen=True):
    """A whole number per cabin: seats left, or prices in US dollars."""

    basic_economy: int
    economy: int
    business: int

    def of(self, cabin: Cabin) -> int:
        """Return the number of one cabin."""
        return int(getattr(self, cabin))


class Available(Record, frozen=True, tag_field="status", tag="available"):
    """A flight of one date that can be booked."""

    available_seats: Seats
    prices: Seats


class Landed(Record, frozen=True, tag_field="status", tag="landed"):
    """A flight of one date that is over; times are ISO, Eastern."""

    actual_departure_time_est: str
    actual_arrival_time_est: str


class Cancelled(Record, frozen=True, tag_field="status", tag="cancelled"):
    """A flight of one date that the airline called off."""


class Delayed(Record, frozen=True, tag_field="status", tag="delayed"):
    """A flight of one date that will leave late."""

    estimated_departure_time_est: str
    estimated_arrival_time_est: str


class OnTime(Record, frozen=True, tag_field="status", tag="on time"):
    """A flight of one date about to leave, with no seats for sale any more."""

    estimated_departure_time_est: str
    estimated_arrival_time_est: str


class Flying(Record, frozen=True, tag_field="status", tag="flying"):
    """A flight of one date that is in the air."""

    actual_departure_time_est: str
    estimated_arrival_time_est: str


FlightDate = Union[Available, Landed, Cancelled, Delayed, OnTime, Flying]  # noqa: UP007  (used at run time on 3.10)


class Flight(Record, frozen=True):
    """A flight number and its dates; times are "HH:MM:SS", Eastern, an arrival on the next day ends in "+1"."""

    flight_number: str
    origin: str
    destination: str
    scheduled_departure_time_est: str
    scheduled_arrival_time_est: str
    dates: dict[str, FlightDate]


class GiftCard(Record, frozen=True, tag_field="source", tag="gift_card"):
    """A gift card on file and what is left on it, in US dollars."""

    id: str
    amount: float


class Certificate(Record, frozen=True, tag_field="source", tag="certificate"):
    """A travel certificate in US dollars; it is used up whole by one booking."""

    id: str
    amount: float


PaymentMethod = Union[CreditCard, GiftCard, Certificate]  # noqa: UP007


class Passenger(Record, frozen=True):
    """Somebody who flies; `dob` is YYYY-MM-DD."""

    first_name: str
    last_name: str
    dob: str


class User(Record, frozen=True):
    """A customer."""

    user_id: str
    name: Name
    address: Address
    email: str
    dob: str
    payment_methods: dict[str, PaymentMethod]
    saved_passengers: tuple[Passenger, ...]
    membership: Membership
    reservations: tuple[str, ...]


class Segment(Record, frozen=True):
    """One flight of a reservation at the price per passenger that was paid; origin and destination are its own."""

    flight_number: str
    origin: str
    destination: str
    date: str
    price: int


class Payment(Record, frozen=True):
    """Money that moved for a reservation, in whole US dollars; negative when it went back."""

    payment_id: str
    amount: int


class Reservation(Record, frozen=True):
    """A booking. `status` stays None until it is cancelled; `created_at` is ISO, Eastern."""

    reservation_id: str
    user_id: str
    origin: str
    destination: str
    flight_type: FlightType
    cabin: Cabin
    flights: tuple[Segment, ...]
    passengers: tuple[Passenger, ...]
    payment_history: tuple[Payment, ...]
    created_at: str
    total_baggages: int
    nonfree_baggages: int
    insurance: YesNo
    status: Literal["cancelled"] | None = None


TABLES: dict[str, type[Record]] = {"flights": Flight, "users": User, "reservations": Reservation}
"""Table name in a database file -> record type."""
