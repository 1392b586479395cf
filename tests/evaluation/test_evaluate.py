"""An evaluation counts what happened, keeps every trial once, goes on after any interruption, and invents no zeros."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from math import comb
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from cove_rl.agents.kinds import agent_from_text
from cove_rl.agents.settings import ClumsySettings
from cove_rl.episode.outcome import outcome_of
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.errors import InputError
from cove_rl.evaluation.evaluate import Evaluation, evaluate
from cove_rl.evaluation.journal import Journal
from cove_rl.evaluation.player import OwnPlayer, Player, trial_seed
from cove_rl.evaluation.suite import Case
from cove_rl.evaluation.summary import summarise_folder
from cove_rl.evaluation.trials import REPORT, RUN, TRIALS, Trial, load_run, load_trials, trials_file
from cove_rl.tasks.task import Task
from cove_rl.users.kinds import user_from_text

from .runs import IDLE, evaluation, flawed, suite


def test_the_oracle_solves_every_trial(tmp_path: Path) -> None:
    found = evaluate(evaluation(trials=3), tmp_path / "run")
    assert [one.value for one in found.pass_k] == [1.0, 1.0, 1.0]
    assert (found.planned, found.finished, found.scored, found.excluded, found.unfinished) == (18, 18, 18, {}, 0)
    assert found.score == 1.0
    assert all(share.held == share.total for share in found.kinds.values())
    assert sum(share.total for share in found.constraints.values()) == 18
    assert sum(share.total for share in found.turns.values()) == 18
    assert sum(found.outcomes.values()) == 18
    assert sum(len(line.kinds) for line in found.tasks) * 3 == sum(share.total for share in found.kinds.values())


def test_an_agent_that_does_nothing_solves_none(tmp_path: Path) -> None:
    found = evaluate(evaluation(IDLE), tmp_path)
    assert [one.value for one in found.pass_k] == [0.0, 0.0]
    assert found.pass_k[0].interval is not None
    assert found.pass_k[0].interval.low == 0.0 < found.pass_k[0].interval.high


def test_a_flawed_agents_successes_are_counted_exactly(tmp_path: Path) -> None:
    planned, agent = flawed(0.6, tasks=8, trials=4)
    found = evaluate(planned, tmp_path, together=3)
    wins = {case.task_id: sum(agent.succeeds(case.task_id, trial) for trial in range(4)) for case in suite(8).cases}
    assert 0 < sum(wins.values()) < 32
    for one in found.pass_k:
        expected = sum(comb(count, one.k) / comb(4, one.k) for count in wins.values()) / 8
        assert one.value == pytest.approx(expected)
    assert {line.task_id: line.successes for line in found.tasks} == wins
    assert [line.successes for line in found.tasks] == sorted(wins.values())
    assert found.pass_k[0].interval is not None
    assert found.pass_k[0].interval.covers(sum(wins.values()) / 32)


def test_trials_differ_in_wording_and_are_the_tasks_own_first(tmp_path: Path) -> None:
    evaluate(evaluation(tasks=2, trials=3), tmp_path)
    trials = list(load_trials(tmp_path))
    assert [(one.task_id, one.trial) for one in trials] == [
        (case.task_id, number) for case in suite(2).cases for number in range(3)
    ]
    texts = {
        tuple(message.content for message in one.trajectory.messages if message.role == "user")
        for one in trials
        if one.trajectory is not None
    }
    assert len(texts) == 6
    seeds = [one.task.seed for one in trials if one.task is not None]
    assert seeds == [trial_seed(seeds[place // 3 * 3], place % 3, 0, 0) for place in range(6)]
    assert trial_seed("s", 0, 0, 0) == "s"
    assert len({trial_seed("s", trial, again, run) for trial in (0, 1) for again in (0, 1) for run in (0, 1)}) == 8


def test_files_do_not_depend_on_how_many_play(tmp_path: Path) -> None:
    planned = evaluation(ClumsySettings(claims_done=0.4), tasks=4)
    evaluate(planned, tmp_path / "one")
    evaluate(planned, tmp_path / "many", together=5)
    evaluate(planned, tmp_path / "spread", workers=2)
    for name in (RUN, TRIALS, REPORT):
        contents = {(tmp_path / folder / name).read_bytes() for folder in ("one", "many", "spread")}
        assert len(contents) == 1, name
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == sorted((RUN, TRIALS, REPORT))


# Interruptions.


class Failing(msgspec.Struct):
    """A player that breaks down at some trial."""

    player: Player
    left: int
    played: list[tuple[str, int]] = []

    async def play(self, case: Case, trial: int) -> Trial:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        self.played.append((case.task_id, trial))
        return await self.player.play(case, trial)


def test_a_run_goes_on_where_it_was_and_plays_nothing_twice(tmp_path: Path) -> None:
    whole = evaluation(ClumsySettings(claims_done=0.4))
    evaluate(whole, tmp_path / "undisturbed")
    played: list[tuple[str, int]] = []
    for left in (3, 4, 100):
        failing = Failing(whole.player, left, [])
        planned = replace(whole, player=failing)
        if left < 100:
            with pytest.raises(KeyboardInterrupt):
                evaluate(planned, tmp_path / "run", together=2)
            assert not (tmp_path / "run" / TRIALS).exists()
            partial = summarise_folder(tmp_path / "run")
            assert partial.pass_k[0].value is None
            assert "has not finished" in partial.pass_k[0].missing
            with trials_file(tmp_path / "run").open("ab") as stream:
                stream.write(b'{"task_id": "torn')
        else:
            evaluate(planned, tmp_path / "run", together=2)
        played += failing.played
    again = Counter(played)
    assert len(again) == 12
    # what was under way, two at a time, when the run was interrupted is played once more
    assert sum(again.values()) <= 12 + 2 * 2
    for name in (RUN, TRIALS, REPORT):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()


def test_a_finished_run_is_not_played_again(tmp_path: Path) -> None:
    planned = evaluation(tasks=2)
    first = evaluate(planned, tmp_path)
    failing = replace(planned, player=Failing(planned.player, 0))
    assert evaluate(failing, tmp_path) == first
    with pytest.raises(KeyboardInterrupt):
        evaluate(failing, tmp_path, overwrite=True)


def test_another_run_in_the_folder_is_refused_by_name(tmp_path: Path) -> None:
    evaluate(evaluation(tasks=2), tmp_path)
    others = {
        "trials 2 and 3": evaluation(tasks=2, trials=3),
        "agent kind 'oracle' and 'clumsy'": evaluation(IDLE, tasks=2),
        "user kind 'scripted' and 'hybrid'": evaluation(user=user_from_text("hybrid"), tasks=2),
        "tasks '2 with": evaluation(tasks=3),
        "seed 0 and 1": evaluation(tasks=2, seed=1),
    }
    for words, other in others.items():
        with pytest.raises(InputError, match=words):
            evaluate(other, tmp_path)
    evaluate(evaluation(tasks=2, trials=1), tmp_path, overwrite=True)
    assert load_run(tmp_path).trials == 1


def test_force_drops_what_another_run_has_left(tmp_path: Path) -> None:
    other = evaluation(IDLE, tasks=3)
    with pytest.raises(KeyboardInterrupt):
        evaluate(replace(other, player=Failing(other.player, 2, [])), tmp_path)
    assert len(trials_file(tmp_path).read_bytes().splitlines()) == 2
    with pytest.raises(InputError, match="holds another run"):
        evaluate(evaluation(tasks=3), tmp_path)
    assert evaluate(evaluation(tasks=3), tmp_path, overwrite=True).score == 1.0


@pytest.mark.parametrize("option", [{}, {"overwrite": True}, {"again": True}])
def test_nobody_else_may_write(tmp_path: Path, option: dict[str, bool]) -> None:
    planned = evaluation(tasks=2)

    class Intruding(msgspec.Struct):
        async def play(self, case: Case, trial: int) -> Trial:
            with pytest.raises(InputError, match="another process is writing"):
                Journal(tmp_path, planned.run, **option)
            return await planned.player.play(case, trial)

    assert evaluate(replace(planned, player=Intruding()), tmp_path).score == 1.0


COMMAND = [sys.executable, "-c", "from cove_rl.cli.main import app; app()"]
KILLED = ["eval", "--agent", "clumsy claims_done=0.4", "--suite", "retail", "--tasks", "4", "-k", "8"]


@pytest.mark.parametrize(("sign", "workers"), [(signal.SIGKILL, 1), (signal.SIGINT, 2)])
def test_a_process_that_is_killed_leaves_what_was_played(tmp_path: Path, sign: signal.Signals, workers: int) -> None:
    folder = tmp_path / "run"
    command = [*COMMAND, *KILLED, "--out", str(folder), "-j", str(workers)]
    partial = folder / f"{TRIALS}.partial"
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        try:
            while process.poll() is None and not (partial.exists() and partial.stat().st_size):
                time.sleep(0.02)
            os.killpg(process.pid, sign) if sign == signal.SIGINT else process.kill()
            _, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    if sign == signal.SIGINT and partial.exists():
        assert process.returncode == 130, errors
        assert b"run the same command again" in errors
    kept = len(partial.read_bytes().splitlines()) if partial.exists() else 32
    assert kept > 0
    done = subprocess.run([*COMMAND, *KILLED, "--out", str(folder)], capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    found = [(one.task_id, one.trial) for one in load_trials(folder)]
    assert len(found) == len(set(found)) == 32


# Failures that are not the agent's.


class Moody(OwnPlayer, frozen=True):
    """Plays with a customer that breaks down in all attempts at a trial, or in the first ones."""

    broken: int = 1
    tasks: int = 2

    async def _talk(self, task: Task) -> Trajectory:
        spoken = await OwnPlayer._talk(self, task)
        again = task.seed.count("again")
        number = int(task.seed.rpartition("again")[2]) if again else 0
        return _broken(spoken) if _place(task.id) < self.tasks and number < self.broken else spoken


def _place(task_id: str) -> int:
    return [case.task_id for case in suite(4).cases].index(task_id)


def _broken(spoken: Trajectory) -> Trajectory:
    return replace(spoken, messages=spoken.messages[:2], outcome=outcome_of("user_failure", "EndpointError: late"))


def _moody(broken: int) -> Evaluation:
    whole = evaluation(tasks=4, trials=2, retries=1)
    assert isinstance(whole.player, OwnPlayer)
    return replace(whole, player=Moody(**msgspec.structs.asdict(whole.player), broken=broken))


def test_a_failure_of_others_is_tried_again(tmp_path: Path) -> None:
    found = evaluate(_moody(1), tmp_path)
    assert (found.scored, found.excluded) == (8, {})
    assert [one.value for one in found.pass_k] == [1.0, 1.0]
    assert sorted(one.attempts for one in load_trials(tmp_path)) == [1, 1, 1, 1, 2, 2, 2, 2]


def test_what_still_fails_is_excluded_and_counted_and_no_zero(tmp_path: Path) -> None:
    found = evaluate(_moody(2), tmp_path)
    assert (found.planned, found.finished, found.scored) == (8, 8, 4)
    assert found.excluded == {"user_failure, the user's failure": 4}
    assert found.score == 1.0
    for one in found.pass_k:
        assert one.value is None
        assert all(case.task_id in one.missing for case in suite(4).cases[:2])
    assert found.tasks[-1].trials == 0
    excluded = [one for one in load_trials(tmp_path) if one.excluded]
    assert {(one.success, one.score) for one in excluded} == {(None, None)}
    assert all("late" in one.excluded for one in excluded)


def test_an_agent_that_cannot_be_reached_has_not_failed(tmp_path: Path) -> None:
    nobody = agent_from_text("openai endpoint.url=http://127.0.0.1:9/v1 endpoint.model=m endpoint.retries=0")
    found = evaluate(evaluation(nobody, tasks=2, trials=1), tmp_path, together=2)
    assert (found.scored, found.score) == (0, None)
    assert found.excluded == {"agent_failure, the infrastructure's failure": 2}
    assert found.outcomes == {"agent_failure (infrastructure)": 2}
    assert {one.attempts for one in load_trials(tmp_path)} == {2}


def test_what_was_excluded_can_be_played_again(tmp_path: Path) -> None:
    planned = _moody(2)
    evaluate(planned, tmp_path)
    healed = evaluate(replace(planned, player=evaluation(tasks=4).player), tmp_path, again=True)
    assert (healed.scored, healed.excluded) == (8, {})
    assert healed.pass_k[1].value == 1.0


# The files.


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    evaluate(evaluation(IDLE, tasks=2), tmp_path)
    lines = (tmp_path / TRIALS).read_bytes().splitlines()
    trials = list(load_trials(tmp_path / TRIALS))
    assert [msgspec.json.encode(one) for one in trials] == lines
    assert all(one.task and one.facts and one.verdict and one.trajectory for one in trials)
    assert isinstance(trials[0].trajectory and trials[0].trajectory.messages[0], Message)


@pytest.mark.parametrize(
    ("line", "fault"),
    [('{"task_id": "a"}', "trial"), ('{"task_id": "a", "trial": 0, "success": null, "score": null, "x": 1}', "x")],
)
def test_a_line_that_is_no_trial_is_named(tmp_path: Path, line: str, fault: str) -> None:
    (tmp_path / TRIALS).write_text(line + "\n")
    with pytest.raises(InputError, match=f"line 1: .*{fault}"):
        list(load_trials(tmp_path))


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is it a folder of cove eval"):
        load_run(tmp_path)
    (tmp_path / RUN).write_text("{}")
    with pytest.raises(InputError, match="missing required field"):
        load_run(tmp_path)
