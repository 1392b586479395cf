"""Two runs are compared task by task, and only if they differ in nothing but the agent."""

from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from cove_rl.errors import InputError
from cove_rl.evaluation.evaluate import evaluate
from cove_rl.evaluation.identity import differences, sampling_of
from cove_rl.evaluation.summary import Summary, summarise_folder
from cove_rl.evaluation.trials import RUN, TRIALS, Run
from cove_rl.evaluation.versus import compare_folders, compare_runs

from .runs import IDLE, evaluation, flawed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of three agents: the oracle, one that fails now and then, one that does nothing."""
    path = tmp_path_factory.mktemp("runs")
    evaluate(evaluation(trials=2), path / "oracle")
    evaluate(replace(flawed(0.5, trials=4)[0], run=evaluation(trials=4).run), path / "flawed")
    evaluate(evaluation(IDLE, trials=1), path / "idle")
    return path


def test_the_difference_is_that_of_the_rates_paired_by_task(folder: Path) -> None:
    found = compare_folders(folder / "flawed", folder / "oracle")
    rates = {line.task_id: line.successes / line.trials for line in summarise_folder(folder / "flawed").tasks}
    assert found.success.value == pytest.approx(1 - fmean(rates.values()))
    assert (found.success.first, found.success.second) == pytest.approx((fmean(rates.values()), 1.0))
    assert (found.better, found.worse) == (sum(rate < 1 for rate in rates.values()), 0)
    assert {one.task_id: one.first for one in found.tasks} == {name: rate for name, rate in rates.items() if rate < 1}
    assert found.success.clear
    assert found.success.interval.low > 0


def test_the_other_way_round_it_is_the_opposite(folder: Path) -> None:
    one, other = (
        compare_folders(folder / "flawed", folder / "idle"),
        compare_folders(folder / "idle", folder / "flawed"),
    )
    assert one.success.value == pytest.approx(-other.success.value)
    assert one.success.interval.low == pytest.approx(-other.success.interval.high)
    assert (one.better, one.worse) == (other.worse, other.better)


def test_kinds_are_compared_over_the_tasks_that_have_them(folder: Path) -> None:
    found = compare_folders(folder / "idle", folder / "oracle")
    lines = summarise_folder(folder / "oracle").tasks
    assert set(found.kinds) == {kind for line in lines for kind in line.kinds}
    for kind, difference in found.kinds.items():
        assert difference.tasks == sum(kind in line.kinds for line in lines)
        assert difference.second == 1.0
    assert {one.first for one in found.kinds.values()} == {0.0}


def test_a_run_with_itself_differs_in_nothing_and_that_is_not_certain(folder: Path) -> None:
    found = compare_folders(folder / "oracle", folder / "oracle")
    assert (found.success.value, found.tasks, found.success.clear) == (0.0, (), False)
    assert found.success.interval.low < 0.0 < found.success.interval.high


# What must be equal.


def _changed(run: Run, path: str, value: Any) -> Run:
    """Return a run with one value changed, by its dotted name."""
    plain = msgspec.to_builtins(run)
    *parts, last = path.split("/")
    place = plain
    for part in parts:
        place = place[part]
    place[last] = value
    return msgspec.convert(plain, Run)


SERVED: dict[str, Any] = {
    "kind": "openai",
    "endpoint": {"url": "http://a/v1", "model": "m", "temperature": 0.7, "max_tokens": 512, "deadline": 10.0},
}


@pytest.fixture
def served(folder: Path) -> Run:
    run = summarise_folder(folder / "oracle").run
    return replace(run, agent=SERVED, user=SERVED, sampling=sampling_of(SERVED))


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("suite/name", "airline", "suite 'small' and 'airline'"),
        ("suite/version", "2", "suite version"),
        ("suite/split", "val", "split"),
        ("suite/fingerprint", "0", "fingerprint"),
        ("user/endpoint/temperature", 0.0, "user endpoint temperature 0.7 and 0.0"),
        ("user/endpoint/model", "n", "user endpoint model"),
        ("prompts/retail policy", "0", "prompts retail policy"),
        ("limits/user_turns", 3, "limits user_turns"),
        ("sampling/endpoint/temperature", 0.0, "sampling endpoint temperature"),
    ],
)
def test_what_must_be_equal_is_named(folder: Path, served: Run, path: str, value: Any, named: str) -> None:
    other = _changed(served, path, value)
    assert [named in found for found in differences(served, other)] == [True]
    summary = summarise_folder(folder / "oracle")
    with pytest.raises(InputError, match="cannot be compared"):
        compare_runs(_of(summary, served), _of(summary, other))


def _of(summary: Summary, run: Run) -> Summary:
    return replace(summary, run=run)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("agent/endpoint/model", "n"),
        ("user/endpoint/url", "http://b/v1"),
        ("user/endpoint/deadline", 20.0),
        ("trials", 7),
        ("retries", 7),
        ("version", "7"),
    ],
)
def test_what_may_differ(served: Run, path: str, value: Any) -> None:
    other = _changed(served, path, value)
    assert differences(served, other) == []
    assert (differences(served, other, whole=True) == []) is path.startswith("user")


def test_a_program_can_be_compared_with_a_model(served: Run) -> None:
    assert differences(served, replace(served, agent={"kind": "oracle"}, sampling={})) == []


def test_settings_of_every_endpoint_are_sampling() -> None:
    several = {"kind": "ensemble", "members": {"a": {"agent": SERVED}, "b": {"agent": {"kind": "oracle"}}}}
    assert sampling_of(several) == {"members.a.agent.endpoint": {"temperature": 0.7, "max_tokens": 512}}
    assert sampling_of({"kind": "oracle"}) == {}


def test_a_run_that_has_not_finished_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / RUN).write_bytes((folder / "oracle" / RUN).read_bytes())
    lines = (folder / "oracle" / TRIALS).read_bytes().splitlines(keepends=True)
    (tmp_path / f"{TRIALS}.partial").write_bytes(b"".join(lines[:-1]))
    with pytest.raises(
        InputError, match=r"the second run cannot be compared: the run has not finished: trials of .* \(1 of 2\)"
    ):
        compare_folders(folder / "oracle", tmp_path)
    (tmp_path / f"{TRIALS}.partial").write_bytes(lines[0])
    with pytest.raises(InputError, match="not finished: 5 tasks; trials of"):
        compare_folders(folder / "oracle", tmp_path)
