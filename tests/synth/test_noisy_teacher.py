"""A teacher that is wrong in many ways: not one flawed conversation is kept."""

from functools import cache
from pathlib import Path
from random import Random

import msgspec
import pytest

from cove_rl.agents.clumsy import ClumsyOracle
from cove_rl.episode.episode import run_episode
from cove_rl.synth.example import Example, facts_of
from cove_rl.synth.expression import condition
from cove_rl.synth.plan import KEEP, Plan
from cove_rl.synth.tasks import finished, worlds_of
from cove_rl.users.scripted import ScriptedUser
from cove_rl.verify.mutation import donors, mutants
from cove_rl.verify.verifier import verify
from cove_rl.world.domain import get_domain

from .cases import examples, make, plan

NOISY = "clumsy writes_wrongly=0.2 skips_consent=0.2 extra_writes=0.2"
SMALL = {"retail": {"users": 60, "orders": 130}, "airline": {}}


@cache
def noisy() -> Plan:
    """A plan with that teacher, in both domains, that writes what it rejects."""
    worlds = tuple((get_domain(name).world(7, SMALL[name]).ref,) for name in ("retail", "airline"))
    return plan(worlds=worlds, teachers=[NOISY], keep_rejected=True, shard=64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("noisy")
    make(found, 60, noisy())
    return found


def committed(example: Example) -> list[str]:
    """What the teacher really did wrong in a conversation, known from having it talk again."""
    task, world = example.task, worlds_of(()).find(example.task.world)
    settings = noisy().teachers[0].settings
    agent = ClumsyOracle(task, world, settings.shares, f"{task.seed}:{settings.seed}")  # type: ignore[union-attr]
    again = finished(run_episode(task, world, agent, ScriptedUser(task)))
    assert again == example.trajectory
    return [one.mistake for one in agent.committed]


def test_nothing_flawed_is_kept(folder: Path) -> None:
    assert [committed(one) for one in examples(folder)] == [[]] * 60


def test_all_that_is_rejected_is_flawed(folder: Path) -> None:
    rejected = [one for path in sorted(folder.glob("rejected-*")) for one in _load(path)]
    made = [committed(one) for one in rejected]
    assert all(made)
    assert {mistake for one in made for mistake in one} == {"writes_wrongly", "skips_consent", "extra_writes"}


def _load(path: Path) -> list[Example]:
    from cove_rl.synth.example import load_examples

    return list(load_examples(path))


def test_what_is_kept_does_not_stay_so_with_other_calls(folder: Path) -> None:
    judged = kept = 0
    for example in examples(folder)[:24]:
        task, world = example.task, worlds_of(()).find(example.task.world)
        rng = Random(task.seed)
        others = donors(get_domain(task.domain), world, rng)
        for mutant in mutants(task, world, example.trajectory.calls(), rng, others):
            verdict = verify(task, world, mutant.calls)
            facts = msgspec.structs.replace(example.facts, score=verdict.score, success=verdict.success)
            judged += not mutant.still_right
            kept += not mutant.still_right and condition(KEEP).holds(facts)
    assert judged > 500
    assert kept == 0


def test_facts_do_not_depend_on_who_asks(folder: Path) -> None:
    for example in examples(folder)[:10]:
        assert facts_of(example.task, worlds_of(()).find(example.task.world), example.trajectory) == example.facts
