"""The mutation test finds no fault in the verifier, and finds every fault that is put into it."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest

from cove_rl.synth.mutate import Judge, fault_in, judge_all, mutate
from cove_rl.synth.tasks import Solved
from cove_rl.tasks.task import Task
from cove_rl.verify import verifier
from cove_rl.verify.mutation import Mutant, donors, mutants
from cove_rl.verify.replay import Step, replay
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World

RETAIL = get_domain("retail")
KINDS = {
    "impossible write added": True,
    "lists in another order": True,
    "malformed call added": True,
    "nothing done": False,
    "only reads": False,
    "other call ids": True,
    "reads added": True,
    "reads moved": True,
    "reads removed": True,
    "reads, then a transfer": False,
    "refused after a failed read": False,
    "refused after another read": True,
    "refused without reading": False,
    "refused, read after the transfer": False,
    "repeat that fails": True,
    "transfer before a write": False,
    "transfer dropped": False,
    "unasked write": False,
    "unasked write, undone": False,
    "write after a wrong one": False,
    "write after the transfer": True,
    "write done in part": False,
    "write dropped": False,
    "write for a refused request": False,
    "write overwritten": False,
    "write repeated": False,
    "write that fails": False,
    "write undone": False,
    "write undone and redone": False,
    "write with another address1": False,
    "write with another item_ids": False,
    "write with another new_item_ids": False,
    "write with another order_id": False,
    "write with another payment_method_id": False,
    "write with another reason": False,
    "write with another user_id": False,
    "writes crossed": False,
    "writes in another order": True,
}


@pytest.fixture(scope="module")
def others(world: World) -> tuple[ToolCall, ...]:
    return donors(RETAIL, world, Random(0))


def of(one: Solved, world: World, others: tuple[ToolCall, ...], seed: int = 0) -> list[Mutant]:
    return list(mutants(one.task, world, one.trajectory.calls(), Random(seed), others))


def test_thousands_of_mutants_get_the_verdict_they_deserve() -> None:
    counted: list[int] = []
    report = mutate(RETAIL, RETAIL.world(9), 9, 6000, counted.append)
    assert report.examples == ()
    assert report.wrong == 0
    assert report.mutants == sum(counted) == sum(tally.mutants for tally in report.kinds) >= 6000
    assert len(counted) == report.tasks
    expected = {tally.kind: tally.expected == "accept" for tally in report.kinds}
    assert KINDS.items() <= expected.items()


def test_equal_seeds_give_equal_reports(world: World) -> None:
    one, same, other = (mutate(RETAIL, world, seed, 400, lambda count: None) for seed in (3, 3, 5))
    assert one == same != other


def test_no_mutant_is_its_original(solved: list[Solved], world: World, others: tuple[ToolCall, ...]) -> None:
    for one in solved:
        original = tuple(one.trajectory.calls())
        assert all(mutant.calls != original for seed in range(5) for mutant in of(one, world, others, seed))


def test_harmless_mutants_leave_the_same_records(
    solved: list[Solved], world: World, others: tuple[ToolCall, ...]
) -> None:
    def final(calls: Sequence[ToolCall]) -> dict[Any, Any]:
        steps = replay(RETAIL, world, calls)
        return {(change.kind, change.key): change.after for step in steps for change in step.result.changes}

    for one in solved[:20]:
        wanted = final(one.trajectory.calls())
        for mutant in of(one, world, others):
            assert not mutant.still_right or final(mutant.calls) == wanted


def test_a_verdict_that_is_wrong_is_said_to_be(solved: list[Solved], world: World) -> None:
    one = solved[0]
    calls = tuple(one.trajectory.calls())
    assert fault_in(one.task, world, Mutant("same", calls, still_right=True)) == ""
    assert "score is 1.0" in fault_in(one.task, world, Mutant("same", calls, still_right=False))
    assert "0 of 1 redundant" in fault_in(one.task, world, Mutant("same", calls, still_right=False, redundant=1))
    assert "[0] count as met" in fault_in(one.task, world, Mutant("same", calls, still_right=False, unmet=(0,)))
    assert "still right" in fault_in(one.task, world, Mutant("none", (), still_right=True))


def test_examples_are_kept_of_wrong_verdicts(solved: list[Solved], world: World) -> None:
    judge = Judge()
    for one in solved[:30]:
        judge.add(one.task, world, Mutant("none", (), still_right=True))
    report = judge.report(30)
    assert (report.mutants, report.wrong, len(report.examples)) == (30, 30, 20)
    (tally,) = report.kinds
    assert (tally.wrong_rejects, tally.wrong_accepts) == (30, 0)
    assert report.examples[0].task_id == solved[0].task.id


REDUNDANT, GOALS, FACT = verifier._redundant, verifier._goals, verifier._fact
Steps = Sequence[Step]


def _asked_for_by_record(steps: Steps, outcomes: Any) -> list[Step]:
    about = {(fact.goal.kind, fact.goal.key) for outcome in outcomes for fact in outcome.facts}
    return [step for step in steps if step.wrote and not step.touched() & about]


def _changing(steps: Steps, outcomes: Any) -> list[Step]:
    return [step for step in REDUNDANT(steps, outcomes) if step.result.changes]


def _with_failures(steps: Steps, outcomes: Any) -> list[Step]:
    return [*REDUNDANT(steps, outcomes), *(step for step in steps if step.result.error)]


def _one_fact(constraint: Any, world: World, steps: Steps) -> Any:
    outcome = GOALS(constraint, world, steps)
    return type(outcome)(outcome.constraint, outcome.facts[:1])


def _first_write(goal: Any, world: World, steps: Steps) -> Any:
    first = next((at for at, step in enumerate(steps) if (goal.kind, goal.key) in step.touched()), len(steps))
    return FACT(goal, world, steps[: first + 1])


def _past_transfers(domain: Any, world: World, calls: Sequence[ToolCall]) -> list[Step]:
    return replay(domain, world, [call for call in calls if call.name != domain.transfer_tool])


DEFECTS: dict[str, tuple[str, Callable[..., Any], str]] = {
    "nothing is redundant": ("_redundant", lambda steps, outcomes: [], "write repeated"),
    "redundant only elsewhere": ("_redundant", _asked_for_by_record, "write after a wrong one"),
    "redundant only with changes": ("_redundant", _changing, "write repeated"),
    "failures are redundant": ("_redundant", _with_failures, "malformed call added"),
    "guards are ignored": ("_written", lambda guards, redundant: [], "write for a refused request"),
    "evidence is ignored": ("_looked", lambda evidence, steps: True, "refused without reading"),
    "evidence may fail": (
        "_looked",
        lambda evidence, steps: any(one.tool == step.call.name for one in evidence for step in steps),
        "refused after a failed read",
    ),
    "one read decides, whichever": ("_looked", lambda evidence, steps: len(steps) > 0, "refused without reading"),
    "only the first read decides": (
        "_looked",
        lambda evidence, steps: any(evidence[0].shown_by(step.call) for step in steps if not step.result.error),
        "refused after another read",
    ),
    "one fact is enough": ("_goals", _one_fact, "write with another reason"),
    "the first write decides": ("_fact", _first_write, "write undone"),
    "everybody was transferred": ("_transferred", lambda domain, steps: True, "transfer dropped"),
    "reading is acting": ("_acted", lambda outcomes, transferred: True, "only reads"),
    "a transfer is acting": ("_acted", lambda outcomes, transferred: transferred, "reads, then a transfer"),
    "calls go on after a transfer": ("replay", _past_transfers, "write after the transfer"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_in_the_verifier_is_found(
    defect: str,
    monkeypatch: pytest.MonkeyPatch,
    solved: list[Solved],
    world: World,
    others: tuple[ToolCall, ...],
) -> None:
    name, broken, finder = DEFECTS[defect]
    monkeypatch.setattr(verifier, name, broken)
    judge = Judge()
    for one in solved:
        judge_all(one, world, others, judge)
        if any(tally.kind == finder and tally.wrong_accepts + tally.wrong_rejects for tally in judge.tallies.values()):
            return
    wrong = [tally.kind for tally in judge.tallies.values() if tally.wrong_accepts + tally.wrong_rejects]
    pytest.fail(f"'{finder}' does not find that {defect}; {wrong} do")


def test_every_kind_says_what_it_is(solved: list[Solved], world: World, others: tuple[ToolCall, ...]) -> None:
    def check(task: Task, mutant: Mutant) -> None:
        assert set(mutant.unmet) <= set(range(len(task.constraints)))
        assert not (mutant.still_right and (mutant.unmet or mutant.redundant))
        assert KINDS.get(mutant.kind, mutant.still_right) == mutant.still_right

    for one in solved:
        for mutant in of(one, world, others):
            check(one.task, mutant)
