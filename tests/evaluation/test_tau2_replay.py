"""Every recorded retail run of the benchmark agrees with our tools, and a defect of ours would not go unnoticed."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from cove_rl.domains.retail import quirks
from cove_rl.domains.retail.records import User
from cove_rl.domains.retail.tools import TOOLS, delivered, find, items, lookups, money, pending
from cove_rl.errors import InputError, ToolError
from cove_rl.evaluation.official import RecordedCall
from cove_rl.evaluation.recorded import RecordedMessage, RecordedRun, RewardInfo, read_runs
from cove_rl.evaluation.report import RunReport
from cove_rl.evaluation.tau2 import outcome, replay, replay_folder, replay_run
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import get_domain
from cove_rl.world.files import load_tables
from cove_rl.world.state import State
from cove_rl.world.tool import Tool, Toolbox, tool
from cove_rl.world.world import Behaviour, Tables, World

BOX = Toolbox(TOOLS)
DOMAIN = get_domain("retail")


@cache
def _tables(path: Path) -> Tables:
    return load_tables(DOMAIN, path / "domains" / "retail" / "db.json")


@cache
def _world(path: Path, behaviour: Behaviour) -> World:
    return World("retail", _tables(path), behaviour=behaviour)


@cache
def _runs(path: Path) -> tuple[RecordedRun, ...]:
    return tuple(read_runs(path / "trajectories" / "retail.jsonl", "retail"))


@pytest.fixture
def world(tau2: Path) -> World:
    return _world(tau2, "benchmark")


@pytest.fixture
def runs(tau2: Path) -> tuple[RecordedRun, ...]:
    return _runs(tau2)


def _kinds(run: RunReport) -> list[str]:
    return [one.kind for one in run.disagreements]


def test_every_result_every_failure_and_every_final_database_agrees(
    runs: tuple[RecordedRun, ...], world: World
) -> None:
    report = replay(runs, world, BOX)
    totals = report.totals
    assert report.notable() == ()
    assert totals.runs == len(runs) >= 98
    assert totals.calls == totals.equal + totals.failed_alike >= 736
    assert totals.failed_alike >= 30
    assert totals.db_compared == totals.db_agreed == len(runs)
    assert {run.db_ours for run in report.runs} == {True, False}


def test_a_folder_is_replayed_in_one_step(tau2: Path) -> None:
    assert replay_folder(tau2, DOMAIN) == replay(_runs(tau2), _world(tau2, "benchmark"), BOX)


def test_runs_do_not_depend_on_what_was_replayed_before(runs: tuple[RecordedRun, ...], world: World) -> None:
    forwards, backwards = replay(runs, world, BOX), replay(runs[::-1], world, BOX)
    assert forwards.runs == backwards.runs[::-1]


def test_a_file_without_runs_of_the_domain_is_refused(tau2: Path, tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text('{"domain": "airline", "messages": []}\n')
    with pytest.raises(InputError, match="no recorded run of the retail domain"):
        replay_folder(tau2, DOMAIN, path)


# Seeded defects: each must be reported, or the agreement above would prove nothing.


def test_our_own_behaviour_is_not_the_benchmarks(tau2: Path, runs: tuple[RecordedRun, ...]) -> None:
    assert replay(runs, _world(tau2, "ours"), BOX).totals.disagreements > 30


OURS: Any = SimpleNamespace(world=SimpleNamespace(behaviour="ours"))
"""Enough of a state for a quirk to see that it is not to repeat the benchmark."""


@pytest.mark.parametrize("quirk", ["substituted", "price_difference"])
def test_a_quirk_that_is_switched_off_is_noticed(
    monkeypatch: pytest.MonkeyPatch, runs: tuple[RecordedRun, ...], world: World, quirk: str
) -> None:
    function: Callable[..., object] = getattr(quirks, quirk)
    monkeypatch.setattr(pending, quirk, lambda _, *arguments: function(OURS, *arguments))
    assert "text" in {kind for run in replay(runs, world, BOX).runs for kind in _kinds(run)}


DEFECTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "gift cards are not charged": (pending, "charge", lambda *_: None),
    "exchanges are rounded to dollars": (delivered, "price_difference", lambda state, swaps: 0.0),
    "a refund may go anywhere": (delivered, "GiftCard", object),
    "out of stock does not matter": (items, "find_variant", lambda state, product, item: _any_variant(state, item)),
    "names are looked up with case": (lookups, "users_by_name", lambda world: {}),
    "balances are not rounded": (money, "round", lambda number, digits: number + 0.001),
    "the order of items is lost": (delivered, "sorted", lambda names: names[::-1]),
    "orders are never found": (pending, "find_order", lambda state, order_id: _refuse()),
    "an unknown id breaks the tool": (find, "ToolError", ZeroDivisionError),
}


def _refuse() -> None:
    raise ToolError("no")


def _any_variant(state: State, item_id: str) -> object:
    return find.find_product(state, find.products_by_item(state.world)[item_id]).variants[item_id]


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_seeded_defect_is_noticed(
    monkeypatch: pytest.MonkeyPatch, tau2: Path, runs: tuple[RecordedRun, ...], defect: str
) -> None:
    module, name, wrong = DEFECTS[defect]
    monkeypatch.setattr(module, name, wrong, raising=name not in ("round", "sorted"))
    fresh = World("retail", _tables(tau2), behaviour="benchmark")
    assert replay(runs, fresh, BOX).totals.disagreements > 0


def test_a_tool_that_breaks_is_a_disagreement_and_not_the_end(runs: tuple[RecordedRun, ...], world: World) -> None:
    @tool("read")
    def get_order_details(state: State, order_id: str) -> str:
        """Break."""
        raise ZeroDivisionError(order_id)

    broken: list[Tool] = [get_order_details if one.name == "get_order_details" else one for one in TOOLS]
    report = replay(runs, world, Toolbox(broken))
    assert "breaks" in {kind for run in report.runs for kind in _kinds(run)}
    assert report.totals.runs == len(runs)


# Altered recordings, on one run that writes.


@pytest.fixture
def run(runs: tuple[RecordedRun, ...], world: World) -> RecordedRun:
    """A run that changed the database as its task wanted."""
    for one in runs:
        if one.db_match and outcome(_final(one, world)):
            return one
    raise AssertionError("no recorded run changes anything")


def _final(run: RecordedRun, world: World) -> State:
    state = State(world)
    for answer in run.answers():
        BOX.call(state, answer.call)
    return state


def _altered(run: RecordedRun, **fields: Any) -> RecordedRun:
    """Return the run with other fields in its last tool result."""
    flat = [one for one in run.messages if isinstance(one, RecordedMessage)]
    place = max(at for at, one in enumerate(flat) if one.role == "tool")
    return replace(run, messages=(*flat[:place], replace(flat[place], **fields), *flat[place + 1 :]))


def test_the_run_agrees_as_it_is(run: RecordedRun, world: World) -> None:
    report = replay_run(run, world, BOX)
    assert report.disagreements == ()
    assert report.db_ours is report.db_recorded is True


def test_one_other_character_in_a_result_is_noticed(run: RecordedRun, world: World) -> None:
    last = run.answers()[-1].content or ""
    report = replay_run(_altered(run, content=last + " "), world, BOX)
    assert _kinds(report) == ["text"]
    assert last[-20:] in report.disagreements[0].explanation()


def test_a_failure_that_was_recorded_as_success_is_noticed_and_the_reverse(run: RecordedRun, world: World) -> None:
    assert _kinds(replay_run(_altered(run, error=True), world, BOX)) == ["succeeds"]
    unknown = RecordedMessage("assistant", tool_calls=(RecordedCall("get_user_details", {"user_id": "nobody"}),))
    longer = replace(run, messages=(*run.messages, unknown, RecordedMessage("tool", "{}", error=False)))
    assert _kinds(replay_run(longer, world, BOX)) == ["fails"]


@pytest.mark.parametrize("match", [True, False])
def test_another_finding_about_the_database_is_noticed(
    runs: tuple[RecordedRun, ...], world: World, match: bool
) -> None:
    one = next(run for run in runs if run.db_match is match)
    assert one.reward_info is not None
    assert one.reward_info.db_check is not None
    claimed = replace(one.reward_info, db_check=replace(one.reward_info.db_check, db_match=not match))
    report = replay_run(replace(one, reward_info=claimed), world, BOX)
    assert _kinds(report) == ["state"]
    assert report.db_ours is match


def test_a_run_whose_database_was_not_checked_is_not_compared(run: RecordedRun, world: World) -> None:
    for info in (None, RewardInfo()):
        report = replay_run(replace(run, reward_info=info), world, BOX)
        assert (report.db_recorded, report.db_ours, report.disagreements) == (None, None, ())


def test_gold_actions_that_fail_are_passed_over(run: RecordedRun, world: World) -> None:
    assert run.reward_info is not None
    checks = run.reward_info.action_checks or ()
    wrong = replace(checks[0], action=RecordedCall("get_user_details", {"user_id": "nobody"}))
    padded = replace(run, reward_info=replace(run.reward_info, action_checks=(wrong, *checks, wrong)))
    assert replay_run(padded, world, BOX).disagreements == ()


def test_a_call_without_a_recorded_result_is_not_run(run: RecordedRun, world: World) -> None:
    call = RecordedCall("modify_user_address", {"user_id": "nobody"})
    longer = replace(run, messages=(*run.messages, RecordedMessage("assistant", tool_calls=(call,))))
    report = replay_run(longer, world, BOX)
    assert report.unanswered == 1
    assert report.calls == report.equal + report.failed_alike + 1
    assert report.disagreements == ()


def test_a_tool_that_the_recording_lacked_is_excused_and_not_run(run: RecordedRun, world: World) -> None:
    call = RecordedCall("list_all_product_types", {})
    missing = RecordedMessage("tool", "Error: Tool 'list_all_product_types' not found.", error=True)
    longer = replace(run, messages=(*run.messages, RecordedMessage("assistant", tool_calls=(call,)), missing))
    report = replay_run(longer, world, BOX)
    assert [excuse.reason[:21] for excuse in report.excuses] == ["the version that reco"]
    assert report.calls == report.equal + report.failed_alike + 1
    assert report.disagreements == ()


def test_a_run_on_a_prepared_world_is_skipped_with_a_reason(run: RecordedRun, world: World) -> None:
    assert run.task is not None
    prepared = replace(run, task=replace(run.task, initial_state={"initialization_actions": [{}]}))
    report = replay((prepared,), world, BOX)
    assert report.totals.skipped == 1
    assert report.totals.db_compared == 0
    assert "before the conversation" in (report.notable()[0].skipped or "")


def test_outcomes_are_compared_as_json_and_net(world: World) -> None:
    user_id = next(iter(world.rows(User)))
    address = dict.fromkeys(("address1", "address2", "city", "state", "country", "zip"), "x")
    state = State(world)
    assert outcome(state) == {}
    BOX.call(state, ToolCall("1", "modify_user_address", {"user_id": user_id, **address}))
    assert list(outcome(state)) == [("User", user_id)]
