"""Other values an argument of an airline call could have had, all of them another thing to the customer."""

# ruff: noqa: ARG001  (every offer takes the same arguments)

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, get_args

import msgspec

from cove_rl.domains.airline.airports import airport_map
from cove_rl.domains.airline.connections import Connections
from cove_rl.domains.airline.records import CABINS, Flight, FlightType, Reservation, User, YesNo
from cove_rl.domains.airline.rules import COMPENSATION
from cove_rl.domains.airline.view import directions
from cove_rl.domains.airline.wishes import moved
from cove_rl.world.call import ToolCall
from cove_rl.world.world import World

Arguments = Mapping[str, Any]
Choices = list[dict[str, Any]]
NEIGHBOURS = 8
"""How many of all the other users, reservations and flights of a world are offered."""
STEPS = (-2, -1, 1, 2)
"""How far a number of bags is off, or a date in days."""


def alternatives(world: World, call: ToolCall, argument: str) -> list[Any]:
    """Return other values for one argument of a call, the more tempting ones first; none if it has no such argument.

    Lists come back with one element, or the flights of one direction, replaced. Where the call's lists do not belong to
    its reservation at all, as when only the reservation was changed, lists that do are returned instead.
    """
    arguments = call.arguments if isinstance(call.arguments, dict) else {}
    offer = _OFFERS.get(argument)
    if offer is None or argument not in arguments:
        return []
    current = arguments[argument]
    return [value for value in offer(world, arguments, argument) if value != current]


def _reservations(world: World, arguments: Arguments, argument: str) -> list[str]:
    """The customer's other reservations, and some of strangers."""
    user = _user(world, arguments)
    return [*(user.reservations if user else ()), *_after(world.rows(Reservation), arguments[argument])]


def _users(world: World, arguments: Arguments, argument: str) -> list[str]:
    return _after(world.rows(User), arguments[argument])


def _flight_numbers(world: World, arguments: Arguments, argument: str) -> list[str]:
    return _after(world.rows(Flight), arguments[argument])


def _dates(world: World, arguments: Arguments, argument: str) -> list[str]:
    return [moved(arguments[argument], days) for days in STEPS]


def _airports(world: World, arguments: Arguments, argument: str) -> list[str]:
    return [airport.iata for airport in airport_map().airports]


def _cabins(world: World, arguments: Arguments, argument: str) -> Sequence[str]:
    return CABINS


def _flight_types(world: World, arguments: Arguments, argument: str) -> Sequence[str]:
    return get_args(FlightType)


def _yes_no(world: World, arguments: Arguments, argument: str) -> Sequence[str]:
    return get_args(YesNo)


def _bags(world: World, arguments: Arguments, argument: str) -> list[int]:
    """A bag or two more or fewer; all of them, or none, to be paid."""
    others = [arguments[argument] + step for step in STEPS]
    return [count for count in [*others, 0, arguments.get("total_baggages", 0)] if count >= 0]


def _amounts(world: World, arguments: Arguments, argument: str) -> list[int]:
    """What would be due for one passenger more or fewer, or for something else that went wrong."""
    near = [arguments[argument] + step * fee for step in STEPS for fee in COMPENSATION.values()]
    return [amount for amount in near if amount > 0]


def _methods(world: World, arguments: Arguments, argument: str) -> list[str]:
    """The customer's other methods, and one that is somebody else's."""
    user = _user(world, arguments)
    return [] if user is None else [*user.payment_methods, *islice(_foreign_methods(world, user), 1)]


def _foreign_methods(world: World, user: User) -> Iterable[str]:
    others = (world.rows(User)[key] for key in _after(world.rows(User), user.user_id))
    return (method for other in others for method in other.payment_methods)


