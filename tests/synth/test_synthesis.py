"""What is in a folder of examples."""

import asyncio
from pathlib import Path
from random import Random

import msgspec
import pytest

from cove_rl.agents.oracle import Oracle
from cove_rl.episode.episode import run_episode
from cove_rl.errors import InputError, SamplingError
from cove_rl.synth.attempt import EXCUSED, OTHERS, Attempt, Entry, Played, Player
from cove_rl.synth.collector import DeadError
from cove_rl.synth.example import facts_of
from cove_rl.synth.manifest import read_manifest
from cove_rl.synth.plan import Part, Plan
from cove_rl.synth.synthesis import TooFewError
from cove_rl.synth.tasks import worlds_of
from cove_rl.synth.workers import Alone, Conversations
from cove_rl.users.scripted import ScriptedUser
from cove_rl.users.settings import EnsembleSettings, HybridSettings, Member, ScriptedSettings
from cove_rl.world.domain import get_domain
from tests.endpoints.server import Server

from .cases import CLUMSY, Hasty, content, examples, ledger, make, plan, played, ref


def test_what_is_kept_is_right_and_told_of(tmp_path: Path) -> None:
    manifest = make(tmp_path, 10, plan(teachers=[CLUMSY, "oracle"]))
    kept, entries = examples(tmp_path), ledger(tmp_path)
    assert [one.task.id for one in kept] == [entry.id for entry in entries if not entry.reason]
    assert [entry.index for entry in entries] == list(range(len(entries)))
    assert len(kept) == 10 == manifest.counts.kept
    assert not entries[-1].reason
    for one in kept:
        world = worlds_of(()).find(one.task.world)
        assert one.facts == facts_of(one.task, world, one.trajectory)
        assert one.facts.score == 1.0
        assert not one.facts.user_fault
        assert not one.facts.unconfirmed
    assert manifest == read_manifest(tmp_path)
    assert sum(shard.examples for shard in manifest.shards) == 10
    assert sum(manifest.counts.rejected.values()) == len(entries) - 10 == manifest.counts.tasks - 10 > 0


def test_the_oracles_first_attempt_is_what_solved_the_task() -> None:
    found = msgspec.json.decode(played(plan(), 3), type=Played)
    example = msgspec.json.decode(found.example)
    assert example["trajectory"]["agent"] == "oracle"
    (task,) = [one for one in _tasks(plan(), 4) if one.id == found.entry.id]
    world = worlds_of(()).find(task.world)
    again = asyncio.run(run_episode(task, world, Oracle(task.domain, task.seed), ScriptedUser(task)))
    assert example["trajectory"] == msgspec.json.decode(msgspec.json.encode(again))


def _tasks(made_of: Plan, count: int) -> list:  # type: ignore[type-arg]
    from cove_rl.synth.tasks import Sampling

    return [
        Sampling(made_of.world(index), made_of.seed, made_of.difficulty)([index])[0].solved.task
        for index in range(count)
    ]


def test_attempts_are_worded_otherwise_and_stop_at_a_success(tmp_path: Path) -> None:
    make(tmp_path, 12, plan(teachers=[CLUMSY], retries=3))
    entries, kept = ledger(tmp_path), {one.task.id: one for one in examples(tmp_path)}
    assert any(len(entry.attempts) > 1 and not entry.reason for entry in entries)
    for entry in entries:
        assert len(entry.attempts) <= 4
        assert all(attempt.fault for attempt in entry.attempts[:-1])
        if not entry.reason:
            assert kept[entry.id].task.seed.count(":") == (2 if entry.chosen else 1)
            assert kept[entry.id].task.seed.endswith(f":{entry.chosen}") or not entry.chosen


def test_without_retries_there_is_one_attempt(tmp_path: Path) -> None:
    make(tmp_path, 8, plan(teachers=[CLUMSY]))
    assert {len(entry.attempts) for entry in ledger(tmp_path)} == {1}


def test_the_best_of_several_is_kept(tmp_path: Path) -> None:
    make(tmp_path / "short", 8, plan(best_of=3))
    make(tmp_path / "long", 8, plan(best_of=3, prefer="-characters"))
    short, long = examples(tmp_path / "short"), examples(tmp_path / "long")
    assert {len(entry.attempts) for entry in ledger(tmp_path / "short")} == {3}
    assert [one.task.id for one in short] == [one.task.id for one in long]
    assert all(a.facts.turns <= b.facts.turns for a, b in zip(short, long, strict=True))
    assert sum(a.facts.characters for a in short) < sum(b.facts.characters for b in long)


def tried(*faults: str) -> list:  # type: ignore[type-arg]
    from cove_rl.synth.attempt import _Tried

    return [_Tried(Attempt("t", "u", fault), None) for fault in faults]  # type: ignore[arg-type]


@pytest.mark.parametrize("other", OTHERS)
def test_what_is_not_the_teachers_fault_is_made_up_for(other: str) -> None:
    player = Player(plan())
    assert [player._goes_on(tried(*[other] * count)) for count in range(EXCUSED + 2)] == [True] * (EXCUSED + 1) + [
        False
    ]
    assert not player._goes_on(tried(other, "score"))
    assert not player._goes_on(tried(other, ""))
    assert Player(plan(retries=1))._goes_on(tried(other, "score"))


