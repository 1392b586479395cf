"""Read the dates and times of an airline database, which may be anything at all."""

import re
from datetime import date, datetime

from cove_rl.domains.airline.clock import NEXT_DAY, moment

_DAY = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
_MOMENT = re.compile(rf"{_DAY.pattern}T{_TIME.pattern}")


def is_time(text: str) -> bool:
    """Return whether a text is a time of the day, "HH:MM:SS"."""
    return bool(_TIME.fullmatch(text))


def day(text: str) -> date | None:
    """Return the day that a text "YYYY-MM-DD" names, or None."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def scheduled(day_text: str, time: str) -> datetime | None:
    """Return when a scheduled time is for a flight that leaves on a day, or None if a text is no day or time."""
    sound = day(day_text) is not None and is_time(time.removesuffix(NEXT_DAY))
    return moment(day_text, time) if sound else None


def instant(text: str) -> datetime | None:
    """Return the moment that a text "YYYY-MM-DDTHH:MM:SS" names, or None."""
    try:
        return datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
    except ValueError:
        return None
