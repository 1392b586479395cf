"""How the oracle cancels, compensates, and turns down what nobody may do."""

from collections.abc import Callable, Generator
from typing import Any, cast

from cove_rl.domains.airline.oracle.changes import rebook
from cove_rl.domains.airline.oracle.counter import Counter, Declined
from cove_rl.domains.airline.oracle.wording import known_words, money
from cove_rl.domains.airline.oracle.work import Work, finish
from cove_rl.domains.airline.records import Reservation
from cove_rl.domains.airline.rules import Incident, Reason, compensation, may_cancel, may_change_flights, started
from cove_rl.speech.desk import Asked, Step


def cancel(counter: Counter, asked: Asked) -> Work:
    """Cancel a reservation if one of the policy's conditions is met; a trip under way is for a human."""
    reservation = yield from counter.reservation(asked)
    reason = yield from _reason(counter, asked)
    if (yield from _may_cancel(counter, reservation, reason)):
        yield from _cancel(counter, asked, reservation, reason)
    else:
        raise Declined("refuse.cancel", reservation=reservation.reservation_id)


def cancel_or_change(counter: Counter, asked: Asked) -> Work:
    """Cancel a reservation if that is possible, and otherwise take other flights."""
    reservation = yield from counter.reservation(asked)
    reason = yield from _reason(counter, asked)
    if (yield from _may_cancel(counter, reservation, reason)):
        return (yield from _cancel(counter, asked, reservation, reason))
    if not may_change_flights(reservation, ()):
        raise Declined("refuse.flights", reservation=reservation.reservation_id)
    counter.desk.tell("refuse.change_instead")
    yield from counter.desk.need_all(asked, {"outbound": "ask.new_flights"})
    yield from rebook(counter, asked, reservation)


def compensate(counter: Counter, asked: Asked) -> Work:
    """Send a certificate for a cancelled flight, or for a delayed one that was changed, to whom it is due."""
    reservation = yield from counter.reservation(asked)
    hint = yield from counter.desk.need(asked, "incident", "ask.incident")
    if hint is None:
        raise Declined
    incident = cast("Incident", hint.form)
    user = counter.view.user
    before = counter.view.before[reservation.reservation_id]
    statuses = yield from counter.statuses(before)
    is_changed = reservation.flights != before.flights or reservation.status is not None
    amount = compensation(user, reservation, incident, is_changed) if incident in statuses else 0
    if not amount:
        raise Declined("refuse.compensation", reservation=reservation.reservation_id)
    said = {**known_words(reservation, counter.view.cities), "total": money(amount)}
    arguments = {"user_id": user.user_id, "amount": amount}
    yield from finish(counter, asked, "send_certificate", said, "send_certificate", arguments)


def refusal(key: str) -> Callable[[Counter, Asked], Work]:
    """Return how to deal with what the policy never allows: look the reservation up, and say no with that sentence."""

    def refuse(counter: Counter, asked: Asked) -> Work:
        reservation = yield from counter.reservation(asked)
        raise Declined(key, reservation=reservation.reservation_id)

    return refuse


def _reason(counter: Counter, asked: Asked) -> Generator[Step, Any, Reason]:
    hint = yield from counter.desk.need(asked, "reason", "ask.reason")
    if hint is None:
        raise Declined
    return cast("Reason", hint.form)


def _may_cancel(counter: Counter, reservation: Reservation, reason: Reason) -> Generator[Step, Any, bool]:
    """Return whether a reservation may be cancelled; if a part of it was flown, call in a human."""
    statuses = yield from counter.statuses(reservation)
    if started(statuses):
        names = {"user": counter.view.user.user_id, "reservation": reservation.reservation_id}
        summary = counter.desk.word("transfer.cancel_reservation", **names)
        yield from counter.desk.use("transfer_to_human_agents", summary=summary)
    return may_cancel(reservation, statuses, reason)


def _cancel(counter: Counter, asked: Asked, reservation: Reservation, reason: Reason) -> Work:
    said = {
        **known_words(reservation, counter.view.cities),
        "reason": reason,
        "total": money(sum(one.amount for one in reservation.payment_history)),
    }
    arguments = {"reservation_id": reservation.reservation_id}
    yield from finish(counter, asked, "cancel_reservation", said, "cancel_reservation", arguments)
