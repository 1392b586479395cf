"""A noisy teacher makes the mistakes it is told to, records those it made, and no filter keeps one of them."""

from collections import Counter
from itertools import accumulate

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cove_rl.agents.clumsy import ClumsyAgents, ClumsyOracle
from cove_rl.agents.oracle import Oracle
from cove_rl.agents.settings import MISTAKES, ClumsySettings, Mistake
from cove_rl.audit.conduct import unconfirmed_writes
from cove_rl.episode.trajectory import Trajectory
from cove_rl.synth.example import facts_of
from cove_rl.verify.replay import replay
from cove_rl.verify.verifier import verify
from cove_rl.world.domain import get_domain

from .shelf import DOMAINS, play, task_of, world

NOISY = ClumsySettings(writes_wrongly=0.2, skips_consent=0.2, extra_writes=0.2)


def made(domain: str, index: int, settings: ClumsySettings) -> tuple[ClumsyOracle, Trajectory]:
    """A clumsy agent, and the conversation it has held."""
    task = task_of(domain, index)
    agent = ClumsyAgents(settings, 60.0).agent(task, world(domain))
    assert isinstance(agent, ClumsyOracle)
    return agent, play(task, agent)


def always(mistake: Mistake) -> ClumsySettings:
    """An agent that makes this mistake whenever it can, and no other."""
    return msgspec.convert({mistake: 1.0}, ClumsySettings)


def positions(played: Trajectory, agent: ClumsyOracle, mistake: Mistake) -> set[int]:
    """The positions, among all calls, of those in messages with that mistake."""
    ends = list(accumulate(len(message.calls) for message in played.messages))
    places = [one.place for one in agent.committed if one.mistake == mistake]
    return {at for place in places for at in range(ends[place] - len(played.messages[place].calls), ends[place])}


@pytest.mark.parametrize("domain", DOMAINS)
def test_without_mistakes_it_is_the_oracle(domain: str) -> None:
    for index in range(6):
        agent, played = made(domain, index, ClumsySettings())
        task = task_of(domain, index)
        plain = play(task, Oracle(task.domain, f"{task.seed}:0"))
        assert played.messages == plain.messages
        assert agent.committed == []


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_mistake_is_made_and_recorded_where_it_was(domain: str, mistake: Mistake) -> None:
    counts: Counter[Mistake] = Counter()
    for index in range(12):
        agent, played = made(domain, index, always(mistake))
        counts.update(one.mistake for one in agent.committed)
        assert all(played.messages[one.place].role == "assistant" for one in agent.committed)
    assert set(counts) == {mistake}
    assert counts[mistake] >= 5


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_wrong_write_and_an_extra_one_change_what_nobody_wanted(domain: str) -> None:
    for index in range(12):
        mistakes: tuple[Mistake, ...] = ("writes_wrongly", "extra_writes")
        for mistake in mistakes:
            agent, played = made(domain, index, always(mistake))
            steps = replay(get_domain(domain), world(domain), played.calls())
            found = positions(played, agent, mistake)
            assert all(steps[at].wrote and steps[at].result.changes for at in found)
            verdict = verify(task_of(domain, index), world(domain), played.calls())
            assert verdict.success == (not found)
            if mistake == "extra_writes":
                assert found <= {one.call for one in verdict.redundant_writes}


@pytest.mark.parametrize("domain", DOMAINS)
def test_extra_writes_are_on_records_the_agent_has_come_across(domain: str) -> None:
    for index in range(12):
        agent, played = made(domain, index, ClumsySettings(extra_writes=1.0))
        seen = " ".join(message.content for message in played.messages if message.role == "tool")
        for at in positions(played, agent, "extra_writes"):
            arguments = played.calls()[at].arguments
            assert isinstance(arguments, dict)
            assert any(f'"{value}"' in seen for name, value in arguments.items() if name.endswith("_id"))


@pytest.mark.parametrize("domain", DOMAINS)
@given(index=st.integers(0, 39), seed=st.integers(0, 9))
@settings(max_examples=40)
def test_every_skipped_consent_is_found(domain: str, index: int, seed: int) -> None:
    agent, played = made(domain, index, ClumsySettings(skips_consent=0.5, seed=seed))
    assert set(unconfirmed_writes(domain, played)) == positions(played, agent, "skips_consent")


@pytest.mark.parametrize("domain", DOMAINS)
def test_of_a_noisy_teacher_nothing_flawed_is_kept_and_enough_is(domain: str) -> None:
    flawed = kept = 0
    for index in range(40):
        agent, played = made(domain, index, NOISY)
        facts = facts_of(task_of(domain, index), world(domain), played)
        keeps = facts.success and facts.culprit is None and not facts.user_fault and facts.unconfirmed == 0
        flawed += bool(agent.committed)
        kept += keeps
        assert not (keeps and agent.committed)
    assert flawed >= 15
    assert kept >= 10


def test_equal_seeds_make_equal_mistakes_and_others_make_others() -> None:
    def played(seed: int) -> list[Trajectory]:
        return [
            made("retail", index, ClumsySettings(writes_wrongly=0.5, extra_writes=0.5, seed=seed))[1]
            for index in range(6)
        ]

    assert played(1) == played(1)
    assert played(1) != played(2)
