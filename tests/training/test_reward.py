"""The reward verl gets: the verdict on the recorded calls, with all its parts."""

import math
from collections.abc import Iterable
from random import Random
from typing import Any

import msgspec
import pytest

from cove_rl.tasks.task import encode_task
from cove_rl.verify.score import Scoring
from cove_rl.verify.verifier import verify
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain

from .cases import WORLD, solved
from .engines import cove_reward

KINDS = {str(constraint.__struct_config__.tag) for constraint in get_domain("retail").constraints}


def rewarded(number: int, calls: list[ToolCall], domains: Iterable[str] = (), **fields: Any) -> dict[str, float]:
    info = {"task": encode_task(solved()[number].task).decode(), "cove_calls": msgspec.json.encode(calls).decode()}
    return cove_reward(
        data_source="cove_retail",
        solution_str="whatever it says",
        ground_truth="retail-4-0",
        extra_info={**info, **fields},
        domains=domains,
    )


@pytest.mark.parametrize("number", range(24))
def test_a_solution_has_score_1_and_every_part_of_it(number: int) -> None:
    parts = rewarded(number, solved()[number].trajectory.calls(), cove_ending="user_stop")
    assert parts["score"] == parts["success"] == parts["satisfied"] == parts["ended/user_stop"] == 1.0
    kinds = {one.kind for one in solved()[number].task.constraints}
    assert {kind for kind in KINDS if parts[f"has/{kind}"]} == kinds
    assert {kind for kind in KINDS if parts[f"satisfied/{kind}"]} == kinds


def test_doing_nothing_earns_nothing() -> None:
    for number in range(24):
        assert rewarded(number, [])["score"] == 0.0


@pytest.mark.parametrize("seed", range(40))
def test_it_is_the_verdict_whatever_the_calls_and_always_has_the_same_keys(seed: int) -> None:
    rng = Random(seed)
    number = rng.randrange(24)
    pool = [*solved()[number].trajectory.calls(), ToolCall("", "", "{"), *rng.choice(solved()).trajectory.calls()]
    calls = rng.choices(pool, k=rng.randint(0, 20))
    parts = rewarded(number, calls, cove_agent_turns=4, cove_user_turns=2, cove_attempts=3)
    verdict = verify(solved()[number].task, WORLD, calls)
    assert parts["score"] == verdict.score
    assert parts["redundant"] == verdict.redundant
    assert (parts["agent_turns"], parts["user_turns"], parts["attempts"]) == (4.0, 2.0, 3.0)
    assert list(parts) == list(rewarded(0, []))
    assert all(isinstance(value, float) and math.isfinite(value) for value in parts.values())


def test_every_domain_of_the_run_gives_its_kinds_and_changes_nothing_else() -> None:
    calls = solved()[0].trajectory.calls()
    alone, among = rewarded(0, calls), rewarded(0, calls, domains={"retail": 1.0, "airline": 1.0})
    assert {name: among[name] for name in alone} == alone
    assert {name for name in among if name not in alone} >= {"has/book_trip", "satisfied/book_trip"}
    assert not any(among[name] for name in among if name not in alone)


def test_what_the_customer_took_of_served_models_is_among_the_parts() -> None:
    spent = {"calls": 7, "retries": 2, "prompt_tokens": 4000}
    parts = rewarded(0, [], cove_user_spent=msgspec.json.encode(spent).decode())
    assert (parts["user/calls"], parts["user/retries"], parts["user/prompt_tokens"]) == (7.0, 2.0, 4000.0)
    assert list(parts) == list(rewarded(0, []))
    assert rewarded(0, [])["user/calls"] == 0.0


def test_nothing_a_rollout_says_of_itself_is_believed() -> None:
    claims: dict[str, Any] = {"score": 1.0, "success": True, "reward_score": 1.0, "reward_extra_info": {"score": 1.0}}
    assert rewarded(0, [], **claims)["score"] == 0.0


def test_the_form_of_the_score_can_be_chosen() -> None:
    one = solved()[0]
    doubled = [call for call in one.trajectory.calls() for _ in range(2)]
    info = {"task": encode_task(one.task).decode(), "cove_calls": msgspec.json.encode(doubled).decode()}
    verdict = verify(one.task, WORLD, doubled)
    for form, weight in (("hyperbolic", 2.0), ("exponential", 0.5)):
        parts = cove_reward(extra_info=info, form=form, redundancy_weight=weight)
        scoring = Scoring(form, weight)  # type: ignore[arg-type]
        assert parts["score"] == scoring.score(verdict.satisfied, verdict.total, verdict.redundant)
    with pytest.raises(msgspec.ValidationError, match="form"):
        cove_reward(extra_info=info, form="linear")
