"""When somebody who fails is asked again."""

from hypothesis import given
from hypothesis import strategies as st

from cove_rl.endpoints.circuit import Breaker
from cove_rl.endpoints.settings import Circuit


class Clock:
    """A clock that is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Breaker:
    """Return a circuit that has just opened, for ten seconds."""
    breaker = Breaker(Circuit(failures=3, pause=10.0), clock)
    for _ in range(3):
        assert breaker.admits()
        breaker.failed()
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    breaker = Breaker(Circuit(failures=3, pause=10.0), Clock())
    for _ in range(5):
        breaker.failed()
        breaker.failed()
        assert not breaker.is_open
        breaker.succeeded()
    assert breaker.admits()


def test_open_it_admits_nobody_until_the_pause_is_over_and_then_one() -> None:
    clock = Clock()
    breaker = opened(clock)
    for clock.now in (100.0, 105.0, 109.9):
        assert not breaker.admits()
    clock.now = 110.0
    assert [breaker.admits() for _ in range(3)] == [True, False, False]


def test_a_probe_that_succeeds_closes_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 111.0
    assert breaker.admits()
    breaker.succeeded()
    assert [breaker.admits() for _ in range(3)] == [True, True, True]


def test_a_probe_that_fails_opens_it_for_another_pause() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 111.0
    assert breaker.admits()
    clock.now = 115.0
    breaker.failed()
    clock.now = 124.9
    assert not breaker.admits()
    clock.now = 125.0
    assert breaker.admits()


def test_a_probe_nobody_hears_of_again_is_followed_by_another() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 110.0
    assert breaker.admits()
    clock.now = 120.0
    assert breaker.admits()


@given(st.lists(st.tuples(st.sampled_from(["ask", "ok", "bad"]), st.floats(0.0, 6.0)), max_size=60))
def test_while_it_is_open_nobody_is_admitted_twice_within_a_pause(steps: list[tuple[str, float]]) -> None:
    clock = Clock()
    breaker = Breaker(Circuit(failures=2, pause=10.0), clock)
    last = -1e9
    for step, seconds in steps:
        clock.now += seconds
        if step == "ok":
            breaker.succeeded()
        elif step == "bad":
            breaker.failed()
        elif breaker.is_open and breaker.admits():
            assert clock.now - last >= 10.0
            last = clock.now
        if not breaker.is_open:
            last = -1e9
            assert breaker.admits()
