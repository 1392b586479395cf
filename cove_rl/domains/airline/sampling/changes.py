"""Draw changes to reservations that the policy allows."""

from cove_rl.domains.airline.constraints import (
    AddBags,
    CancelReservation,
    ChangeCabin,
    ChangeFlights,
    ChangePassengers,
    SendCertificate,
)
from cove_rl.domains.airline.preferences import preferences
from cove_rl.domains.airline.records import CABINS, Available, Cabin, Flight, Reservation, Segment
from cove_rl.domains.airline.rules import REASONS, Incident, Reason, charged_bags, compensation, may_cancel
from cove_rl.domains.airline.sampling.basket import Basket
from cove_rl.domains.airline.sampling.flights import Wish, told
from cove_rl.domains.airline.sampling.money import bag_charge, change_method
from cove_rl.domains.airline.sampling.people import somebody
from cove_rl.domains.airline.sampling.rebooking import new_flights, rebooked, shifted_out
from cove_rl.domains.weights import choose
from cove_rl.world.constraint import Constraint
from cove_rl.world.hint import Request


def cancel_reservation(basket: Basket) -> bool:
    """Cancel a reservation that may be cancelled."""
    one = basket.occasion("cancel_reservation")
    if one is None or not basket.may_refund(entry.payment_id for entry in one.payment_history):
        return False
    reason = basket.choose(reason for reason in REASONS if may_cancel(one, basket.statuses(one), reason))
    if reason is None:
        return False
    hints = (basket.describe.reservation(one), basket.describe.reason(reason))
    key = one.reservation_id
    return basket.add(Request(CancelReservation(key), "cancel_reservation", hints), closes=key, renames=key)


def change_flights(basket: Basket) -> bool:
    """Take other flights, out, back or both."""
    one = basket.occasion("change_flights")
    return one is not None and _change_flights(basket, one)


def _change_flights(basket: Basket, one: Reservation) -> bool:
    wishes = new_flights(basket, one)
    return bool(wishes) and _rebook(basket, one, wishes)


def _rebook(basket: Basket, one: Reservation, wishes: list[Wish]) -> bool:
    flights, difference = rebooked(one, wishes)
    method = change_method(basket, difference)
    if method is None:
        return False
    hints = (
        basket.describe.reservation(one),
        *told(wishes, one.flights),
        basket.describe.payment((method,), one),
    )
    constraint = ChangeFlights(one.reservation_id, one.cabin, flights, method if difference else None)
    return basket.add(Request(constraint, "change_flights", hints), closes=one.reservation_id)


def change_cabin(basket: Basket) -> bool:
    """Move to another cabin on the same flights."""
    one = basket.occasion("change_cabin")
    cabin = None if one is None else basket.choose(cabin for cabin in CABINS if cabin != one.cabin)
    if one is None or cabin is None:
        return False
    prices = [_price(basket, segment, cabin) for segment in one.flights]
    difference = (sum(prices) - sum(segment.price for segment in one.flights)) * len(one.passengers)
    method = change_method(basket, difference)
    if method is None:
        return False
    hints = (
        basket.describe.reservation(one),
        basket.describe.cabin(cabin, one.cabin),
        basket.describe.payment((method,), one),
    )
    constraint = ChangeCabin(one.reservation_id, cabin, method if difference else None)
    return basket.add(Request(constraint, "change_cabin", hints), closes=one.reservation_id)


def _price(basket: Basket, segment: Segment, cabin: Cabin) -> int:
    """Return what a seat costs on a flight that is for sale."""
    found = basket.world.rows(Flight)[segment.flight_number].dates[segment.date]
    return found.prices.of(cabin) if isinstance(found, Available) else 0


def change_passenger(basket: Basket) -> bool:
    """Put somebody else in the place of a passenger."""
    one = basket.occasion("change_passenger")
    if one is None:
        return False
    gone, new = basket.rng.choice(one.passengers), somebody(basket, one.passengers)
    hints = (basket.describe.reservation(one), basket.describe.who(gone), basket.describe.passenger(new))
    passengers = tuple(new if person == gone else person for person in one.passengers)
    constraint = ChangePassengers(one.reservation_id, passengers)
    return basket.add(Request(constraint, "change_passenger", hints), renames=one.reservation_id)


def add_bags(basket: Basket) -> bool:
    """Check in more bags."""
    one = basket.occasion("add_bags")
    if one is None:
        return False
    more = choose(basket.rng, preferences().more_bags)
    total = one.total_baggages + more
    charged = charged_bags(total, basket.view.user.membership, one.cabin, len(one.passengers))
    cost = bag_charge(one, charged)
    method = change_method(basket, cost)
    if method is None:
        return False
    hints = (
        basket.describe.reservation(one),
        basket.describe.bags(more, total),
        basket.describe.payment((method,), one),
    )
    constraint = AddBags(one.reservation_id, total, charged, method if cost else None)
    return basket.add(Request(constraint, "add_bags", hints), closes=one.reservation_id)


def claim_compensation(basket: Basket) -> bool:
    """Claim what is due for a flight the airline cancelled."""
    one = basket.occasion("claim_compensation")
    return one is not None and basket.may_compensate and _claim(basket, one, "cancelled")


def claim_delay(basket: Basket) -> bool:
    """Take other flights because one is delayed, then claim what is due for it."""
    one = basket.occasion("claim_delay")
    if one is None or not basket.may_compensate or not _change_flights(basket, one):
        return False
    return _claim(basket, basket.view.reservations[one.reservation_id], "delayed")


def _claim(basket: Basket, one: Reservation, incident: Incident) -> bool:
    user = basket.view.user
    amount = compensation(user, one, incident, changed=incident == "delayed")
    hints = (basket.describe.reservation(one), basket.describe.incident(incident))
    request = Request(SendCertificate(user.user_id, amount), "claim_compensation", hints)
    return basket.add(request, closes=one.reservation_id)


def cancel_or_change(basket: Basket) -> bool:
    """Cancel a reservation if the policy allows it, and otherwise fly out on another day."""
    one = basket.occasion("cancel_or_change")
    wish = None if one is None else shifted_out(basket, one)
    if one is None or wish is None:
        return False
    reason = _fateful_reason(basket, one)
    may_go = may_cancel(one, basket.statuses(one), reason)
    flights, difference = rebooked(one, [wish])
    method = change_method(basket, difference)
    refunds = [entry.payment_id for entry in one.payment_history]
    if method is None or (may_go and not basket.may_refund(refunds)) or not (may_go or one.cabin != "basic_economy"):
        return False
    key = one.reservation_id
    change = ChangeFlights(key, one.cabin, flights, method if difference else None)
    constraint: Constraint = CancelReservation(key) if may_go else change
    hints = (
        basket.describe.reservation(one),
        basket.describe.reason(reason),
        wish.hint if may_go else told([wish], one.flights)[0],  # a proposal to cancel names no new flights
        basket.describe.payment((method,), one),
    )
    return basket.add(Request(constraint, "cancel_or_change", hints), closes=key, renames=key)


def _fateful_reason(basket: Basket, one: Reservation) -> Reason:
    """Return a reason to cancel: as often as can be one that decides whether that is allowed, either way."""
    known = basket.statuses(one)
    allowed = basket.rng.random() < 0.4  # changes are the rarer outcome, as many trips can be cancelled anyway
    fitting = [reason for reason in REASONS if may_cancel(one, known, reason) == allowed]
    return basket.rng.choice(fitting or REASONS)
