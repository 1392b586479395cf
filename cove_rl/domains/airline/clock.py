"""The days of an airline world, and the moments at which its flights leave and arrive. All times are Eastern."""

from datetime import date, datetime, timedelta
from functools import cache

from cove_rl.domains.airline.records import Flight
from cove_rl.domains.airline.rules import NOW, TODAY

NOW_MOMENT = datetime.fromisoformat(NOW)
DAYS: tuple[str, ...] = tuple(f"2024-05-{day:02d}" for day in range(1, 31))
"""Every date that a flight of a generated world has."""
TODAY_INDEX = DAYS.index(TODAY)
NEXT_DAY = "+1"
"""What a scheduled arrival ends in that is on the day after the departure."""


def scheduled(start: int, minutes: int) -> str:
    """Return the moment so many minutes after the minute `start` of a day: "HH:MM:SS", with "+1" on the next day."""
    day, minute = divmod(start + minutes, 24 * 60)
    return f"{minute // 60:02d}:{minute % 60:02d}:00" + NEXT_DAY * day


def minute_of(time: str) -> int:
    """Return the minutes from midnight to "HH:MM:SS", which may end in "+1" for the next day."""
    late = 24 * 60 if time.endswith(NEXT_DAY) else 0
    return late + int(time[:2]) * 60 + int(time[3:5])


def overnight(flight: Flight) -> int:
    """Return on which day after its departure a flight arrives: 0 or 1."""
    return int(flight.scheduled_arrival_time_est.endswith(NEXT_DAY))


def moment(day: str, time: str) -> datetime:
    """Return when a scheduled time is, for a flight that leaves on `day` (YYYY-MM-DD)."""
    return midnight(day) + timedelta(minutes=minute_of(time))


@cache
def midnight(day: str) -> datetime:
    """Return the moment at which a day (YYYY-MM-DD) begins."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time())
