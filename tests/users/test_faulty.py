"""Faulty customers commit the fault they are named after, say so, and are otherwise the scripted one."""

from collections.abc import Sequence
from random import Random
from typing import get_args

import pytest

from cove_rl.agents.clumsy import ClumsyOracle
from cove_rl.agents.oracle import Oracle
from cove_rl.agents.settings import Mistake
from cove_rl.audit.finding import KINDS
from cove_rl.episode.episode import Limits, run_episode
from cove_rl.episode.sides import Agent
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.synth.planted import mistakes_for
from cove_rl.synth.tasks import finished
from cove_rl.tasks.task import Task
from cove_rl.users.faults import Fault, FaultySettings
from cove_rl.users.faulty import FaultyUser, FaultyUsers
from cove_rl.users.kinds import make_users, read_user
from cove_rl.users.lies import lie_about
from cove_rl.users.scripted import ScriptedUser

from .stage import GRAMMAR, tasks, world

FAULTS: tuple[Fault, ...] = get_args(Fault)


def talk(task: Task, user: FaultyUser, fault: Fault) -> Trajectory:
    """A conversation with an agent that gives occasion for the fault."""
    needed: dict[Fault, Mistake] = {"confirmed_wrong": "mishears", "stopped_midway": "stalls"}
    agent: Agent = Oracle(task.domain, task.seed)
    if fault in needed:
        agent = ClumsyOracle(task, world(), {needed[fault]: 0.6}, task.seed)
    return finished(run_episode(task, world(), agent, user))


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_committed_and_recorded(fault: Fault) -> None:
    named = KINDS if fault == "stops_early" else [fault]
    if fault == "ran_out":
        named = ["ignored_question"]
    committed = 0
    for seed, task in enumerate(tasks()[:60]):
        user = FaultyUser(task, FaultySettings(fault, 1.0, seed))
        said = sum(message.role == "user" for message in talk(task, user, fault).messages)
        assert all(one.kind in KINDS and 0 <= one.number < said for one in user.planted)
        committed += any(one.kind in named for one in user.planted)
    assert committed >= 5


@pytest.mark.parametrize("fault", FAULTS)
def test_who_is_not_faulty_this_time_is_the_scripted_customer(fault: Fault) -> None:
    for task in tasks()[:10]:
        user = FaultyUser(task, FaultySettings(fault, 0.0))
        plain = finished(run_episode(task, world(), Oracle(task.domain, task.seed), ScriptedUser(task)))
        faulty = finished(run_episode(task, world(), Oracle(task.domain, task.seed), user))
        assert faulty.messages == plain.messages
        assert user.planted == []


def test_the_share_of_faulty_episodes_is_as_asked_for_and_every_episode_draws_anew() -> None:
    users = FaultyUsers(FaultySettings("stops_early", 0.3), 1.0)
    task = tasks()[0]
    made = [users.user(task) for _ in range(1000)]
    faulty = sum(one._faulty for one in made)  # type: ignore[attr-defined]
    assert 250 < faulty < 350
    again = FaultyUsers(FaultySettings("stops_early", 0.3), 1.0)
    assert [one._faulty for one in made] == [again.user(task)._faulty for _ in made]  # type: ignore[attr-defined]


def test_they_are_a_kind_of_user() -> None:
    settings = read_user({"kind": "faulty", "fault": "rubbish", "share": 0.5})
    assert settings == FaultySettings("rubbish", 0.5)
    users = make_users(settings)
    assert users.user(tasks()[0]).name == "faulty"
    assert users.usage() == {}


def test_a_lie_is_worded_and_read_as_itself_and_is_not_the_truth() -> None:
    lies = 0
    for task in tasks():
        for hint in (*task.identity, *(hint for request in task.requests for hint in request.hints)):
            lie = lie_about(hint, GRAMMAR, Random(task.id))
            if lie is None:
                continue
            lies += 1
            assert lie.slot == hint.slot
            assert (lie.form, lie.values) != (hint.form, hint.values)
            words = GRAMMAR.word(lie, Random(task.id))
            read = GRAMMAR.read(lie.slot, words)
            assert read is not None
            assert (read.slot, read.form) == (lie.slot, lie.form)
    assert lies > 100


class Forgetful:
    """The oracle until the customer has committed a fault; from then on it asks what nobody knows."""

    name = "forgetful"

    def __init__(self, task: Task, user: FaultyUser) -> None:
        self._oracle, self._user = Oracle(task.domain, task.seed), user

    async def act(self, conversation: Sequence[Message]) -> Message:
        question = Message("assistant", "What is your favourite colour?")
        return question if self._user.planted else await self._oracle.act(conversation)


@pytest.mark.parametrize("fault", ["denied_right", "rubbish"])
def test_who_has_not_said_yes_has_not_agreed_and_does_not_leave(fault: Fault) -> None:
    committed = 0
    for seed, task in enumerate(tasks()[:30]):
        user = FaultyUser(task, FaultySettings(fault, 1.0, seed))
        run = finished(run_episode(task, world(), Forgetful(task, user), user, Limits(12, 12)))
        assert not (user.planted and run.outcome.ending == "user_stop")
        committed += bool(user.planted)
    assert committed >= 10


def test_half_of_the_agents_make_mistakes() -> None:
    drawn = [mistakes_for("stops_early", Random(seed)) for seed in range(400)]
    assert 150 < drawn.count(None) < 250
    assert "mishears" not in [mistakes_for("denied_right", Random(seed)) for seed in range(400)]
