"""Say what is wrong with an airline database: ids that lead nowhere, times and money that cannot be, rules broken."""

from collections.abc import Mapping
from typing import cast

from cove_rl.domains.airline.check.flights import flight_problems
from cove_rl.domains.airline.check.reservations import reservation_problems
from cove_rl.domains.airline.check.users import lookup_problems, user_problems
from cove_rl.domains.airline.records import Flight, Reservation, User
from cove_rl.world.world import Tables


def problems(tables: Tables) -> list[str]:
    """Return what is wrong with an airline database, one line each; [] if it is sound.

    A line starts with the place: ``reservations/AB12CD: user_id 'x' is not in users``. What a reservation was booked at
    may differ from today's price of the flight. Four rules hold for flights of generated worlds only, because
    tau2-bench's own database breaks them: a late flight has not left yet, nobody connects to a flight that has left, or
    books one, and a trip does not lead to where it starts.

    Args:
        tables: the rows by `Flight`, `User` and `Reservation`; a missing table counts as empty.
    """
    flights = cast("Mapping[str, Flight]", tables.get(Flight, {}))
    users = cast("Mapping[str, User]", tables.get(User, {}))
    reservations = cast("Mapping[str, Reservation]", tables.get(Reservation, {}))
    return [
        *(f"flights/{key}: {what}" for key, flight in flights.items() for what in flight_problems(key, flight)),
        *(f"users/{key}: {what}" for key, user in users.items() for what in user_problems(key, user, reservations)),
        *lookup_problems(users),
        *(
            f"reservations/{key}: {what}"
            for key, reservation in reservations.items()
            for what in reservation_problems(key, reservation, flights, users)
        ),
    ]


__all__ = ["problems"]
