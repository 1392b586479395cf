"""Stages of a long job, and what the demo makes of verl's metrics."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cove_rl.cli import demo, program
from cove_rl.cli.program import Step, newest_step, read_steps
from cove_rl.cli.stages import Stages
from cove_rl.errors import CoveError, InputError

OPTIONS = {"steps": 3}
TRAINING = """
import json, os
with open(os.environ["VERL_FILE_LOGGER_PATH"], "w") as file:
    for step in range(1, 4):
        file.write(json.dumps({"step": step, "data": {"loss": 1 / step}}) + "\\n")
print("trained on", os.environ["VERL_PLATFORM"])
"""


def test_a_stage_is_done_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []

    def work() -> str:
        done.append("it")
        return "3 things made"

    for _ in range(2):
        Stages(tmp_path / "job", OPTIONS).run("first", "1/1 Making", work)
    assert done == ["it"]
    assert capsys.readouterr().err.count("3 things made") == 2


def test_a_stage_that_fails_is_done_again(tmp_path: Path) -> None:
    job = Stages(tmp_path, OPTIONS)
    with pytest.raises(ZeroDivisionError):
        job.run("first", "1/1 Making", lambda: str(1 / 0))
    job.run("first", "1/1 Making", lambda: "made")
    assert (tmp_path / "first.done").read_text() == "made"


def test_a_folder_begun_with_other_options_is_refused(tmp_path: Path) -> None:
    Stages(tmp_path, OPTIONS)
    with pytest.raises(InputError, match="begun with other options"):
        Stages(tmp_path, {"steps": 4})


def test_a_program_leaves_metrics_and_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "PAUSE", 0.0)
    steps = Stages(tmp_path, OPTIONS).program("train", [sys.executable, "-c", TRAINING], 3)
    assert steps == [Step(1, {"loss": 1.0}), Step(2, {"loss": 0.5}), Step(3, {"loss": 1 / 3})]
    assert (tmp_path / "train.log").read_text() == "trained on cpu\n"


def test_a_program_that_fails_names_its_log(tmp_path: Path) -> None:
    with pytest.raises(CoveError, match=r"train ended with status 3; see the end of .*train\.log"):
        Stages(tmp_path, OPTIONS).program("train", [sys.executable, "-c", "raise SystemExit(3)"], 3)


def test_a_program_that_fails_repeats_its_last_error(tmp_path: Path) -> None:
    script = "print('ValueError: before'); print('pkg.RuntimeError: no room'); print('ChildError: '); exit(1)"
    with pytest.raises(CoveError, match=r"train ended with status 1 \(pkg.RuntimeError: no room\); see the end of"):
        Stages(tmp_path, OPTIONS).program("train", [sys.executable, "-c", script], 3)


def test_the_newest_checkpoint_is_the_one_the_trainer_finished_last(tmp_path: Path) -> None:
    assert newest_step(tmp_path) == 0
    (tmp_path / "latest_checkpointed_iteration.txt").write_text("25")
    assert newest_step(tmp_path) == 25


def test_an_interrupted_program_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int | None] = []

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    real = program._end
    monkeypatch.setattr(program, "read_steps", interrupt)

    def end(process: Any) -> None:
        real(process)
        ended.append(process.poll())

    monkeypatch.setattr(program, "_end", end)
    with pytest.raises(KeyboardInterrupt):
        Stages(tmp_path, OPTIONS).program("train", [sys.executable, "-c", "import time; time.sleep(600)"], 3)
    assert len(ended) == 1
    assert ended[0] is not None
    assert not (tmp_path / "train.done").exists()


def test_a_torn_last_line_is_left_for_later(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    assert list(read_steps(file)) == []
    file.write_text('{"step": 1, "data": {}}\n{"step": 2, "da')
    assert [step.step for step in read_steps(file)] == [1]


def test_what_the_demo_reads_in_a_test() -> None:
    data = {
        "val-core/cove_retail/reward/mean@1": 0.5,
        "val-aux/cove_retail/satisfied/cancel_order/mean@1": 0.1,
        "val-aux/cove_retail/has/cancel_order/mean@1": 0.4,
        "val-aux/num_turns/mean": 7.0,
        "training/global_step": 2,
    }
    made = [Step(1, {"training/global_step": 1}), Step(2, data)]
    found = demo._tested(made, 2)
    assert found == {"reward": 0.5, "satisfied/cancel_order": 0.1, "has/cancel_order": 0.4}
    assert demo._share(found, "satisfied/cancel_order") == pytest.approx(0.25)
    assert demo._share({"satisfied/a": 0.0, "has/a": 0.0}, "satisfied/a") is None
    assert demo._tested(made, 1) == {}


def test_the_newest_checkpoint_is_taken(tmp_path: Path) -> None:
    with pytest.raises(CoveError, match="holds no model"):
        demo._checkpoint(tmp_path, "actor/huggingface")
    for step in (2, 10, 9):
        (tmp_path / f"global_step_{step}" / "actor" / "huggingface").mkdir(parents=True)
    (tmp_path / "global_step_11" / "actor").mkdir(parents=True)
    assert demo._checkpoint(tmp_path, "actor/huggingface").parts[-3] == "global_step_10"


def test_the_report_compares_before_and_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("score", "success", "has/hand_over", "satisfied/hand_over")
    rows = [
        {"step": step, "data": {f"val-aux/cove_retail/{name}/mean@1": value for name in names}}
        for step, value in ((0, 0.25), (3, 0.75))
    ]
    (tmp_path / "grpo.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.setattr(demo, "_show", lambda path: None)
    demo._report(tmp_path, 3)
    printed = capsys.readouterr().out
    assert [line.split() for line in printed.splitlines() if "score" in line] == [["score", "0.250", "0.750"]]
    assert "satisfied/hand_over" in printed
