"""How the oracle books a trip."""

from collections.abc import Generator
from typing import Any

import msgspec

from cove_rl.domains.airline.oracle.counter import Counter, Declined
from cove_rl.domains.airline.oracle.flights import Leg, choose
from cove_rl.domains.airline.oracle.wording import (
    bags_words,
    insurance_words,
    joined,
    money,
    payment_words,
    payments_words,
    people_words,
    way_words,
)
from cove_rl.domains.airline.oracle.work import Work, finish
from cove_rl.domains.airline.records import Cabin, Payment, YesNo
from cove_rl.domains.airline.rules import MOST_PASSENGERS, charged_bags, fare
from cove_rl.domains.airline.view import shares, spoken
from cove_rl.domains.airline.wishes import Way
from cove_rl.speech.desk import Asked, Step


def book(counter: Counter, asked: Asked) -> Work:
    """Book a trip: where, who, which flights, bags, insurance, and who pays."""
    yield from counter.look_up()
    yield from counter.desk.need_all(asked, {slot: f"ask.{slot}" for slot in ("trip", "cabin", "passengers")})
    ends = yield from counter.ends(asked)
    cabin = yield from counter.cabin(asked)
    party = yield from counter.party(asked)
    if len(party) > MOST_PASSENGERS:
        raise Declined
    ways = yield from _ways(counter, asked, ends, cabin, len(party))
    yield from counter.desk.need_all(asked, {slot: f"ask.{slot}" for slot in ("bags", "insurance", "payment")})
    bags = yield from counter.bags(asked)
    insurance = yield from _insurance(counter, asked)
    user = counter.view.user
    charged = charged_bags(bags, user.membership, cabin, len(party))
    total = fare((way.price(cabin) for way in ways), len(party), insurance, charged)
    payments = yield from _payments(counter, asked, total)
    kind = asked.hints["trip"].form
    said = {
        "trip": f"{'a round trip' if kind == 'round_trip' else 'one way'} from {_route(counter, ends)}",
        "cabin": spoken(cabin),
        "flights": joined([way_words(way) for way in ways]),
        "passengers": people_words(party),
        "bags": bags_words(bags),
        "insurance": insurance_words(insurance),
        "total": money(total),
        "payment": payments_words(payments, counter.view.user),
    }
    arguments = {
        "user_id": user.user_id,
        "origin": ends[0],
        "destination": ends[1],
        "flight_type": kind,
        "cabin": cabin,
        "flights": msgspec.to_builtins([ref for way in ways for ref in way.refs]),
        "passengers": msgspec.to_builtins(list(party)),
        "payment_methods": msgspec.to_builtins(list(payments)),
        "total_baggages": bags,
        "nonfree_baggages": charged,
        "insurance": insurance,
    }
    yield from finish(counter, asked, "book_trip", said, "book_reservation", arguments)


def _ways(
    counter: Counter, asked: Asked, ends: tuple[str, str], cabin: Cabin, passengers: int
) -> Generator[Step, Any, list[Way]]:
    """Return the way out, and for a round trip the way back."""
    start, end = ends
    legs = {"outbound": Leg(start, end, cabin, passengers)}
    if asked.hints["trip"].form == "round_trip":
        legs["inbound"] = Leg(end, start, cabin, passengers)
    return (yield from choose(counter, asked, legs))


def _insurance(counter: Counter, asked: Asked) -> Generator[Step, Any, YesNo]:
    hint = yield from counter.desk.need(asked, "insurance", "ask.insurance")
    if hint is None:
        raise Declined
    return "yes" if hint.form == "yes" else "no"


def _payments(counter: Counter, asked: Asked, total: int) -> Generator[Step, Any, tuple[Payment, ...]]:
    """Return who pays how much; methods that do not suffice are declined."""
    methods = yield from counter.payment(asked, None, "ask.payment")
    user = counter.view.user
    payments = shares(methods, total, user)
    if sum(one.amount for one in payments) < total:
        raise Declined("refuse.payment", payment=joined([payment_words(user.payment_methods[one]) for one in methods]))
    return payments


def _route(counter: Counter, ends: tuple[str, str]) -> str:
    return " to ".join(counter.view.cities[code] for code in ends)
