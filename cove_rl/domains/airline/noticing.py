"""How a customer notices, from the words of a proposal alone, that an agent means something else."""

from collections.abc import Collection, Iterable, Sequence

from cove_rl.domains.airline.records import (
    CABINS,
    Cabin,
    Certificate,
    CreditCard,
    Passenger,
    PaymentMethod,
    Reservation,
    User,
    YesNo,
)
from cove_rl.domains.airline.rules import Reason
from cove_rl.domains.airline.view import View, spoken, spoken_date
from cove_rl.domains.airline.wishes import Way, moved
from cove_rl.world.hint import Check

MOST_BAGS = 9
"""The largest number of bags that is told from another one."""
CLOSE_DAYS = (-2, -1, 1, 2)
"""How far off a date may be to be taken for another one."""
REASON_WORDS: dict[Reason, str] = {"change of plan": "change of plan", "health": "health", "weather": "weather"}


def check_reservation(own: Reservation, view: View) -> Check:
    """Tell a reservation from the customer's others by its cities."""
    others = (one for one in view.reservations.values() if one is not own)
    return _told(_places(own, view), (word for one in others for word in _places(one, view)))


def _places(one: Reservation, view: View) -> tuple[str, ...]:
    return (view.cities[one.origin], view.cities[one.destination], one.origin, one.destination)


def check_ends(own: Reservation, view: View) -> tuple[Check, ...]:
    """Tell a reservation by each of its ends from the customer's others: they often start from the same airport."""
    mine = _places(own, view)
    checks = []
    for end in ("origin", "destination"):
        codes = dict.fromkeys(getattr(one, end) for one in view.reservations.values() if one is not own)
        others = [word for code in codes for word in (view.cities[code], code) if word not in mine]
        code = getattr(own, end)
        checks.append(Check(any=(view.cities[code], code), instead=tuple(others)))
    return tuple(checks)


def check_id(reservation_id: str, view: View) -> Check:
    """Tell a reservation from the customer's others by its id, which was given away."""
    return Check(any=(reservation_id,), instead=tuple(key for key in view.reservations if key != reservation_id))


def check_reason(own: Reason) -> Check | None:
    """Tell a reason from those that are named in the same words by everybody."""
    if own not in REASON_WORDS:
        return None
    return Check(any=(REASON_WORDS[own],), instead=tuple(word for one, word in REASON_WORDS.items() if one != own))


def check_cabin(own: Cabin, current: Cabin | None) -> Check:
    """Tell a cabin from the others; the one it is changed from may well be named."""
    others = tuple(spoken(one) for one in CABINS if one not in (own, current))
    # "economy" stands in "basic economy" too
    never = ("basic economy",) if own == "economy" and current != "basic_economy" else ()
    return Check(any=(spoken(own),), instead=tuple(one for one in others if one not in never), never=never)


def check_party(companions: Sequence[Passenger], user: User, *, with_customer: bool) -> Check:
    """Tell who flies: the companions all together or not at all, and nobody else on file instead."""
    names = tuple(dict.fromkeys(one.first_name for one in companions if one.first_name != user.name.first_name))
    known = {*names, user.name.first_name}
    absent = tuple(one.first_name for one in user.saved_passengers if one.first_name not in known)
    return Check(any=names or (user.name.first_name,) * with_customer, instead=absent, all=names)


def check_passenger(own: Passenger, user: User) -> Check:
    """Tell a person from the others on file."""
    others = (one.first_name for one in user.saved_passengers if one.first_name != own.first_name)
    return Check(any=(own.first_name,), instead=tuple(dict.fromkeys(others)))


def check_bags(counts: Collection[int]) -> Check:
    """Tell a number of bags; `counts` are those that may be named."""
    right = [word for count in sorted(counts) for word in _bag_words(count)]
    wrong = [word for count in range(MOST_BAGS + 1) if count not in counts for word in _bag_words(count)]
    return Check(any=tuple(right), instead=tuple(wrong))


def _bag_words(count: int) -> tuple[str, ...]:
    if not count:
        return ("no bags", "no checked bags", "0 bags", "0 checked bags")
    noun = "bag" if count == 1 else "bags"
    return (f"{count} {noun}", f"{count} checked {noun}", f"{count} more {noun}")


def check_insurance(wanted: YesNo) -> Check:
    """Tell a booking with insurance from one without."""
    without = ("without insurance", "without travel insurance", "no insurance", "no travel insurance")
    return Check(never=without if wanted == "yes" else ("with insurance", "with travel insurance"))


def check_payment(own: Collection[PaymentMethod], known: Iterable[PaymentMethod]) -> Check:
    """Tell the methods that pay from the customer's others."""
    mine = {one.id for one in own}
    others = [word for one in known if one.id not in mine for word in _payment_words(one)]
    return _told([word for one in own for word in _payment_words(one)], others)


def _payment_words(method: PaymentMethod) -> tuple[str, ...]:
    if isinstance(method, CreditCard):
        return ("credit card", method.brand, method.last_four)
    return ("certificate",) if isinstance(method, Certificate) else ("gift card",)


def check_flights(way: Way, ways: Iterable[Way], named: Collection[str], dates: Collection[str]) -> Check:
    """Tell flights from others on the same route, and from the same ones on a day close by.

    Args:
        way: the flights.
        ways: all flights on that route and day.
        named: numbers of other flights that may be named: those that are replaced, those of the other direction.
        dates: other dates that may be named, YYYY-MM-DD.
    """
    numbers = [leg.flight_number for leg in way.legs]
    others = [leg.flight_number for one in ways for leg in one.legs if leg.flight_number not in named]
    days = [moved(way.date, days) for days in CLOSE_DAYS]
    close = [spoken_date(day) for day in days if day not in dates and day not in {ref.date for ref in way.refs}]
    return _told(numbers, [*others, *close])


def check_date(own: str, dates: Collection[str]) -> Check:
    """Tell a date from those close by; `dates` are others that may be named. All are YYYY-MM-DD."""
    close = [day for day in (moved(own, days) for days in CLOSE_DAYS) if day not in dates]
    return Check(any=(spoken_date(own), own), instead=tuple(word for day in close for word in (spoken_date(day), day)))


def _told(own: Iterable[str], others: Iterable[str]) -> Check:
    """Tell by words that only the right one has, or by all of its words where it has none to itself."""
    mine, theirs = dict.fromkeys(own), dict.fromkeys(others)
    right = tuple(word for word in mine if word not in theirs)
    return Check(any=right or tuple(mine), instead=tuple(word for word in theirs if word not in mine))
