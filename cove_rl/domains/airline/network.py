"""Draw up an airline: which routes it flies, when, under which numbers, and what becomes of each flight each day."""

from collections.abc import Iterator, Sequence
from random import Random

from cove_rl.domains.airline.airports import Route, airport_map
from cove_rl.domains.airline.clock import DAYS, scheduled
from cove_rl.domains.airline.days import day_of
from cove_rl.domains.airline.ids import MOST_NUMBERS, AirlineMint
from cove_rl.domains.airline.records import Flight
from cove_rl.domains.airline.schedule import schedule
from cove_rl.domains.weights import choose


def most_flights() -> int:
    """Return how many flight numbers an airline can have."""
    return min(MOST_NUMBERS, 2 * len(airport_map().routes) * len(_hours()))


def draw_up(rng: Random, count: int) -> dict[str, Flight]:
    """Return flights by number, in order.

    Args:
        rng: where every choice comes from.
        count: how many flight numbers, at most `most_flights`.
    """
    legs = _legs(rng, count)
    rng.shuffle(legs)
    numbers = AirlineMint(rng).flights(count)
    return {number: _flight(rng, number, *leg) for number, leg in zip(numbers, legs, strict=True)}


def _flight(rng: Random, number: str, origin: str, destination: str, start: int, minutes: int) -> Flight:
    """Return a flight that leaves at the minute `start` of every day and takes so many minutes."""
    dates = {day: day_of(rng, day, start, minutes) for day in DAYS}
    return Flight(number, origin, destination, scheduled(start, 0), scheduled(start, minutes), dates)


def _legs(rng: Random, count: int) -> list[tuple[str, str, int, int]]:
    """Return origin, destination, minute of departure and minutes of flight of so many flights of a day."""
    routes = _network(rng, count)
    ways = [way for route in routes for way in (route.between, route.between[::-1])]
    minutes = {way: route.minutes for route in routes for way in (route.between, route.between[::-1])}
    flown = dict.fromkeys(ways, 0)
    for way in ways[:count]:
        flown[way] += 1
    for _ in range(count - len(ways)):
        flown[rng.choice([way for way in ways if flown[way] < len(_hours())])] += 1
    return [(*way, start, minutes[way]) for way in ways for start in _departures(rng, flown[way])]


def _network(rng: Random, count: int) -> list[Route]:
    """Return routes for that many flights; each touches an earlier one, and all airports come before a second way."""
    left = list(airport_map().routes)
    rng.shuffle(left)
    wanted = min(len(left), max(round(count / schedule().flights_per_route / 2), count // (2 * len(_hours())) + 1))
    found: list[Route] = [left.pop()]
    while len(found) < wanted:
        served = {code for route in found for code in route.between}
        route = _best(left, served)
        left.remove(route)
        found.append(route)
    return found


def _best(routes: Sequence[Route], served: set[str]) -> Route:
    """Return the first route that leads from an airport that is served to one that is not; failing that, the first."""
    return next((route for route in routes if len(served.intersection(route.between)) == 1), routes[0])


def _departures(rng: Random, count: int) -> Iterator[int]:
    """Yield so many minutes of a day, each in another hour."""
    hours = _hours()
    for _ in range(count):
        hour = choose(rng, hours)
        del hours[hour]
        yield hour * 60 + choose(rng, schedule().departure_minutes)


def _hours() -> dict[int, float]:
    """Return the hours at which a flight may leave, with their weights."""
    return {hour: weight for hour, weight in schedule().departure_hours.items() if weight > 0}
