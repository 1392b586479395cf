"""The report of an evaluation: its figures, the worst tasks, and their conversations behind it."""

import re
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, expect
from typer.testing import CliRunner

from cove_rl.cli.main import app
from cove_rl.errors import InputError
from cove_rl.evaluation.summary import summarise_folder
from cove_rl.evaluation.trials import Run, SuiteRef, Trial
from cove_rl.synth.example import Example
from cove_rl.verify.verifier import verify
from cove_rl.viewer.report import histogram, worst_tasks, write_report

from .conftest import opened
from .samples import examples, world, write

SOLVED = examples()[:3]
FAILED = examples()[3:6]
TRIALS = 2


def trial(one: Example, number: int) -> Trial:
    """Return an example as a trial."""
    verdict = verify(one.task, world(one.task.domain), one.trajectory.calls())
    return Trial(
        one.task.id,
        number,
        one.facts.success,
        one.facts.score,
        task=one.task,
        trajectory=one.trajectory,
        facts=one.facts,
        verdict=verdict,
    )


def evaluated(folder: Path, members: tuple[Example, ...], trials: int = TRIALS, planned: int | None = None) -> Path:
    """Write an evaluation's folder, in which every trial of a task went alike; the solved tasks come first."""
    folder.mkdir()
    suite = SuiteRef("retail", "1", "test", planned or len(members), "0123")
    agent = {"kind": "openai", "endpoint": {"model": "<b>model</b>"}}
    run = Run(suite, agent, {"kind": "scripted"}, {"temperature": 0.0}, {"policy": "ab"}, trials, {}, 2, 0, "0.1")
    (folder / "run.json").write_bytes(msgspec.json.encode(run))
    write(folder / "trials.jsonl", [trial(one, number) for number in range(trials) for one in members])
    return folder


def test_the_report_opens_with_figures_and_leads_to_the_worst_conversations(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(evaluated(tmp_path / "run", (*SOLVED, *FAILED)), path)
    for one in opened(chromium, path.as_uri(), path.as_uri(), 1280, 1000, shown="#report .chart"):
        page = one.page
        expect(page.locator("#list")).to_be_hidden()
        estimates = page.locator("#report table").first.locator("td").all_text_contents()[::2]
        assert estimates == ["0.500", "0.500"]
        rows = page.locator("#report table").nth(1).locator("tr").all_text_contents()[1:]
        assert len(rows) == len(FAILED)
        assert {row.split("0 of 2")[0] for row in rows} == {one.task.id for one in FAILED}
        assert page.locator("#status").text_content() == f"{TRIALS * len(FAILED)} conversations"
        page.locator("#report a").nth(1).click()
        page.wait_for_selector("#reading[data-shown='1']")
        assert page.locator("#reading h2").text_content() == f"{rows[0].split('0 of 2')[0]}, trial 1"
        assert page.locator(".checks li.bad").count() >= 1
        page.keyboard.press("r")
        expect(page.locator("#report")).to_be_visible()
        page.keyboard.press("j")
        expect(page.locator("#report")).to_be_visible()


def test_the_charts_show_what_the_summary_says(tmp_path: Path) -> None:
    folder = evaluated(tmp_path / "run", (*SOLVED, *FAILED))
    write_report(folder, tmp_path / "report.html")
    made, summary = (tmp_path / "report.html").read_text(), summarise_folder(folder)
    for kind, share in summary.kinds.items():
        assert f">{kind}</text>" in made
        assert f">{share.rate:.0%} of {share.total}</text>" in made
    assert f"Mean score {summary.score:.3f}" in made
    assert "&lt;b&gt;model" in made
    assert "<b>model" not in made
    assert made.count('class="band"') == 1


def test_a_run_without_failures_shows_what_success_is(tmp_path: Path) -> None:
    folder = evaluated(tmp_path / "run", SOLVED)
    assert [one.task_id for one in worst_tasks(summarise_folder(folder).tasks)] == [one.task.id for one in SOLVED]


def test_a_run_that_has_not_finished_has_no_estimate_and_says_why(tmp_path: Path) -> None:
    write_report(evaluated(tmp_path / "run", SOLVED, planned=5), tmp_path / "report.html")
    made = (tmp_path / "report.html").read_text()
    assert "the run has not finished: 2 tasks are still to be played" in made
    assert "10 trials planned, 6 finished" in made
    assert "pass^k with" not in made


@pytest.mark.parametrize(
    ("score", "name"), [(0.0, "0.0 to 0.1"), (0.1, "0.1 to 0.2"), (0.999, "0.9 to 1.0"), (1.0, "1")]
)
def test_only_a_score_of_1_is_counted_as_1(score: float, name: str) -> None:
    assert {one: count for one, count in histogram([score]).items() if count} == {name: 1}


def test_the_command_writes_it(tmp_path: Path) -> None:
    folder = evaluated(tmp_path / "run", FAILED)
    done = CliRunner().invoke(app, ["eval", "report", str(folder), "--html", str(tmp_path / "report.html")])
    assert done.exit_code == 0, done.output
    assert re.search(r"pass\^1 +0\.000", done.output)
    assert (tmp_path / "report.html").exists()


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is it a folder of cove eval"):
        write_report(tmp_path, tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []
