"""Every recorded run has its recorded reward here, and a defect of ours would not go unnoticed."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from cove_rl.errors import InputError
from cove_rl.evaluation import reward, rewarded
from cove_rl.evaluation.official import RecordedCall, RecordedCriteria, RecordedTask
from cove_rl.evaluation.recorded import AssertionCheck, RecordedMessage, RecordedRun, RewardInfo, read_runs
from cove_rl.evaluation.rewarded import EDITED, NO_TASK, PREPARED, UNSCORED, Rewarded, reward_folder, reward_run
from cove_rl.world.domain import get_domain
from cove_rl.world.files import load_tables
from cove_rl.world.state import State
from cove_rl.world.world import World

RETAIL = get_domain("retail")


@cache
def _world(folder: Path, domain: str) -> World:
    tables = load_tables(get_domain(domain), folder / "domains" / domain / "db.json")
    return World(domain, tables, behaviour="benchmark")


@pytest.fixture
def world(tau2: Path) -> World:
    return _world(tau2, "retail")


@pytest.fixture
def runs(tau2: Path) -> list[RecordedRun]:
    return list(read_runs(tau2 / "trajectories" / "retail.jsonl", "retail"))


@pytest.mark.parametrize(("domain", "least", "explained"), [("retail", 98, [NO_TASK]), ("airline", 315, [])])
def test_every_reward_is_the_recorded_one(tau2: Path, domain: str, least: int, explained: list[str]) -> None:
    report = reward_folder(tau2, get_domain(domain))
    totals = report.totals
    assert totals.runs == totals.graded == totals.agreeing + totals.explained >= least
    assert [run.reason for run in report.notable()] == explained
    assert {run.grade.reward for run in report.runs if run.grade} == {0.0, 1.0}


DEFECTS: dict[str, tuple[Any, str, Any]] = {
    "the database is never looked at": (rewarded, "outcome", lambda state: {}),
    "no gold action is run": (rewarded, "gold_state", lambda actions, world, box: State(world)),
    "any ending earns": (reward, "ENDED", {"user_stop", "max_steps", "too_many_errors"}),
    "nothing has to be said": (reward, "unsaid", lambda wanted, texts: []),
    "nothing is ever said": (reward, "unsaid", lambda wanted, texts: wanted),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_seeded_defect_is_noticed(tau2: Path, monkeypatch: pytest.MonkeyPatch, defect: str) -> None:
    module, name, wrong = DEFECTS[defect]
    monkeypatch.setattr(module, name, wrong)
    totals = [reward_folder(tau2, get_domain(domain)).totals for domain in ("retail", "airline")]
    assert sum(one.disagreeing for one in totals) > 0


# One run that earned its reward with a write, altered.


@pytest.fixture
def run(runs: list[RecordedRun], world: World) -> RecordedRun:
    for one in runs:
        actions = one.task.criteria.actions if one.task and one.task.criteria else None
        if actions and one.reward_info and one.reward_info.reward == 1.0 and _writes(actions[-1].call.name):
            return replace(one, reward_info=RewardInfo(reward=1.0))
    raise AssertionError("no recorded run earned its reward with a write")


def _writes(name: str) -> bool:
    return RETAIL.toolbox.tools[name].kind == "write"


def _with(run: RecordedRun, **criteria: Any) -> RecordedRun:
    """Return the run with other criteria in its task."""
    assert run.task is not None
    assert run.task.evaluation_criteria is not None
    return replace(run, task=replace(run.task, evaluation_criteria=replace(run.task.evaluation_criteria, **criteria)))


def _scored(run: RecordedRun, amount: float, **info: Any) -> RecordedRun:
    return replace(run, reward_info=RewardInfo(reward=amount, **info))


def _reward(run: RecordedRun, world: World) -> Rewarded:
    return reward_run(run, world, RETAIL.toolbox)


def test_the_run_agrees_as_it_is(run: RecordedRun, world: World) -> None:
    assert _reward(run, world).standing == "agrees"


def test_a_run_without_its_write_earns_nothing(run: RecordedRun, world: World) -> None:
    kept = [
        message
        for message in run.flat()
        if not any(_writes(call.name) for call in message.tool_calls or ()) and message.role != "tool"
    ]
    found = _reward(replace(run, messages=tuple(kept)), world)
    assert found.standing == "disagrees"
    assert found.grade is not None
    assert found.grade.parts[0].met is False


def test_another_recorded_reward_disagrees(run: RecordedRun, world: World) -> None:
    assert _reward(_scored(run, 0.0), world).standing == "disagrees"


def test_gold_actions_that_fail_are_passed_over(run: RecordedRun, world: World) -> None:
    assert run.task is not None
    assert run.task.evaluation_criteria is not None
    wrong = (RecordedCall("get_user_details", {"user_id": "nobody"}), RecordedCall("no_such_tool", {"a": [1]}))
    actions = (*wrong, *(run.task.evaluation_criteria.actions or ()), *wrong)
    assert _reward(_with(run, actions=actions), world).standing == "agrees"


def test_calls_of_both_sides_and_those_that_failed_count_as_made(run: RecordedRun, world: World) -> None:
    wanted = _with(run, reward_basis=("ACTION",), actions=(RecordedCall("dance", {"far": 1}),))
    call = RecordedMessage("user", tool_calls=(RecordedCall("dance", {"far": 1}, requestor="user"),))
    assert _reward(_scored(wanted, 0.0), world).standing == "agrees"
    made = replace(wanted, messages=(*wanted.messages, call, RecordedMessage("tool", "Error: no", error=True)))
    assert _reward(_scored(made, 1.0), world).standing == "agrees"


def test_only_the_agents_words_count(run: RecordedRun, world: World) -> None:
    wanted = _with(run, communicate_info=("xyzzy",))
    said = {
        role: replace(wanted, messages=(*wanted.messages, RecordedMessage(role, "Xy,zzy!")))
        for role in ("user", "assistant")
    }
    assert _reward(_scored(said["user"], 0.0), world).standing == "agrees"
    assert _reward(_scored(said["assistant"], 1.0), world).standing == "agrees"


def test_an_ending_by_a_limit_earns_nothing(run: RecordedRun, world: World) -> None:
    assert _reward(_scored(replace(run, termination_reason="max_steps"), 0.0), world).standing == "agrees"
    assert _reward(_scored(replace(run, termination_reason=None), 0.0), world).standing == "agrees"


def test_a_task_without_criteria_earns_everything(run: RecordedRun, world: World) -> None:
    assert run.task is not None
    bare = replace(run, task=replace(run.task, evaluation_criteria=None))
    assert _reward(bare, world).standing == "agrees"


@pytest.mark.parametrize(("met", "amount"), [(True, 1.0), (False, 0.0)])
def test_the_judges_recorded_answer_stands_in_for_the_judge(
    run: RecordedRun, world: World, met: bool, amount: float
) -> None:
    judged = _with(run, reward_basis=("DB", "NL_ASSERTION"), nl_assertions=("It is polite.",))
    found = _reward(_scored(judged, amount, nl_assertions=(AssertionCheck(met, "It is polite."),)), world)
    assert (found.standing, found.judged) == ("agrees", True)
    assert _reward(
        _scored(judged, 1 - amount, nl_assertions=(AssertionCheck(met, "It is polite."),)), world
    ).standing == ("disagrees")


def test_without_the_answer_to_these_assertions_it_is_not_graded(run: RecordedRun, world: World) -> None:
    judged = _with(run, reward_basis=("DB", "NL_ASSERTION"), nl_assertions=("It is polite.",))
    for checks in (None, (), (AssertionCheck(True, "It is brief."),)):
        found = _reward(_scored(judged, 1.0, nl_assertions=checks), world)
        assert (found.standing, found.judged) == ("ungradable", False)
        assert "NL_ASSERTION" in found.reason


def test_a_task_that_was_edited_since_explains_a_difference_and_nothing_else_does(
    run: RecordedRun, world: World
) -> None:
    edited = _with(run, communicate_info=("xyzzy",))
    found = _reward(_scored(edited, 1.0, communicate_checks=()), world)
    assert found.standing == "explained"
    assert found.reason == f"{EDITED}: other information to be given"
    assert _reward(_scored(edited, 1.0), world).standing == "disagrees"


def test_a_run_on_a_prepared_world_or_without_a_reward_is_not_graded(run: RecordedRun, world: World) -> None:
    assert run.task is not None
    prepared = replace(run, task=replace(run.task, initial_state={"initialization_actions": [{}]}))
    assert _reward(prepared, world).reason == PREPARED
    for info in (None, RewardInfo()):
        assert _reward(replace(run, reward_info=info), world).reason == UNSCORED


def test_a_line_without_a_task_is_graded_by_its_score(run: RecordedRun, world: World) -> None:
    assert _reward(_scored(replace(run, task=None), 1.0), world).standing == "disagrees"
    assert (
        _reward(
            _scored(replace(run, task=RecordedTask(evaluation_criteria=RecordedCriteria(actions=None))), 1.0), world
        ).standing
        == "agrees"
    )


def test_a_file_without_runs_of_the_domain_is_refused(tau2: Path, tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text('{"domain": "airline", "messages": []}\n')
    with pytest.raises(InputError, match="no recorded run of the retail domain"):
        reward_folder(tau2, RETAIL, path)


@pytest.mark.parametrize(("domain", "least"), [("retail", 500), ("airline", 500)])
def test_single_checks_agree_with_the_recorded_ones(tau2: Path, domain: str, least: int) -> None:
    """Also those of parts that do not count for the task's reward were recorded."""
    wrong, seen = [], 0
    for line in (tau2 / "trajectories" / f"{domain}.jsonl").read_text().splitlines():
        run, info = msgspec.json.decode(line, type=RecordedRun), json.loads(line)["reward_info"] or {}
        messages = list(run.flat())
        calls = [call.to_call() for message in messages for call in message.tool_calls or ()]
        texts = [message.text for message in messages if message.role == "assistant"]
        for check in info.get("action_checks") or []:
            gold = msgspec.convert(check["action"], RecordedCall).to_gold()
            seen += 1
            if any(gold.matched_by(call) for call in calls) is not check["action_match"]:
                wrong.append((run.name, gold))
        for check in info.get("communicate_checks") or []:
            seen += 1
            if (not list(reward.unsaid([check["info"]], texts))) is not check["met"]:
                wrong.append((run.name, check["info"]))
    assert wrong == []
    assert seen >= least
