"""The write tool for a new reservation."""

# ruff: noqa: D417  (an agent reads the docstring of a tool, and the state is none of its arguments)

from msgspec.structs import replace

from cove_rl.domains.airline.quirks import check_bags, check_flights, check_passengers, fixed_booking_id
from cove_rl.domains.airline.records import Cabin, FlightType, Reservation, YesNo
from cove_rl.domains.airline.rules import NOW, fare
from cove_rl.domains.airline.tools.arguments import FlightChoice, PartPayment, Traveller, check_size, chosen, people
from cove_rl.domains.airline.tools.find import find_user
from cove_rl.domains.airline.tools.ids import booking_id
from cove_rl.domains.airline.tools.money import pay
from cove_rl.domains.airline.tools.seats import priced, take_seats
from cove_rl.world.state import State
from cove_rl.world.tool import tool


@tool("write")
def book_reservation(
    state: State,
    user_id: str,
    origin: str,
    destination: str,
    flight_type: FlightType,
    cabin: Cabin,
    flights: list[FlightChoice],
    passengers: list[Traveller],
    payment_methods: list[PartPayment],
    total_baggages: int,
    nonfree_baggages: int,
    insurance: YesNo,
) -> Reservation:
    """Book a trip: the same flights in the same cabin for every passenger.

    It costs the seats, 30 dollars per passenger for insurance, and 50 dollars for each bag that is not free. Explain it
    to the customer and get their explicit consent (yes) before you call it.

    Args:
        user_id: The user id of the customer who books, for example 'kim_sample_1234'.
        origin: Where the trip starts, as a three-letter airport code, for example 'SFO'.
        destination: Where the trip leads, as a three-letter airport code, for example 'JFK'. A round trip leads to the
            airport it turns round at.
        flight_type: 'one_way' or 'round_trip'.
        cabin: The cabin of all flights.
        flights: Every flight in the order of travel, those of the way back included.
        passengers: Everybody who flies.
        payment_methods: Who pays how much; the amounts add up to the price of the whole booking.
        total_baggages: All checked bags of all passengers together.
        nonfree_baggages: How many of these bags are not free.
        insurance: Whether all passengers get travel insurance.
    """
    user = find_user(state, user_id)
    wanted = chosen(flights)
    check_flights(state, wanted)
    check_passengers(state, len(passengers))
    check_size(total_baggages=total_baggages, nonfree_baggages=nonfree_baggages)
    check_bags(state, total_baggages, nonfree_baggages)
    reservation_id = fixed_booking_id(state) or booking_id(state, user_id, wanted)
    segments = tuple(priced(state, number, date, cabin, len(passengers)) for number, date in wanted)
    price = fare((segment.price for segment in segments), len(passengers), insurance, nonfree_baggages)
    for part in payment_methods:
        check_size(amount=part.amount)
    payments = pay(state, user, [(part.payment_id, part.amount) for part in payment_methods], price)
    take_seats(state, segments, cabin, len(passengers))
    reservation = Reservation(
        reservation_id=reservation_id,
        user_id=user_id,
        origin=origin,
        destination=destination,
        flight_type=flight_type,
        cabin=cabin,
        flights=segments,
        passengers=people(passengers),
        payment_history=payments,
        created_at=NOW,
        total_baggages=total_baggages,
        nonfree_baggages=nonfree_baggages,
        insurance=insurance,
    )
    state.put(reservation_id, reservation)
    charged = find_user(state, user_id)
    state.put(user_id, replace(charged, reservations=(*charged.reservations, reservation_id)))
    return reservation
