"""What the search tools return in a world as it was generated, remembered."""

from collections.abc import Callable
from typing import cast

from cove_rl.domains.airline.tools.search import Offer, search_direct_flight, search_onestop_flight
from cove_rl.domains.airline.wishes import Way, ways_of
from cove_rl.world.state import State
from cove_rl.world.world import World


class Connections:
    """The ways between two airports on a date; for `World.derived`."""

    def __init__(self, world: World) -> None:
        self._state = State(world)
        self._known: dict[tuple[str, str, str], tuple[Way, ...]] = {}

    def ways(self, origin: str, destination: str, date: str) -> tuple[Way, ...]:
        """Return all ways between two airports on a date."""
        key = (origin, destination, date)
        if key not in self._known:
            direct = cast("Callable[..., list[Offer]]", search_direct_flight.function)
            one_stop = cast("Callable[..., list[tuple[Offer, Offer]]]", search_onestop_flight.function)
            self._known[key] = tuple(ways_of(direct(self._state, *key), one_stop(self._state, *key), date))
        return self._known[key]
