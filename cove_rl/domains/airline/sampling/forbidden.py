"""Draw requests the policy forbids, or leaves to a human; each function takes one in if there is an occasion."""

from cove_rl.domains.airline.records import CABINS, Certificate, Flight, Reservation
from cove_rl.domains.airline.refusals import (
    HandOver,
    Refusal,
    RefuseCancel,
    RefuseCompensation,
    RefuseFlightChange,
    RefuseInsurance,
    RefusePassengerCount,
    RefuseRemoveBags,
    RefuseRoute,
    RefuseStarted,
    RefuseStranger,
)
from cove_rl.domains.airline.rules import MOST_PASSENGERS, REASONS, TODAY, Incident, compensation, may_cancel
from cove_rl.domains.airline.sampling.basket import Basket
from cove_rl.domains.airline.sampling.flights import last_day, told, wish
from cove_rl.domains.airline.sampling.people import somebody
from cove_rl.domains.airline.sampling.rebooking import legs
from cove_rl.domains.airline.wishes import moved
from cove_rl.world.hint import Hint, Request
from cove_rl.world.world import World

INCIDENTS: tuple[Incident, ...] = ("cancelled", "delayed")


def refuse_cancel(basket: Basket) -> bool:
    """Ask to cancel what nothing allows to cancel."""
    one = basket.occasion("refuse_cancel")
    if one is None:
        return False
    reason = basket.choose(reason for reason in REASONS if not may_cancel(one, basket.statuses(one), reason))
    if reason is None:
        return False
    constraint = RefuseCancel(one.reservation_id)
    return _refuse(basket, one, constraint, "cancel_reservation", basket.describe.reason(reason))


def refuse_flight_change(basket: Basket) -> bool:
    """Ask for other flights in basic economy."""
    one = basket.occasion("refuse_flight_change")
    return one is not None and _other_flights(basket, one, RefuseFlightChange(one.reservation_id))


def refuse_started(basket: Basket) -> bool:
    """Ask for other flights or another cabin on a trip that is under way or over."""
    one = basket.occasion("refuse_started")
    if one is None:
        return False
    if basket.rng.random() < 0.5:
        return _other_flights(basket, one, RefuseStarted(one.reservation_id, "change_flights"))
    cabin = basket.rng.choice([cabin for cabin in CABINS if cabin != one.cabin])
    constraint = RefuseStarted(one.reservation_id, "change_cabin")
    payment = _any_payment(basket, one)
    if payment is None:
        return False
    return _refuse(basket, one, constraint, "change_cabin", basket.describe.cabin(cabin, one.cabin), payment)


def _other_flights(basket: Basket, one: Reservation, constraint: Refusal) -> bool:
    """Ask for other flights that are to be had: those of the last direction of the trip."""
    leg = [leg for leg in legs(one) if leg is not None][-1]
    dates = [moved(leg.current[0].date, days) for days in range(1, 4)]
    date = basket.choose(date for date in dates if TODAY < date <= basket.world.derived(last_day))
    found = None if date is None else wish(basket, leg, date)
    payment = _any_payment(basket, one)
    if found is None or payment is None:
        return False
    return _refuse(basket, one, constraint, "change_flights", *told([found], one.flights), payment)


def _any_payment(basket: Basket, one: Reservation) -> Hint | None:
    """Describe a card, for a difference that will not be settled."""
    methods = basket.view.user.payment_methods.values()
    method = basket.choose(method for method in methods if not isinstance(method, Certificate))
    return None if method is None else basket.describe.payment((method.id,), one)


def refuse_remove_bags(basket: Basket) -> bool:
    """Ask to take bags off."""
    one = basket.occasion("refuse_remove_bags")
    if one is None:
        return False
    bags = basket.describe.bags(basket.rng.randint(1, one.total_baggages))
    return _refuse(basket, one, RefuseRemoveBags(one.reservation_id), "remove_bags", bags)


def refuse_insurance(basket: Basket) -> bool:
    """Ask for insurance after booking."""
    one = basket.occasion("refuse_insurance")
    return one is not None and _refuse(basket, one, RefuseInsurance(one.reservation_id), "add_insurance")


def refuse_passenger_count(basket: Basket) -> bool:
    """Ask to take somebody along, or off."""
    one = basket.occasion("refuse_passenger_count")
    if one is None:
        return False
    count = len(one.passengers)
    if count == MOST_PASSENGERS or (count > 1 and basket.rng.random() < 0.5):
        who = basket.describe.who(basket.rng.choice(one.passengers))
        constraint = RefusePassengerCount(one.reservation_id, "remove_passenger")
        return _refuse(basket, one, constraint, "remove_passenger", who)
    new = basket.describe.passenger(somebody(basket, one.passengers))
    return _refuse(basket, one, RefusePassengerCount(one.reservation_id, "add_passenger"), "add_passenger", new)


def refuse_route(basket: Basket) -> bool:
    """Ask to go somewhere else."""
    one = basket.occasion("refuse_route")
    if one is None:
        return False
    airports = basket.world.derived(_airports)
    place = basket.choose(code for code in airports if code not in (one.origin, one.destination))
    if place is None:
        return False
    constraint = RefuseRoute(one.reservation_id, place)
    return _refuse(basket, one, constraint, "change_route", basket.describe.destination(place))


def refuse_compensation(basket: Basket) -> bool:
    """Claim compensation that is not due."""
    one = basket.occasion("refuse_compensation")
    if one is None:
        return False
    user, known = basket.view.user, basket.statuses(one)
    claims = [
        incident
        for incident in INCIDENTS
        if incident not in known or not compensation(user, one, incident, changed=False)
    ]
    incident = basket.choose(claims)
    if incident is None:
        return False
    constraint = RefuseCompensation(one.reservation_id, user.user_id, incident)
    return _refuse(basket, one, constraint, "claim_compensation", basket.describe.incident(incident))


def refuse_stranger(basket: Basket) -> bool:
    """Ask to cancel a reservation of somebody else, whose number the customer has got hold of."""
    keys = basket.world.derived(_reservation_ids)
    key = basket.choose(keys)
    if key is None or key in basket.view.reservations:
        return False
    hints = (
        Hint("reservation", "exact", {"id": key}, exact=True),
        basket.describe.reason(basket.rng.choice(REASONS)),
    )
    constraint = RefuseStranger(key, "cancel_reservation", basket.view.user.user_id)
    return basket.add(Request(constraint, "cancel_reservation", hints))


def hand_over(basket: Basket) -> bool:
    """Ask to cancel a trip that is under way or over. It ends the conversation, so it must come last."""
    one = basket.occasion("hand_over")
    if one is None:
        return False
    reason = basket.describe.reason(basket.rng.choice(REASONS))
    return _refuse(basket, one, HandOver(one.reservation_id), "cancel_reservation", reason)


def _refuse(basket: Basket, one: Reservation, constraint: Refusal, act: str, *hints: Hint) -> bool:
    request = Request(constraint, act, (basket.describe.reservation(one), *hints))
    return basket.add(request, closes=one.reservation_id, renames=one.reservation_id)


def _airports(world: World) -> list[str]:
    return sorted({one.origin for one in world.rows(Flight).values()})


def _reservation_ids(world: World) -> list[str]:
    return list(world.rows(Reservation))