def test_too_few_can_be_kept_and_the_folder_goes_on(tmp_path: Path) -> None:
    made_of = plan(teachers=[CLUMSY])
    with pytest.raises(TooFewError, match=r"of 9 examples were kept from 6 tasks \(rejected: .*score"):
        make(tmp_path / "grown", 9, made_of, most=6)
    manifest = read_manifest(tmp_path / "grown")
    assert manifest is not None
    assert not manifest.complete
    assert manifest.counts.kept == len(examples(tmp_path / "grown"))
    make(tmp_path / "grown", 9, made_of)
    make(tmp_path / "whole", 9, made_of)
    assert content(tmp_path / "grown") == content(tmp_path / "whole")


def test_nothing_kept_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(TooFewError, match=r"0 of 3 .* 5 filter"):
        make(tmp_path, 3, plan(keep="turns < 0"), most=5)


def test_rejected_conversations_are_written_if_wanted(tmp_path: Path) -> None:
    from cove_rl.synth.example import load_examples

    make(tmp_path, 8, plan(teachers=[CLUMSY], keep_rejected=True))
    entries = ledger(tmp_path)
    rejected = (
        [one for path in sorted(tmp_path.glob("rejected-*")) for one in load_examples(path)]
        if any(entry.reason for entry in entries)
        else []
    )
    assert [one.task.id for one in rejected] == [entry.id for entry in entries if entry.reason] != []
    assert all(not one.facts.success or one.facts.unconfirmed for one in rejected)


def test_teachers_and_users_get_their_share(tmp_path: Path) -> None:
    made_of = plan(teachers=["3*oracle", "clumsy"], users=["scripted", "hybrid", "hybrid strict=true"])
    names = [made_of.pairs(f"seed-{number}")[0] for number in range(3000)]
    assert 0.72 < sum(teacher.name == "oracle" for teacher, _ in names) / 3000 < 0.78
    for user in ("scripted", "hybrid", "hybrid#2"):
        assert 0.3 < sum(found.name == user for _, found in names) / 3000 < 0.37
    pairs = made_of.pairs("a")
    assert len({(teacher.name, user.name) for teacher, user in pairs}) == 6
    fewer = msgspec.structs.replace(made_of, users=made_of.users[:2])
    assert [pair for pair in pairs if pair[1].name != "hybrid#2"] == fewer.pairs("a")


def test_programs_of_every_kind_play_in_any_workers(tmp_path: Path) -> None:
    members = {"plain": Member(ScriptedSettings()), "reworded": Member(HybridSettings(strict=True))}
    made_of = plan(teachers=["oracle", "clumsy stalls=0.2"], users=["scripted", "hybrid strict=true"])
    made_of = msgspec.structs.replace(made_of, users=(*made_of.users, Part("mixed", 4.0, EnsembleSettings(members))))
    make(tmp_path / "alone", 12, made_of)
    make(tmp_path / "together", 12, made_of, lambda: Conversations(made_of, 5))
    assert content(tmp_path / "alone") == content(tmp_path / "together")
    assert {one.facts.user for one in examples(tmp_path / "alone")} >= {"ensemble:plain", "ensemble:reworded"}
    assert not any(attempt.fault == "unanswered" for one in ledger(tmp_path / "alone") for attempt in one.attempts)


def test_there_are_no_more_worlds_than_a_process_keeps() -> None:
    with pytest.raises(InputError, match="33 worlds are too many"):
        plan(worlds=((ref(),) * 33,))


def test_served_customers_cost_what_they_cost(tmp_path: Path) -> None:
    with Server() as server:
        prices = "endpoint.prompt_price=1000000 endpoint.completion_price=2000000"
        made_of = plan(users=[f"hybrid endpoint.url={server.url} endpoint.model=m {prices}"])
        manifest = make(tmp_path, 6, made_of, lambda: Conversations(made_of, 4))
        assert manifest.counts.tokens == 110 * len(server.bodies) > 0
        assert manifest.counts.cost == pytest.approx(120 * len(server.bodies))
    assert list(manifest.counts.users) == ["hybrid:m"]
    assert all(one.facts.user == "hybrid" for one in examples(tmp_path))


def test_a_dead_endpoint_stops_the_run_and_costs_no_task(tmp_path: Path) -> None:
    made_of = plan(users=["openai endpoint.url=http://127.0.0.1:9/v1 endpoint.model=m endpoint.retries=0"])
    with pytest.raises(DeadError, match="tasks in a row"):
        make(tmp_path, 100, made_of, lambda: Conversations(made_of, 8))
    assert [path.name for path in tmp_path.glob(".partial*")] == []
    assert ledger(tmp_path) == []


def test_a_world_that_is_too_poor_is_told(tmp_path: Path) -> None:
    tiny = get_domain("retail").world(7, {"users": 1, "orders": 1}).ref
    for workers in (Alone, lambda made_of: Conversations(made_of, 3)):
        made_of = plan(worlds=((tiny,),))
        with pytest.raises(SamplingError, match="yields no task"):
            make(tmp_path, 40, made_of, lambda make=workers, made_of=made_of: make(made_of))  # type: ignore[misc]


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    made_of = plan()
    make(
        tmp_path,
        9,
        made_of,
        lambda: Hasty(made_of, Random(1)),
        watch=lambda one: told.append((one.tally.kept, one.tally.kept + one.waiting + one.under_way)),
    )
    assert told[0][0] == 0
    assert told[-1][0] == 9
    assert all(kept <= total <= 9 for kept, total in told)
    assert sorted(told) == told or len(told) == 10


def test_entries_survive_their_file() -> None:
    entry = msgspec.json.decode(played(plan(), 0), type=Played).entry
    assert msgspec.json.decode(msgspec.json.encode(entry), type=Entry) == entry
