"""Measure how often the intervals of `cove eval` cover the true pass^k of a flawed agent whose rate is known exactly.

Run it with ``python benchmarks/eval.py``; ``--json`` prints figures for a machine to read. Two agents play every trial
of a suite: the oracle, and one that says that everything is done and does nothing. The first must succeed in all of
them and the second in none. A flawed agent is then either of the two in every trial, by a coin with a known rate; which
trials it wins in a repeat is known without playing them again, so pass^k and its interval come from real trials.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

import msgspec
from msgspec.structs import replace

from cove_rl.agents.clumsy import CLAIM
from cove_rl.agents.settings import OracleSettings
from cove_rl.episode.episode import run_episode
from cove_rl.episode.trajectory import Message
from cove_rl.evaluation.evaluate import Effort, Evaluation, evaluate, own_evaluation
from cove_rl.evaluation.passk import Outcomes, estimates
from cove_rl.evaluation.player import scored, trial_seed
from cove_rl.evaluation.suite import Case, own_suite
from cove_rl.evaluation.trials import Trial, load_trials
from cove_rl.synth.tasks import worlds_of
from cove_rl.tasks.task import decode_task
from cove_rl.users.scripted import ScriptedUser
from cove_rl.users.settings import ScriptedSettings

Won = dict[tuple[str, int], bool]
"""Task and trial -> whether an agent won it."""


class Figures(msgspec.Struct):
    """What was measured.

    Attributes:
        tasks: of the suite.
        trials: of each task.
        oracle: trials the oracle won.
        idle: trials that who does nothing won.
        seconds: wall-clock time of playing both.
        rate: the true rate of the flawed agent.
        repeats: how many times its pass^k was taken.
        covered: pass^1, pass^2, ... -> repeats whose interval covers the true value.
    """

    tasks: int
    trials: int
    oracle: int
    idle: int
    seconds: float
    rate: float
    repeats: int
    covered: list[int]


class Idle:
    """An agent that says that everything is done, whatever it is asked."""

    name = "idle"

    async def act(self, conversation: Sequence[Message]) -> Message:
        """Return the same message each time."""
        return Message("assistant", CLAIM)


class IdlePlayer(msgspec.Struct, frozen=True):
    """Plays tasks of ours with it."""

    async def play(self, case: Case, trial: int) -> Trial:
        """Return what came of a trial."""
        base = decode_task(case.task)
        task = replace(base, seed=trial_seed(base.seed, trial, 0, 0))
        world = worlds_of(()).find(task.world)
        return scored(task, await run_episode(task, world, Idle(), ScriptedUser(task)), trial, 1)


def played(evaluation: Evaluation, folder: Path, workers: int) -> Won:
    """Play a suite and return what was won."""
    evaluate(evaluation, folder, workers=workers)
    return {(trial.task_id, trial.trial): bool(trial.success) for trial in load_trials(folder)}


def measured(options: Namespace) -> Figures:
    """Play both agents, then take pass^k of the flawed one again and again."""
    suite = own_suite(options.suite, options.tasks, options.workers)
    started = perf_counter()
    effort = Effort(trials=options.trials, retries=0)
    planned = own_evaluation(suite, OracleSettings(), ScriptedSettings(), effort)
    with TemporaryDirectory() as folder:
        oracle = played(planned, Path(folder) / "oracle", options.workers)
        idle = played(replace(planned, player=IdlePlayer()), Path(folder) / "idle", options.workers)
    seconds = perf_counter() - started
    covered = [0] * options.trials
    for repeat in range(options.repeats):
        rng = Random(f"{options.rate}:{repeat}")  # noqa: S311  (reproducible)
        outcomes = [
            Outcomes(
                case.task_id,
                tuple(
                    (oracle if rng.random() < options.rate else idle)[case.task_id, trial]
                    for trial in range(options.trials)
                ),
            )
            for case in suite.cases
        ]
        for one in estimates(outcomes, options.trials, repeat):
            covered[one.k - 1] += one.interval is not None and one.interval.covers(options.rate**one.k)
    return Figures(
        tasks=len(suite.cases),
        trials=options.trials,
        oracle=sum(oracle.values()),
        idle=sum(idle.values()),
        seconds=seconds,
        rate=options.rate,
        repeats=options.repeats,
        covered=covered,
    )


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="retail")
    parser.add_argument("--tasks", type=int, default=500)
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--rate", type=float, default=0.7)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measured(options)
    if options.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(figures)).decode() + "\n")
        return
    total = figures.tasks * figures.trials
    print(f"{figures.tasks} tasks, {figures.trials} trials: both agents played in {figures.seconds:.0f} s")
    print(f"the oracle won {figures.oracle} of {total}, who does nothing {figures.idle}")
    for k, count in enumerate(figures.covered, start=1):
        print(f"pass^{k} = {figures.rate**k:.4f}: covered by {count} of {figures.repeats} intervals")


if __name__ == "__main__":
    main()
