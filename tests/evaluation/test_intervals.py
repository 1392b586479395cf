"""Intervals cover what they should, as often as they say."""

from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.evaluation.intervals import Interval, bootstrap


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=30), st.integers(0, 5))
def test_it_lies_around_the_mean_and_within_what_can_be(values: list[float], seed: int) -> None:
    found = bootstrap(values, seed, resamples=200)
    assert 0.0 <= found.low <= fmean(values) + 1e-9
    assert fmean(values) - 1e-9 <= found.high <= 1.0
    assert found == bootstrap(values, seed, resamples=200)


@given(st.lists(st.sampled_from([-1.0, -0.5, 0.0, 1.0]), min_size=2, max_size=30))
def test_differences_mirror(values: list[float]) -> None:
    found, mirrored = (bootstrap(some, resamples=200, lowest=-1.0) for some in (values, [-one for one in values]))
    assert -1.0 <= found.low <= found.high <= 1.0
    assert (found.low, found.high) == pytest.approx((-mirrored.high, -mirrored.low))


@pytest.mark.parametrize("chance", [0.5, 0.8, 0.95])
def test_it_covers_a_known_rate_as_often_as_it_says(chance: float) -> None:
    """Simulated: 60 tasks of 4 trials each, 300 times over; of 95 in 100, 92 are 2.4 standard errors away."""
    rng, repeats, covered = Random(f"coverage:{chance}"), 300, 0
    for repeat in range(repeats):
        rates = [sum(rng.random() < chance for _ in range(4)) / 4 for _ in range(60)]
        covered += bootstrap(rates, repeat, resamples=400).covers(chance)
    assert 0.92 <= covered / repeats <= 0.99


def test_tasks_are_what_is_drawn_not_trials() -> None:
    """Trials that all agree within a task say no more than one of them."""
    alike = bootstrap([0.0] * 10 + [1.0] * 10)
    mixed = bootstrap([0.5] * 10 + [0.25, 0.75] * 5)
    assert alike.high - alike.low > 2 * (mixed.high - mixed.low)


def test_more_tasks_make_it_narrower() -> None:
    few, many = bootstrap([0.0, 1.0] * 10), bootstrap([0.0, 1.0] * 200)
    assert many.high - many.low < (few.high - few.low) / 2


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_values_that_are_all_alike_are_no_certainty(value: float) -> None:
    """Of 500 tasks that all succeed, as many as 7 in 1000 others may fail, and nobody would be surprised."""
    found = bootstrap([value] * 500)
    assert found.covers(value)
    assert found.low == pytest.approx(value - 0.00735 * value, abs=1e-4)
    assert found.high == pytest.approx(value + 0.00735 * (1 - value), abs=1e-4)
    assert bootstrap([0.0] * 500, lowest=-1.0).low < 0.0


def test_ends_count_as_covered() -> None:
    assert Interval(0.25, 0.5).covers(0.25)
    assert Interval(0.25, 0.5).covers(0.5)
    assert not Interval(0.25, 0.5).covers(0.51)


def test_no_values_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        bootstrap([])
