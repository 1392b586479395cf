"""What becomes of a flight on one day, as it is known now: flown, cancelled, late, in the air, or for sale."""

from datetime import datetime, timedelta
from random import Random

from cove_rl.domains.airline.clock import NOW_MOMENT, midnight
from cove_rl.domains.airline.records import (
    CABINS,
    Available,
    Cancelled,
    Delayed,
    FlightDate,
    Flying,
    Landed,
    OnTime,
    Seats,
)
from cove_rl.domains.airline.rules import TODAY
from cove_rl.domains.airline.schedule import schedule


def day_of(rng: Random, day: str, start: int, minutes: int) -> FlightDate:
    """Return a flight as it is on one day.

    Args:
        rng: where every choice comes from.
        day: YYYY-MM-DD.
        start: the minute of the day at which it is to leave.
        minutes: how long it is to fly.
    """
    shares = schedule().cancelled_share
    if rng.random() < (shares.today if day == TODAY else shares.before if day < TODAY else shares.ahead):
        return Cancelled()
    if day > TODAY:
        return Available(_seats(rng), _prices(rng, minutes))
    leaves = midnight(day) + timedelta(minutes=start)
    return _today(rng, leaves, minutes) if day == TODAY else _landed(rng, leaves, minutes)


def _seats(rng: Random) -> Seats:
    return Seats(*(schedule().seats.draw(rng) for _ in CABINS))


def _prices(rng: Random, minutes: int) -> Seats:
    return Seats(*(schedule().prices[cabin].draw(rng, minutes) for cabin in CABINS))


def _landed(rng: Random, leaves: datetime, minutes: int) -> Landed:
    left = _left(rng, leaves)
    return Landed(left.isoformat(), _arrives(rng, left, minutes).isoformat())


def _today(rng: Random, leaves: datetime, minutes: int) -> FlightDate:
    """Return a flight of today that was not cancelled, as the clock has it."""
    left = _left(rng, leaves)
    if left > NOW_MOMENT and rng.random() < schedule().delayed_share:
        left = leaves + timedelta(minutes=schedule().delay.draw(rng))
        return Delayed(left.isoformat(), _arrives(rng, left, minutes).isoformat())
    arrives = _arrives(rng, left, minutes)
    if left > NOW_MOMENT:
        return OnTime(left.isoformat(), arrives.isoformat())
    kind = Landed if arrives <= NOW_MOMENT else Flying
    return kind(left.isoformat(), arrives.isoformat())


def _left(rng: Random, leaves: datetime) -> datetime:
    """Return when a flight leaves that keeps its schedule, more or less."""
    return leaves + timedelta(minutes=schedule().departure_drift.draw(rng))


def _arrives(rng: Random, left: datetime, minutes: int) -> datetime:
    """Return when a flight arrives that has left."""
    return left + timedelta(minutes=minutes + schedule().flight_drift.draw(rng))
