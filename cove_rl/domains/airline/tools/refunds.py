"""Write tools that give something back: a cancelled reservation's money, a certificate for what went wrong."""

# ruff: noqa: D417  (an agent reads the docstring of a tool, and the state is none of its arguments)

from msgspec.structs import replace

from cove_rl.domains.airline.quirks import check_amount, check_open, fixed_certificate_id, gives_back, refunds
from cove_rl.domains.airline.records import Certificate, PaymentMethod, Reservation
from cove_rl.domains.airline.tools.arguments import check_size
from cove_rl.domains.airline.tools.find import find_reservation, find_user
from cove_rl.domains.airline.tools.ids import certificate_id
from cove_rl.domains.airline.tools.money import charge
from cove_rl.domains.airline.tools.seats import take_seats
from cove_rl.world.state import State
from cove_rl.world.tool import tool


@tool("write")
def cancel_reservation(state: State, reservation_id: str) -> Reservation:
    """Cancel a whole reservation and refund it to the cards it was paid with.

    Whether it may be cancelled is not checked. Explain it to the customer and get their explicit consent (yes) before
    you call it.

    Args:
        reservation_id: The reservation id, six letters and digits, for example 'AB12CD'.
    """
    reservation = find_reservation(state, reservation_id)
    check_open(state, reservation)
    history = reservation.payment_history
    given = refunds(state, find_user(state, reservation.user_id), history)
    if gives_back(state):
        for refund in given:
            charge(state, reservation.user_id, refund.payment_id, refund.amount)
        take_seats(state, reservation.flights, reservation.cabin, -len(reservation.passengers))
    cancelled = replace(reservation, status="cancelled", payment_history=(*history, *given))
    state.put(reservation_id, cancelled)
    return cancelled


@tool("write")
def send_certificate(state: State, user_id: str, amount: int) -> str:
    """Put a travel certificate on a customer's profile to make up for what went wrong.

    Tell the customer the amount and get their explicit consent (yes) before you call it.

    Args:
        user_id: The user id, for example 'kim_sample_1234'.
        amount: What the certificate is worth, in whole US dollars.
    """
    user = find_user(state, user_id)
    check_size(amount=amount)
    check_amount(state, amount)
    method_id = fixed_certificate_id(state, user) or certificate_id(state, user_id, amount)
    methods: dict[str, PaymentMethod] = {**user.payment_methods, method_id: Certificate(method_id, float(amount))}
    state.put(user_id, replace(user, payment_methods=methods))
    return f"Certificate {method_id} added to user {user_id} with amount {amount}."
