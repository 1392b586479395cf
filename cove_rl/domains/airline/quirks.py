"""Every place where airline tools behave otherwise than tau2-bench, and the one switch that repeats its behaviour.

A world with ``behaviour="benchmark"`` is for replaying recorded runs and for the benchmark's own tasks. Worlds that
are generated here use ``"ours"``. `docs/benchmark.md` lists the differences.
"""

from collections import Counter
from collections.abc import Container, Sequence
from datetime import date as calendar_date
from datetime import timedelta

from cove_rl.domains.airline.records import CreditCard, GiftCard, Payment, Reservation, User
from cove_rl.errors import ToolError, quote
from cove_rl.world.state import State

NEXT_DAY = "+1"
"""What a scheduled arrival ends in that is on the day after the departure."""

BOOKING_IDS = ("HATHAT", "HATHAU", "HATHAV")
CERTIFICATE_IDS = ("certificate_3221322", "certificate_3221323", "certificate_3221324")
"""The only ids the benchmark gives, bookings for everybody together and certificates to each customer."""


def faithful(state: State) -> bool:
    """Return whether the state's world repeats the benchmark's defects."""
    return state.world.behaviour == "benchmark"


def fixed_booking_id(state: State) -> str | None:
    """Return the id the benchmark gives to the next booking; None where ids are made from the booking.

    Raises:
        ToolError: if the benchmark's ids are used up.
    """
    if not faithful(state):
        return None
    return _first_free(BOOKING_IDS, [known for known in BOOKING_IDS if state.get(Reservation, known)])


def fixed_certificate_id(state: State, user: User) -> str | None:
    """Return the id the benchmark gives to the next certificate; None where ids are made from the certificate.

    Raises:
        ToolError: if the benchmark's ids are used up.
    """
    return _first_free(CERTIFICATE_IDS, user.payment_methods) if faithful(state) else None


def _first_free(ids: Sequence[str], taken: Container[str]) -> str:
    for one in ids:
        if one not in taken:
            return one
    raise ToolError(f"No more than {len(ids)} can be made in this conversation.")


def check_open(state: State, reservation: Reservation) -> None:
    """Refuse to change or cancel a cancelled reservation; the benchmark refunds it once more, and more each time.

    Raises:
        ToolError: if it is cancelled and the world does not repeat the benchmark.
    """
    if reservation.status == "cancelled" and not faithful(state):
        raise ToolError(f"Reservation {reservation.reservation_id} is cancelled; nothing about it can be changed.")


def check_flights(state: State, flights: Sequence[tuple[str, str]]) -> None:
    """Refuse an empty list of flights (number and date), or one that names a flight twice.

    Raises:
        ToolError: if the list is so and the world does not repeat the benchmark, which takes both.
    """
    if faithful(state):
        return
    if not flights:
        raise ToolError("The list of flights is empty; name every flight of the trip.")
    for (number, date), times in Counter(flights).items():
        if times > 1:
            raise ToolError(f"Flight {quote(number)} on {quote(date)} is named {times} times; name each flight once.")


def check_passengers(state: State, count: int) -> None:
    """Refuse to book for nobody.

    Raises:
        ToolError: if there are no passengers and the world does not repeat the benchmark.
    """
    if not count and not faithful(state):
        raise ToolError("The list of passengers is empty; name everybody who flies.")


def check_bags(state: State, total: int, nonfree: int) -> None:
    """Refuse numbers of bags that cannot be; a negative one lowers the price in the benchmark.

    Raises:
        ToolError: if a number is negative, or more bags are charged than there are, unless the world repeats the
            benchmark.
    """
    if not 0 <= nonfree <= total and not faithful(state):
        raise ToolError(
            f"total_baggages is {total} and nonfree_baggages {nonfree}. "
            "Give the number of all checked bags, and how many of them are not free."
        )


def check_payments(state: State, amounts: Sequence[tuple[str, int]]) -> None:
    """Refuse payments (method and US dollars) of nothing or less, and a method named twice.

    The benchmark looks at each payment alone, so a gift card named twice can pay more than is on it.

    Raises:
        ToolError: if there is such a payment and the world does not repeat the benchmark.
    """
    if faithful(state):
        return
    times = Counter(method_id for method_id, _ in amounts)
    for method_id, amount in amounts:
        check_amount(state, amount)
        if times[method_id] > 1:
            raise ToolError(f"Payment method {quote(method_id)} is named twice; give one amount for each method.")


def check_amount(state: State, amount: int) -> None:
    """Refuse an amount of nothing or less, in US dollars.

    Raises:
        ToolError: if it is so and the world does not repeat the benchmark.
    """
    if amount <= 0 and not faithful(state):
        raise ToolError(f"The amount is {amount}; give whole US dollars above 0.")


def gives_back(state: State) -> bool:
    """Return whether a flight given up gives back its seats, and a cancelled reservation what gift cards have paid.

    The benchmark only ever takes seats, when booking, and writes refunds down without crediting a gift card.
    """
    return not faithful(state)


def connection(state: State, date: str, arrival: str) -> tuple[str, str]:
    """Return the day on which a trip goes on, and when the next flight may leave at the earliest ("HH:MM:SS").

    The benchmark writes the next day without a leading zero, and compares the times as texts with their "+1", so that
    a flight leaving at that very minute is too early.

    Args:
        state: whose behaviour counts.
        date: the day the first flight leaves.
        arrival: its scheduled arrival.
    """
    if not arrival.endswith(NEXT_DAY):
        return date, arrival
    if faithful(state):
        return f"{date[:-2]}{int(date[-2:]) + 1}", arrival
    next_day = calendar_date.fromisoformat(date) + timedelta(days=1)
    return next_day.isoformat(), arrival.removesuffix(NEXT_DAY)


def refunds(state: State, user: User, history: Sequence[Payment]) -> tuple[Payment, ...]:
    """Return what cancelling gives back: to each card what it has paid net of earlier refunds, no more in total.

    Nothing goes back to a certificate, which the booking has used up. The benchmark negates every entry of the history,
    so that a card that has had a refund before is charged for it.
    """
    if faithful(state):
        return tuple(Payment(entry.payment_id, -entry.amount) for entry in history)
    paid: Counter[str] = Counter()
    for entry in history:
        if isinstance(user.payment_methods.get(entry.payment_id), (CreditCard, GiftCard)):
            paid[entry.payment_id] += entry.amount
    left = sum(paid.values())
    given: list[Payment] = []
    for method_id, amount in paid.items():
        back = min(amount, left)
        if back > 0:
            given.append(Payment(method_id, -back))
            left -= back
    return tuple(given)
