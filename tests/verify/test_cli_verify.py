"""`cove verify`: verdicts on files of tasks and trajectories, and the mutation test."""

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from cove_rl.cli.main import app
from cove_rl.episode.files import load_trajectories
from cove_rl.episode.outcome import outcome_of
from cove_rl.episode.trajectory import Trajectory
from cove_rl.synth.tasks import Solved
from cove_rl.tasks.task import Task
from cove_rl.verify import verifier
from cove_rl.world.files import save_world
from cove_rl.world.world import World


@pytest.fixture(autouse=True)
def _files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, solved: list[Solved]) -> None:
    monkeypatch.chdir(tmp_path)
    save("tasks", [one.task for one in solved[:6]])
    save("runs", [one.trajectory for one in solved[:6]])


def save(name: str, records: Sequence[Task | Trajectory]) -> None:
    Path(name).write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in records))


def cove(*words: str) -> Result:
    return CliRunner().invoke(app, ["verify", *words])


def verify(*words: str) -> Result:
    return cove("--tasks", "tasks", "--trajectories", "runs", *words)


def silent(run: Trajectory) -> Trajectory:
    """The run without its calls: an agent that did nothing."""
    return msgspec.structs.replace(run, messages=tuple(one for one in run.messages if not one.calls))


def test_solutions_are_worth_1() -> None:
    summary = json.loads(verify("--json").stdout)
    assert (summary["trajectories"], summary["scored"]) == (6, 6)
    assert (summary["success_rate"], summary["score"], summary["redundant"]) == (1.0, 1.0, 0)
    assert all(share["satisfied"] == share["total"] for share in summary["kinds"].values())


def test_the_summary_has_scores_outcomes_and_kinds(solved: list[Solved]) -> None:
    shown = verify().stdout
    assert "6 of 6 trajectories scored" in shown
    assert "success rate 100.0%" in shown
    for words in ("score", "redundant writes", "failed calls", "user_stop", solved[0].task.constraints[0].kind):
        assert words in shown


def test_a_task_may_have_several_trajectories(solved: list[Solved]) -> None:
    run = solved[0].trajectory
    save("runs", [run, silent(run), run])
    summary = json.loads(verify("--json").stdout)
    assert (summary["trajectories"], summary["score"]) == (3, 2 / 3)


def test_a_failure_that_is_not_the_agents_does_not_score(solved: list[Solved]) -> None:
    run = solved[0].trajectory
    dropped = msgspec.structs.replace(silent(run), outcome=outcome_of("user_failure", "no answer"))
    save("runs", [run, dropped])
    summary = json.loads(verify("--json").stdout)
    assert (summary["trajectories"], summary["scored"], summary["score"]) == (2, 1, 1.0)
    assert summary["outcomes"]["user_failure (user)"] == 1
    save("runs", [dropped])
    assert json.loads(verify("--json").stdout)["score"] is None
    assert "success rate -" in verify().stdout


def test_weight_and_form_are_used(solved: list[Solved]) -> None:
    pairs = [one for one in solved if len(one.task.constraints) == 1 and not one.task.constraints[0].transfer]
    task, run = pairs[0].task, pairs[0].trajectory
    donor = next(one for one in pairs[1:] if one.task.constraints != task.constraints)
    extra = tuple(message for message in donor.trajectory.messages if message.calls)
    save("tasks", [task])
    save("runs", [msgspec.structs.replace(run, messages=(*run.messages, *extra))])
    scores = [
        json.loads(verify("--json", "--redundancy-weight", weight, "--form", form).stdout)["score"]
        for weight, form in (("1", "hyperbolic"), ("3", "hyperbolic"), ("0", "hyperbolic"), ("1", "exponential"))
    ]
    assert scores == pytest.approx([0.5, 0.25, 1.0, 0.36787944])
    assert "redundancy_weight must be" in fault(verify("--redundancy-weight", "inf"))
    assert verify("--redundancy-weight", "nan").exit_code != 0


def test_explain_gives_the_reasons(solved: list[Solved]) -> None:
    one = next(one for one in solved[:6] if not one.task.constraints[0].transfer)
    save("runs", [one.trajectory, silent(one.trajectory)])
    shown = " ".join(verify("--explain", one.task.id).stdout.split())
    for constraint in one.verdict.constraints:
        assert f"+ {constraint.reason}" in shown
    assert "- Not done" in shown
    found = json.loads(verify("--explain", one.task.id, "--json").stdout)
    assert [entry["verdict"]["score"] for entry in found] == [1.0, 0.0]
    unknown = verify("--explain", "retail-0-0")
    assert (unknown.exit_code, unknown.stderr.startswith("error: --explain retail-0-0: no trajectory")) == (1, True)


def test_out_writes_one_verdict_a_line_once(solved: list[Solved]) -> None:
    assert verify("--out", "verdicts").exit_code == 0
    lines = [json.loads(line) for line in Path("verdicts").read_text().splitlines()]
    assert [line["task_id"] for line in lines] == [one.task.id for one in solved[:6]]
    assert {line["verdict"]["score"] for line in lines} == {1.0}
    written = Path("verdicts").read_bytes()
    assert verify("--out", "verdicts").stderr.startswith("error: verdicts exists")
    assert verify("--out", "verdicts", "--force").exit_code == 0
    assert Path("verdicts").read_bytes() == written


