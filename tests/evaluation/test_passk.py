"""pass^k against every choice of trials, against the definition, and against published tables."""

from collections.abc import Sequence
from itertools import combinations
from math import comb, isclose
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.errors import InputError
from cove_rl.evaluation.passk import Outcomes, estimates, mean_pass_k, pass_k

TRIALS = st.lists(st.booleans(), min_size=1, max_size=8)


def by_enumeration(trials: Sequence[bool], k: int) -> float:
    """Return the share of all choices of k trials in which every one succeeded."""
    return fmean(all(chosen) for chosen in combinations(trials, k))


@given(TRIALS, st.data())
def test_it_is_the_share_of_all_choices_that_succeed_throughout(trials: list[bool], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(trials)))
    assert isclose(pass_k(len(trials), sum(trials), k), by_enumeration(trials, k))


@given(st.lists(TRIALS, min_size=1, max_size=5))
def test_the_mean_is_over_tasks_whatever_their_numbers_of_trials(tasks: list[list[bool]]) -> None:
    outcomes = [Outcomes(str(number), tuple(trials)) for number, trials in enumerate(tasks)]
    for k in range(1, min(map(len, tasks)) + 1):
        assert isclose(mean_pass_k(outcomes, k), fmean(by_enumeration(trials, k) for trials in tasks))


@given(st.integers(1, 8), st.floats(0, 1), st.data())
def test_it_is_unbiased(trials: int, chance: float, data: st.DataObject) -> None:
    """Its expectation over all outcomes of independent trials is the probability of k successes in a row."""
    k = data.draw(st.integers(1, trials))
    expected = sum(
        comb(trials, successes)
        * chance**successes
        * (1 - chance) ** (trials - successes)
        * pass_k(trials, successes, k)
        for successes in range(trials + 1)
    )
    assert isclose(expected, chance**k, abs_tol=1e-12)


@given(TRIALS)
def test_it_falls_with_k(trials: list[bool]) -> None:
    values = [pass_k(len(trials), sum(trials), k) for k in range(1, len(trials) + 1)]
    assert values == sorted(values, reverse=True)
    assert isclose(values[0], fmean(trials))
    assert values[-1] == float(all(trials))


@pytest.mark.parametrize(("trials", "successes", "k"), [(4, 2, 0), (4, 2, 5), (0, 0, 1), (4, 5, 1), (4, -1, 1)])
def test_what_is_not_defined_is_refused(trials: int, successes: int, k: int) -> None:
    with pytest.raises(ValueError, match="not defined"):
        pass_k(trials, successes, k)


# The leaderboard of tau-bench (its README): tool calling, four trials of 50 airline and 115 retail tasks. The published
# figures are rounded; from pass^4 down, one table of how many tasks had how many successes fits all four of them.

PUBLISHED = {
    "gpt-4o, airline": (50, (0.420, 0.273, 0.220, 0.200)),
    "gpt-4o, retail": (115, (0.604, 0.491, 0.430, 0.383)),
}


def solved(tasks: int, published: Sequence[float]) -> dict[int, int]:
    """Return successes -> tasks, as whole numbers that come nearest to published figures by the definition."""
    trials = len(published)
    counts: dict[int, int] = {}
    for k in range(trials, 0, -1):
        known = sum(count * comb(successes, k) / comb(trials, k) for successes, count in counts.items())
        counts[k] = round((published[k - 1] * tasks - known) * comb(trials, k))
    return {0: tasks - sum(counts.values()), **counts}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_tables_come_out(name: str) -> None:
    tasks, published = PUBLISHED[name]
    counts = solved(tasks, published)
    assert min(counts.values()) >= 0
    outcomes = [
        Outcomes(f"{successes}:{number}", tuple(place < successes for place in range(4)))
        for successes, count in counts.items()
        for number in range(count)
    ]
    assert len(outcomes) == tasks
    assert [round(one.value or 0, 3) for one in estimates(outcomes, 4)] == list(published)


# What is missing is said, and nothing is made of it.


def test_missing_trials_are_named_by_task_and_number() -> None:
    tasks = [
        Outcomes("a", (True, True, False)),
        Outcomes("b", (True, None, None)),
        Outcomes("c", (None, True, True)),
    ]
    assert mean_pass_k(tasks, 1) == pytest.approx((2 / 3 + 1 + 1) / 3)
    with pytest.raises(
        InputError, match=r"pass\^2 needs 2 trials.* 1 of 3 tasks have fewer: b \(without trials 1, 2\)"
    ):
        mean_pass_k(tasks, 2)
    with pytest.raises(InputError, match=r"2 of 3 tasks have fewer: b .*, c \(without trial 0\)"):
        mean_pass_k(tasks, 3)
    one, two, three = estimates(tasks, 3)
    assert (one.value is None, two.value, three.value) == (False, None, None)
    assert "without trials 1, 2" in two.missing
    assert two.interval is None


def test_many_short_tasks_are_counted_and_some_named() -> None:
    tasks = [Outcomes(f"t{number}", (None,)) for number in range(9)]
    with pytest.raises(InputError, match=r"t4 \(without trial 0\) and 4 more"):
        mean_pass_k(tasks, 1)


def test_more_trials_than_were_planned_and_no_tasks_are_refused() -> None:
    with pytest.raises(InputError, match="no more were planned"):
        mean_pass_k([Outcomes("a", (True,))], 2)
    with pytest.raises(InputError, match="there are none"):
        mean_pass_k([], 1)
