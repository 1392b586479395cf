"""How the oracle words records: trips, flights, people, payment methods, money."""

from collections.abc import Mapping, Sequence

from cove_rl.domains.airline.records import (
    CreditCard,
    GiftCard,
    Passenger,
    Payment,
    PaymentMethod,
    Reservation,
    User,
    YesNo,
)
from cove_rl.domains.airline.view import directions, spoken, spoken_bags, spoken_date
from cove_rl.domains.airline.wishes import Way


def trip_words(reservation: Reservation, cities: Mapping[str, str]) -> str:
    """Return "Boston to Seattle on May 20, economy" or "Boston to Seattle and back, May 20 and May 25, economy"."""
    out, back = directions(reservation)
    ends = f"{cities[reservation.origin]} to {cities[reservation.destination]}"
    dates = spoken_date(out[0].date)
    route = f"{ends} and back, {dates} and {spoken_date(back[0].date)}" if back else f"{ends} on {dates}"
    return f"{route}, {spoken(reservation.cabin)}"


def known_words(reservation: Reservation, cities: Mapping[str, str]) -> dict[str, str]:
    """Return what fills the places of a proposal that name a reservation."""
    return {"reservation": reservation.reservation_id, "trip": trip_words(reservation, cities)}


def way_words(way: Way) -> str:
    """Return "KIR012 on May 20 at 08:30 and KIR345 on May 20 at 12:00"."""
    return joined(
        [
            f"{leg.flight_number} on {spoken_date(leg.date or way.date)} at {leg.scheduled_departure_time_est[:5]}"
            for leg in way.legs
        ]
    )


def people_words(passengers: Sequence[Passenger]) -> str:
    """Return "Mei Li and Omar Silva"."""
    return joined([f"{one.first_name} {one.last_name}" for one in passengers])


def payment_words(method: PaymentMethod) -> str:
    """Return "your visa ending in 0123", "your $250 gift card" or "your $100 travel certificate"."""
    if isinstance(method, CreditCard):
        return f"your {method.brand} ending in {method.last_four}"
    kind = "gift card" if isinstance(method, GiftCard) else "travel certificate"
    return f"your {money(method.amount)} {kind}"


def payments_words(payments: Sequence[Payment], user: User) -> str:
    """Return "your visa ending in 0123", or "your $90 gift card ($90) and your visa ending in 0123 ($250)"."""
    methods = [user.payment_methods[one.payment_id] for one in payments]
    if len(methods) == 1:
        return payment_words(methods[0])
    pairs = zip(methods, payments, strict=True)
    return joined([f"{payment_words(method)} ({money(one.amount)})" for method, one in pairs])


def bags_words(count: int) -> str:
    """Return "no checked bags" or "2 bags"."""
    return spoken_bags(count) if count else "no checked bags"


def insurance_words(insurance: YesNo) -> str:
    """Return "with travel insurance" or the opposite."""
    return f"{'with' if insurance == 'yes' else 'without'} travel insurance"


def price_words(amount: int, method: PaymentMethod) -> str:
    """Return "for $120 more on your visa ending in 0123", "with $80 back to ..." or "at no extra cost".

    Args:
        amount: US dollars to pay; below 0, to give back.
        method: who pays or gets them.
    """
    if not amount:
        return "at no extra cost"
    words = payment_words(method)
    return f"for {money(amount)} more on {words}" if amount > 0 else f"with {money(-amount)} back to {words}"


def money(amount: float) -> str:
    """Return an amount of US dollars: "$250", or "$12.50" where there are cents."""
    return f"${amount:.0f}" if amount == int(amount) else f"${amount:.2f}"


def joined(parts: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