def test_out_goes_on_where_an_interrupted_run_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert verify("--out", "whole").exit_code == 0
    runs = Path("runs").read_bytes()
    with monkeypatch.context() as patch:
        done: list[int] = []

        def interrupted(*words: object) -> object:
            done.append(1)
            if len(done) == 4:
                raise KeyboardInterrupt
            return verifier.verify(*words)  # type: ignore[arg-type]

        patch.setattr("cove_rl.evaluation.judged.verify", interrupted)
        assert verify("--out", "parts").exit_code == 130
    assert not Path("parts").exists()
    assert verify("--out", "parts").exit_code == 0
    assert Path("parts").read_bytes() == Path("whole").read_bytes()
    assert Path("runs").read_bytes() == runs


def test_a_world_can_be_given(world: World, monkeypatch: pytest.MonkeyPatch, solved: list[Solved]) -> None:
    loaded = World("retail", world.tables)
    save_world(loaded, Path("world.json"))
    save("tasks", [msgspec.structs.replace(one.task, world=loaded.ref) for one in solved[:2]])
    save("runs", [msgspec.structs.replace(one.trajectory, world=loaded.ref) for one in solved[:2]])
    assert "name its file with --world" in verify().stderr
    assert json.loads(verify("--world", "world.json", "--json").stdout)["score"] == 1.0


def fault(result: Result) -> str:
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    return result.stderr


def test_faults_in_the_input_are_one_line_each(solved: list[Solved]) -> None:
    first, second = solved[0], solved[1]
    assert fault(cove()).startswith("error: cove verify needs --tasks FILE and --trajectories FILE")
    assert "cannot read none" in fault(cove("--tasks", "none", "--trajectories", "runs"))
    assert "cannot read none" in fault(cove("--tasks", "tasks", "--trajectories", "none"))
    assert "cannot read none" in fault(cove("--tasks", "tasks", "--trajectories", "none", "--out", "verdicts"))
    save("tasks", [first.task])
    save("runs", [first.trajectory, second.trajectory])
    assert f"runs, line 2: there is no task '{second.task.id}'" in fault(verify())
    save("tasks", [first.task, second.task, first.task])
    assert f"tasks, line 3: another task before it has the id '{first.task.id}'" in fault(verify())
    save("tasks", [first.task])
    save("runs", [])
    assert "runs holds no trajectory" in fault(verify())
    moved = msgspec.structs.replace(first.task.world, fingerprint="0" * 16)
    save("runs", [msgspec.structs.replace(first.trajectory, world=moved)])
    assert "they belong to different runs" in fault(verify())


@pytest.mark.parametrize("where", ["", "world", "outcome", "messages", "calls"])
def test_fields_that_do_not_exist_are_faults(where: str, solved: list[Solved]) -> None:
    run = msgspec.to_builtins(solved[0].trajectory)
    calling = next(message for message in run["messages"] if message.get("calls"))
    places = {
        "": run,
        "world": run["world"],
        "outcome": run["outcome"],
        "messages": run["messages"][2],
        "calls": calling["calls"][0],
    }
    places[where]["colour"] = "red"
    Path("runs").write_text(json.dumps(run))
    assert "runs line 1: " in fault(verify())
    assert "unknown field `colour`" in fault(verify())


@pytest.mark.parametrize("line", ["", "[]", "{}", "null", "{", '{"task_id": 1}', "\x00"])
def test_lines_that_are_no_trajectory_are_faults(line: str) -> None:
    Path("runs").write_text(line + "\n")
    assert fault(verify()).startswith("error: runs line 1: ")


def test_trajectories_come_back_as_they_were(solved: list[Solved]) -> None:
    save("runs", [one.trajectory for one in solved])
    assert list(load_trajectories(Path("runs"))) == [one.trajectory for one in solved]


def test_mutate_prints_a_row_per_kind() -> None:
    result = cove("mutate", "-n", "300", "--seed", "2")
    assert result.exit_code == 0, result.stderr
    assert "wrong accepts" in result.stdout
    assert "write dropped" in result.stdout
    assert "0 wrong verdicts" in result.stdout


def test_mutate_prints_json_and_fails_if_a_verdict_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("mutate", "-n", "300", "--seed", "2", "--json")
    sound = json.loads(cove(*words).stdout)
    assert (sound["wrong"], sound["examples"]) == (0, [])
    monkeypatch.setattr(verifier, "_looked", lambda evidence, steps: True)
    result = cove(*words)
    found = json.loads(result.stdout)
    assert (result.exit_code, found["mutants"]) == (1, sound["mutants"])
    assert found["wrong"] == sum(kind["wrong_accepts"] + kind["wrong_rejects"] for kind in found["kinds"]) > 0
    assert found["examples"][0]["kind"].startswith("refused")


def test_mutate_refuses_an_unknown_domain() -> None:
    assert "no domain is named 'bakery'" in fault(cove("mutate", "--domain", "bakery"))
