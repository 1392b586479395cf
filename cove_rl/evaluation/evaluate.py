"""Evaluate an agent on a suite: play what is not played yet, keep it, and sum it up."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from cove_rl import __version__
from cove_rl.agents.kinds import ANSWER as AGENT_ANSWER
from cove_rl.agents.settings import AnyAgentSettings
from cove_rl.episode.episode import Limits
from cove_rl.evaluation.identity import own_prompts, sampling_of
from cove_rl.evaluation.journal import Journal
from cove_rl.evaluation.player import OwnPlayer, Player
from cove_rl.evaluation.runner import Item, play
from cove_rl.evaluation.suite import Suite
from cove_rl.evaluation.summary import Summary, summarise_folder
from cove_rl.evaluation.trials import REPORT, Run
from cove_rl.files import atomic_write
from cove_rl.users.kinds import ANSWER as USER_ANSWER
from cove_rl.users.settings import AnyUserSettings


class Evaluation(msgspec.Struct, frozen=True):
    """Everything that decides what comes out.

    Attributes:
        run: what is run, as its folder says it.
        suite: the tasks.
        player: plays their trials.
    """

    run: Run
    suite: Suite
    player: Player

    def items(self) -> Iterator[Item]:
        """Yield all trials; every task once, then every task once more."""
        return ((case, trial) for trial in range(self.run.trials) for case in self.suite.cases)


class Effort(msgspec.Struct, frozen=True):
    """How a suite is played, whatever comes out.

    Attributes:
        trials: trials of each task.
        retries: further attempts at a trial that failed through no fault of the agent.
        seed: seeds the trials.
    """

    trials: int = 4
    retries: int = 2
    seed: int = 0


def own_evaluation(suite: Suite, agent: AnyAgentSettings, user: AnyUserSettings, effort: Effort) -> Evaluation:
    """Return what it takes to play tasks of ours."""
    limits = Limits()
    player = OwnPlayer(agent, user, limits, effort.retries, effort.seed, AGENT_ANSWER, USER_ANSWER)
    prompts = own_prompts(suite.domains)
    run = described(suite, plain(agent), plain(user), prompts, msgspec.structs.asdict(limits), effort)
    return Evaluation(run, suite, player)


def plain(settings: Any) -> dict[str, Any]:
    """Return settings as plain values."""
    found: dict[str, Any] = msgspec.to_builtins(settings)
    return found


def described(
    suite: Suite,
    agent: dict[str, Any],
    user: dict[str, Any],
    prompts: dict[str, str],
    limits: dict[str, int],
    effort: Effort,
) -> Run:
    """Return the description of a run."""
    return Run(
        suite=suite.ref,
        agent=agent,
        user=user,
        sampling=sampling_of(agent),
        prompts=prompts,
        trials=effort.trials,
        limits=limits,
        retries=effort.retries,
        seed=effort.seed,
        version=__version__,
    )


def evaluate(
    evaluation: Evaluation,
    folder: Path,
    *,
    workers: int = 1,
    together: int = 1,
    overwrite: bool = False,
    again: bool = False,
    started: Callable[[int], Callable[[], object]] | None = None,
) -> Summary:
    """Play the trials that are not in the folder yet, and return all of them in figures.

    Every trial is kept once, the moment it is known; when all are there, the folder has them in order, and a report.

    Args:
        evaluation: what to play.
        folder: where the trials are kept.
        workers: processes.
        together: conversations at a time, in each of them.
        overwrite: drop what the folder holds.
        again: play once more what is excluded.
        started: told how many trials are there already; returns what is called after every further one.

    Raises:
        InputError: if the folder holds another run, or something it needs is missing.
    """
    places = {case.task_id: place for place, case in enumerate(evaluation.suite.cases)}
    with Journal(folder, evaluation.run, overwrite=overwrite, again=again) as journal:
        if not journal.complete:
            advance = started(len(journal.done)) if started else (lambda: None)
            left = (item for item in evaluation.items() if (item[0].task_id, item[1]) not in journal.done)

            def took(trial: msgspec.Raw) -> None:
                journal.write(trial)
                advance()

            play(evaluation.player, left, took, together=together, workers=workers)
            journal.finish(places)
    summary = summarise_folder(folder)
    atomic_write(folder / REPORT, msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n")
    return summary
