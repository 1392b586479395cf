"""Every recorded airline run of the benchmark agrees with our tools, and a defect of ours would not go unnoticed."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cove_rl.domains.airline.tools import TOOLS, booking, changes, find, lookups, money, refunds, search
from cove_rl.evaluation.recorded import RecordedRun, read_runs
from cove_rl.evaluation.report import RunReport
from cove_rl.evaluation.tau2 import replay, replay_folder
from cove_rl.world.domain import get_domain
from cove_rl.world.files import load_tables
from cove_rl.world.tool import Toolbox
from cove_rl.world.world import Behaviour, Tables, World

BOX = Toolbox(TOOLS)
DOMAIN = get_domain("airline")


@cache
def _tables(path: Path) -> Tables:
    return load_tables(DOMAIN, path / "domains" / "airline" / "db.json")


@cache
def _world(path: Path, behaviour: Behaviour) -> World:
    return World("airline", _tables(path), behaviour=behaviour)


@cache
def _runs(path: Path) -> tuple[RecordedRun, ...]:
    return tuple(read_runs(path / "trajectories" / "airline.jsonl", "airline"))


@pytest.fixture
def world(tau2: Path) -> World:
    return _world(tau2, "benchmark")


@pytest.fixture
def runs(tau2: Path) -> tuple[RecordedRun, ...]:
    return _runs(tau2)


def _kinds(reports: Sequence[RunReport]) -> set[str]:
    return {one.kind for report in reports for one in report.disagreements}


def test_every_result_every_failure_and_every_final_database_agrees(
    runs: tuple[RecordedRun, ...], world: World
) -> None:
    report = replay(runs, world, BOX)
    totals = report.totals
    assert report.notable() == ()
    assert totals.runs == len(runs) >= 315
    assert totals.calls == totals.equal + totals.failed_alike >= 2867
    assert totals.failed_alike >= 35
    assert totals.db_compared == totals.db_agreed == sum(run.db_match is not None for run in runs) >= 309
    assert {run.db_ours for run in report.runs} == {True, False, None}


def test_a_folder_is_replayed_in_one_step(tau2: Path) -> None:
    assert replay_folder(tau2, DOMAIN) == replay(_runs(tau2), _world(tau2, "benchmark"), BOX)


def test_runs_do_not_depend_on_what_was_replayed_before(runs: tuple[RecordedRun, ...], world: World) -> None:
    forwards, backwards = replay(runs, world, BOX), replay(runs[::-1], world, BOX)
    assert forwards.runs == backwards.runs[::-1]


def test_every_tool_was_recorded(runs: tuple[RecordedRun, ...]) -> None:
    """Otherwise the agreement above would say nothing about some."""
    called = {answer.call.name for run in runs for answer in run.answers() if not answer.failed}
    assert called == {tool.name for tool in TOOLS}


# Seeded defects: each must be reported.


def test_our_own_behaviour_is_not_the_benchmarks(tau2: Path, runs: tuple[RecordedRun, ...]) -> None:
    assert replay(runs, _world(tau2, "ours"), BOX).totals.disagreements > 30


OURS: Any = SimpleNamespace(world=SimpleNamespace(behaviour="ours"))
"""Enough of a state for a quirk to see that it is not to repeat the benchmark."""


@pytest.mark.parametrize(
    ("module", "quirk", "kind"),
    [
        (booking, "fixed_booking_id", "text"),
        (refunds, "fixed_certificate_id", "text"),
        (refunds, "refunds", "text"),
        (refunds, "gives_back", "text"),
        (refunds, "check_open", "fails"),
    ],
)
def test_a_quirk_that_is_switched_off_is_noticed(
    monkeypatch: pytest.MonkeyPatch, runs: tuple[RecordedRun, ...], world: World, module: Any, quirk: str, kind: str
) -> None:
    function: Callable[..., object] = getattr(module, quirk)
    monkeypatch.setattr(module, quirk, lambda _, *arguments: function(OURS, *arguments))
    assert kind in _kinds(replay(runs, world, BOX).runs)


DEFECTS: dict[str, tuple[Any, str, Any]] = {
    "gift cards are not charged": (money, "charge", lambda *_: None),
    "balances do not matter": (money, "_check_balance", lambda *_: None),
    "certificates pay for changes": (money, "Certificate", type(None)),
    "insurance is free": (booking, "fare", lambda prices, passengers, *_: sum(prices) * passengers),
    "further bags are free": (changes, "BAG_FEE", 0),
    "everything happens at midnight": (booking, "NOW", "2024-05-15T00:00:00"),
    "no airport is listed": (lookups, "airports", lambda: ()),
    "every flight is available": (lookups, "status_text", lambda date: "available"),
    "no flight goes anywhere": (search, "flights_by_route", lambda world: {}),
    "an unknown id breaks the tool": (find, "ToolError", ZeroDivisionError),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_seeded_defect_is_noticed(
    monkeypatch: pytest.MonkeyPatch, tau2: Path, runs: tuple[RecordedRun, ...], defect: str
) -> None:
    module, name, wrong = DEFECTS[defect]
    monkeypatch.setattr(module, name, wrong)
    fresh = World("airline", _tables(tau2), behaviour="benchmark")
    assert replay(runs, fresh, BOX).totals.disagreements > 0
