"""The audit in the agent loop: a customer's fault is retried or drops the group, and never becomes a zero."""

from typing import Any

import msgspec
import pytest

from cove_rl.audit.finding import KINDS
from cove_rl.episode.sides import User
from cove_rl.users.faults import FaultySettings
from cove_rl.users.faulty import FaultyUser
from cove_rl.users.scripted import ScriptedUser

from .cases import solved
from .customers import Talker
from .engines import CoveAgentLoop, EpisodeFailedError, OracleEngine, config, make_loop, part_means, play, reward

TASK = solved()[0].task


def loop_with(tokenizer: Any, *users: User, **changes: Any) -> CoveAgentLoop:
    """An agent loop in which the oracle meets these customers, one per attempt."""
    left = list(users)
    loop = make_loop(OracleEngine(tokenizer), config(**changes))
    loop.make_user = lambda task: left.pop(0)  # type: ignore[method-assign]
    return loop


async def test_an_episode_the_customer_spoils_is_played_again(tokenizer: Any) -> None:
    output = await play(loop_with(tokenizer, Talker("Hello there."), ScriptedUser(TASK)), TASK)
    assert output.extra_fields["cove_attempts"] == 2
    assert output.extra_fields["cove_blamed"] == 1
    parts = reward(TASK, output)
    assert parts["score"] == 1.0
    assert parts["user_blamed"] == parts["user_fault/stopped_unrevealed"] == 0.5
    assert parts["wrong_zero"] == 0.0


async def test_a_customer_who_goes_on_failing_fails_the_group(tokenizer: Any) -> None:
    users = [Talker("Hello there.") for _ in range(3)]
    with pytest.raises(EpisodeFailedError, match="3 attempts, the last one: user_stop: stopped_unrevealed"):
        await play(loop_with(tokenizer, *users), TASK)


async def test_without_the_audit_the_agent_gets_a_zero_that_is_reported_as_wrong(tokenizer: Any) -> None:
    output = await play(loop_with(tokenizer, Talker("Hello there."), audit=False), TASK)
    parts = reward(TASK, output)
    assert parts["score"] == 0.0
    assert parts["wrong_zero"] == parts["user_blamed"] == parts["user_fault/stopped_unrevealed"] == 1.0


async def test_faults_are_among_the_metrics_of_a_batch(tokenizer: Any) -> None:
    clean = reward(TASK, await play(loop_with(tokenizer, ScriptedUser(TASK)), TASK))
    spoilt = reward(TASK, await play(loop_with(tokenizer, Talker("Hello there."), audit=False), TASK))
    means = part_means([clean, spoilt])
    assert means["cove/user_fault/stopped_unrevealed"] == means["cove/wrong_zero"] == 0.5
    assert {f"cove/user_fault/{kind}" for kind in KINDS} <= means.keys()


@pytest.mark.parametrize("audited", [True, False])
async def test_with_a_customer_who_stops_early_no_zero_is_the_customers_doing(tokenizer: Any, audited: bool) -> None:
    """What a customer really did is compared with the score, not with what the audit says of it."""
    wrong = 0
    for number in range(12):
        task = solved()[number].task
        users = [FaultyUser(task, FaultySettings("stops_early", 0.6, 7), episode) for episode in range(30)]
        met: list[FaultyUser] = []

        def meet(users: list[FaultyUser] = users, met: list[FaultyUser] = met) -> User:
            met.append(users.pop(0))
            return met[-1]

        loop = make_loop(OracleEngine(tokenizer), config(audit=audited, retries=20))
        loop.make_user = lambda task, meet=meet: meet()  # type: ignore[method-assign, misc]
        output = await play(loop, task)
        wrong += reward(task, output)["score"] < 1.0 and bool(met[-1].planted)
    assert (wrong == 0) == audited


async def test_what_is_reported_can_be_read_again(tokenizer: Any) -> None:
    output = await play(loop_with(tokenizer, Talker("Hello there."), ScriptedUser(TASK)), TASK)
    faults = msgspec.json.decode(output.extra_fields["cove_faults"], type=list[list[str]])
    assert faults[1] == []
    assert "stopped_unrevealed" in faults[0]