def _payments(world: World, arguments: Arguments, argument: str) -> list[Choices]:
    """All of it on another method, one part on another one, or a part moved from one method to another."""
    user, current = _user(world, arguments), arguments[argument]
    if user is None:
        return []
    used = {one["payment_id"] for one in current}
    total = sum(one["amount"] for one in current)
    whole = [[{"payment_id": key, "amount": total}] for key in user.payment_methods]
    spare = [key for key in user.payment_methods if key not in used]
    parts = _replaced(current, [[{**one, "payment_id": key} for key in spare] for one in current])
    shifted = [
        [{**one, "amount": one["amount"] + sign * part} for one, sign in zip(current, (1, -1), strict=True)]
        for part in (-50, -1, 1, 50)
        if len(current) == len((1, -1))
    ]
    split = [
        [{"payment_id": key, "amount": part}, {**current[0], "amount": total - part}]
        for key in spare
        for part in (50, 100, total // 2)
        if len(current) == 1 and 0 < part < total
    ]
    return [*whole, *parts, *shifted, *split]


def _passengers(world: World, arguments: Arguments, argument: str) -> list[Choices]:
    """One passenger replaced by somebody on file or by one with another name or birth date."""
    user, current = _user(world, arguments), arguments[argument]
    reservation = world.rows(Reservation).get(arguments.get("reservation_id", ""))
    if reservation is not None and len(current) != len(reservation.passengers):
        current = _plain(reservation.passengers)
    saved = _plain(user.saved_passengers) if user else []
    choices = [
        [
            *(person for person in saved if person not in current),
            {**one, "dob": "1980-02-29"},
            {**one, "last_name": f"{one['last_name']}son"},
        ]
        for one in current
    ]
    return _replaced(current, choices)


def _flights(world: World, arguments: Arguments, argument: str) -> list[Choices]:
    """The flights of one direction replaced by others on the same day or close by."""
    current = _flight_choices(world, arguments)
    if not current:
        return []
    times, found = world.derived(Connections), []
    for at, part in enumerate(current):
        origin, destination = _ends(world, part)
        for days in (0, *STEPS):
            for way in times.ways(origin, destination, moved(part[0]["date"], days))[:NEIGHBOURS]:
                new = [*current[:at], _plain(way.refs), *current[at + 1 :]]
                found.append([one for direction in new for one in direction])
    return found


def _flight_choices(world: World, arguments: Arguments) -> list[Choices]:
    """Return the call's flights by direction; those of its reservation where the call's do not belong to it."""
    named: Choices = arguments["flights"]
    rows = world.rows(Flight)
    if any(one["flight_number"] not in rows for one in named):
        return []
    reservation = world.rows(Reservation).get(arguments.get("reservation_id", ""))
    if reservation is not None:
        ends = (reservation.origin, reservation.destination)
        if not named or rows[named[0]["flight_number"]].origin != ends[0]:
            own = [_plain(part) for part in directions(reservation) if part]
            return [[{key: one[key] for key in ("flight_number", "date")} for one in part] for part in own]
    turn = reservation.destination if reservation else arguments.get("destination", "")
    stops = [at for at, one in enumerate(named, start=1) if rows[one["flight_number"]].destination == turn]
    cut = stops[0] if stops else len(named)
    return [part for part in (named[:cut], named[cut:]) if part]


def _ends(world: World, part: Choices) -> tuple[str, str]:
    rows = world.rows(Flight)
    return rows[part[0]["flight_number"]].origin, rows[part[-1]["flight_number"]].destination


_OFFERS: Mapping[str, Callable[[World, Arguments, str], Iterable[Any]]] = {
    "reservation_id": _reservations,
    "user_id": _users,
    "flight_number": _flight_numbers,
    "date": _dates,
    "origin": _airports,
    "destination": _airports,
    "cabin": _cabins,
    "flight_type": _flight_types,
    "insurance": _yes_no,
    "total_baggages": _bags,
    "nonfree_baggages": _bags,
    "amount": _amounts,
    "payment_id": _methods,
    "payment_methods": _payments,
    "passengers": _passengers,
    "flights": _flights,
}


def _user(world: World, arguments: Arguments) -> User | None:
    """Return whose record the call is about."""
    reservation = world.rows(Reservation).get(arguments.get("reservation_id", ""))
    return world.rows(User).get(reservation.user_id if reservation else arguments.get("user_id", ""))


def _after(rows: Mapping[str, object], key: str) -> list[str]:
    """Return the keys that follow a key, going round at the end."""
    keys = list(rows)
    start = keys.index(key) + 1 if key in rows else 0
    return (keys[start:] + keys[:start])[:NEIGHBOURS]


def _plain(records: Iterable[object]) -> Choices:
    plain: Choices = msgspec.to_builtins(list(records))
    return plain


def _replaced(values: Sequence[Any], choices: Sequence[Iterable[Any]]) -> list[list[Any]]:
    """Return the list with one element replaced by one of the choices at its place, in every way."""
    return [[*values[:at], new, *values[at + 1 :]] for at in range(len(values)) for new in choices[at]]
