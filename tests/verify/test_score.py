"""The score: in [0, 1], 1.0 for nothing but a perfect run, falling with every constraint missed and write too many."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cove_rl.errors import InputError
from cove_rl.verify.score import Scoring

weights = st.floats(0.01, 10)
scorings = st.builds(Scoring, st.sampled_from(["hyperbolic", "exponential"]), weights)
redundant = st.integers(0, 20)
totals = st.integers(1, 30)


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int]:
    total = draw(totals)
    return draw(st.integers(0, total)), total


@given(scorings, shares(), redundant)
def test_the_score_is_between_0_and_1(scoring: Scoring, share: tuple[int, int], excess: int) -> None:
    assert 0 <= scoring.score(*share, excess) <= 1


@given(scorings, shares(), redundant)
def test_it_is_1_only_if_all_is_met_and_nothing_is_redundant(
    scoring: Scoring, share: tuple[int, int], excess: int
) -> None:
    satisfied, total = share
    assert (scoring.score(satisfied, total, excess) == 1.0) == (satisfied == total and excess == 0)


@given(scorings, shares(), redundant)
def test_it_is_0_only_if_nothing_is_met(scoring: Scoring, share: tuple[int, int], excess: int) -> None:
    assert (scoring.score(*share, excess) == 0) == (share[0] == 0)


@given(scorings, shares(), shares(), redundant)
def test_it_rises_with_the_satisfied_share(
    scoring: Scoring, one: tuple[int, int], other: tuple[int, int], excess: int
) -> None:
    assume(one[0] * other[1] < other[0] * one[1])
    assert scoring.score(*one, excess) < scoring.score(*other, excess)


@given(scorings, shares(), redundant)
def test_it_falls_with_every_redundant_write(scoring: Scoring, share: tuple[int, int], excess: int) -> None:
    assume(share[0] > 0)
    assert scoring.score(*share, excess + 1) < scoring.score(*share, excess)


@given(st.sampled_from(["hyperbolic", "exponential"]), weights, weights, shares(), st.integers(1, 20))
def test_it_falls_with_the_weight(form: str, one: float, other: float, share: tuple[int, int], excess: int) -> None:
    assume(share[0] > 0)
    assume(one < other * 0.999)
    assert Scoring(form, other).score(*share, excess) < Scoring(form, one).score(*share, excess)  # type: ignore[arg-type]


@given(shares(), redundant)
def test_a_weight_of_0_ignores_redundancy(share: tuple[int, int], excess: int) -> None:
    assert Scoring(redundancy_weight=0).score(*share, excess) == share[0] / share[1]


@given(weights, st.integers(0, 10))
def test_exponential_redundancy_costs_the_same_factor_each_time(weight: float, excess: int) -> None:
    scoring = Scoring("exponential", weight)
    ratio = scoring.score(1, 1, excess + 1) / scoring.score(1, 1, excess)
    assert math.isclose(ratio, math.exp(-weight), rel_tol=1e-9)


@pytest.mark.parametrize(
    ("satisfied", "total", "excess", "score"),
    [(1, 1, 0, 1.0), (1, 2, 0, 0.5), (2, 2, 1, 0.5), (1, 2, 1, 0.25), (3, 4, 2, 0.25), (0, 3, 4, 0.0)],
)
def test_the_default_by_hand(satisfied: int, total: int, excess: int, score: float) -> None:
    assert Scoring().score(satisfied, total, excess) == score


@pytest.mark.parametrize("counts", [(2, 1, 0), (-1, 1, 0), (0, 0, 0), (1, 1, -1)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match="no score for"):
        Scoring().score(*counts)


@pytest.mark.parametrize("weight", [-1.0, math.inf, math.nan])
def test_impossible_weights_are_refused(weight: float) -> None:
    with pytest.raises(InputError, match="redundancy_weight must be"):
        Scoring(redundancy_weight=weight).score(1, 1, 0)
