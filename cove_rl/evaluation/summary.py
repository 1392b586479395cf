"""A run in figures: pass^k with intervals, what the successes depend on, how conversations end, the worst tasks."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import msgspec

from cove_rl.evaluation.passk import Outcomes, PassK, estimates
from cove_rl.evaluation.trials import Run, Trial, load_run, load_trials

TURNS = ((0, 4), (5, 8), (9, 12), (13, 16), (17, 24), (25, 32), (33, None))
"""Groups of conversations by the messages of both sides; None has no end."""


class Share(msgspec.Struct, frozen=True):
    """How many of some things hold."""

    total: int
    held: int

    @property
    def rate(self) -> float:
        """The share that holds."""
        return self.held / self.total


class TaskLine(msgspec.Struct, frozen=True):
    """One task of a run.

    Attributes:
        task_id: the task.
        trials: those that say something about the agent.
        successes: of those.
        score: their mean score; None if there is none.
        kinds: kinds of its constraints; for a task of the benchmark the tools of its expected writes.
        endings: how its conversations ended, the most frequent first.
        held: kind -> how often it was met.
    """

    task_id: str
    trials: int
    successes: int
    score: float | None
    kinds: tuple[str, ...]
    endings: tuple[str, ...]
    held: dict[str, Share] = {}


class Summary(msgspec.Struct, frozen=True):
    """A run in figures. All but the counts, `outcomes` and `user_faults` is about trials that are not excluded.

    Attributes:
        run: what was run.
        planned: trials that were planned.
        finished: those that were played.
        scored: those that say something about the agent.
        excluded: why the others do not -> how many.
        pass_k: pass^1 to pass^k.
        score: mean score over tasks; None if there is none.
        kinds: kind of constraint -> how often it was met; of a benchmark, tool of an expected write -> how many trials
            of tasks with it succeeded.
        constraints: number of constraints -> trials and successes.
        turns: messages of both sides, in groups -> trials and successes.
        parts: part of the benchmark's reward -> how often it was 1.
        outcomes: "ending" or "ending (fault)" -> trials.
        user_faults: kind of fault of the customer -> trials.
        tasks: every task, the worst first.
    """

    run: Run
    planned: int
    finished: int
    scored: int
    excluded: dict[str, int]
    pass_k: tuple[PassK, ...]
    score: float | None
    kinds: dict[str, Share]
    constraints: dict[int, Share]
    turns: dict[str, Share]
    parts: dict[str, Share]
    outcomes: dict[str, int]
    user_faults: dict[str, int]
    tasks: tuple[TaskLine, ...]

    @property
    def unfinished(self) -> int:
        """Trials that were not played yet."""
        return self.planned - self.finished


class _Tally:
    """Counts how many of some things hold, by group."""

    def __init__(self) -> None:
        self.total: Counter[str] = Counter()
        self.held: Counter[str] = Counter()

    def add(self, name: str, held: bool) -> None:
        """Count one thing."""
        self.total[name] += 1
        self.held[name] += held

    def shares(self) -> dict[str, Share]:
        """Return what was counted, by name."""
        return {name: Share(self.total[name], self.held[name]) for name in sorted(self.total)}


class _Task:
    """What is kept of the trials of one task."""

    def __init__(self) -> None:
        self.successes: dict[int, bool | None] = {}
        self.scores: list[float] = []
        self.kinds: tuple[str, ...] = ()
        self.held = _Tally()
        self.endings: Counter[str] = Counter()

    def add(self, trial: Trial) -> None:
        """Count a trial."""
        self.successes[trial.trial] = trial.success
        self.endings[ending_of(trial)] += 1
        self.kinds = kinds_of(trial) or self.kinds
        if trial.score is not None:
            self.scores.append(trial.score)
        for kind, held in held_kinds(trial):
            self.held.add(kind, held)

    def outcomes(self, task_id: str, trials: int) -> Outcomes:
        """Return what came of all planned trials."""
        return Outcomes(task_id, tuple(self.successes.get(number) for number in range(trials)))

    def line(self, task_id: str) -> TaskLine:
        """Return the task in figures."""
        return TaskLine(
            task_id=task_id,
            trials=len(self.scores),
            successes=sum(bool(one) for one in self.successes.values()),
            score=sum(self.scores) / len(self.scores) if self.scores else None,
            kinds=self.kinds,
            endings=tuple(name for name, _ in self.endings.most_common()),
            held=self.held.shares(),
        )


def kinds_of(trial: Trial) -> tuple[str, ...]:
    """Return the kinds of a task's constraints; of a benchmark's task, the tools of its expected writes."""
    if trial.facts is not None:
        return trial.facts.kinds
    return () if trial.grade is None else trial.grade.kinds


def held_kinds(trial: Trial) -> list[tuple[str, bool]]:
    """Return every constraint's kind and whether it holds; of a benchmark's task, every kind and whether it succeeded.

    A trial that is excluded has none.
    """
    if trial.success is None:
        return []
    if trial.verdict is not None:
        return [(one.kind, one.satisfied) for one in trial.verdict.constraints]
    return [(kind, trial.success) for kind in dict.fromkeys(kinds_of(trial))]


def ending_of(trial: Trial) -> str:
    """Return how a trial ended, and whose failure that was, if it was one."""
    if trial.facts is not None:
        ending, culprit = trial.facts.ending, trial.facts.culprit
    elif trial.trajectory is not None:
        ending, culprit = trial.trajectory.outcome.ending, trial.trajectory.outcome.culprit
    else:
        return "unknown"
    return ending if culprit is None else f"{ending} ({culprit})"


def summarise_folder(folder: Path) -> Summary:
    """Return a run's folder in figures, whether the run has finished or not.

    Raises:
        InputError: if it is no such folder, or a file in it is unusable.
    """
    return summarise_trials(load_run(folder), load_trials(folder))


def summarise_trials(run: Run, trials: Iterable[Trial]) -> Summary:
    """Return trials in figures; they are looked at one by one.

    Args:
        run: what was run.
        trials: its trials, in any order.
    """
    tasks: defaultdict[str, _Task] = defaultdict(_Task)
    kinds, constraints, turns, parts = _Tally(), _Tally(), _Tally(), _Tally()
    outcomes, faults, excluded = Counter[str](), Counter[str](), Counter[str]()
    finished = 0
    for trial in trials:
        finished += 1
        tasks[trial.task_id].add(trial)
        outcomes[ending_of(trial)] += 1
        faults.update(trial.facts.user_faults if trial.facts else ())
        if trial.success is None:
            excluded[_reason(trial)] += 1
            continue
        for kind, held in held_kinds(trial):
            kinds.add(kind, held)
        constraints.add(f"{len(kinds_of(trial)):03}", trial.success)
        turns.add(turns_group(trial), trial.success)
        for part in trial.grade.parts if trial.grade else ():
            parts.add(part.basis, bool(part.met))
    lines = [task.line(task_id) for task_id, task in tasks.items()]
    scores = [line.score for line in lines if line.score is not None]
    return Summary(
        run=run,
        planned=run.suite.tasks * run.trials,
        finished=finished,
        scored=finished - sum(excluded.values()),
        excluded=dict(excluded.most_common()),
        pass_k=_pass_k(run, tasks),
        score=sum(scores) / len(scores) if scores else None,
        kinds=kinds.shares(),
        constraints={int(name): share for name, share in constraints.shares().items()},
        turns={_words(name): share for name, share in turns.shares().items()},
        parts=parts.shares(),
        outcomes=dict(outcomes.most_common()),
        user_faults=dict(faults.most_common()),
        tasks=tuple(sorted(lines, key=_badness)),
    )


def _reason(trial: Trial) -> str:
    """Return why a trial is excluded, without what is particular to it."""
    return trial.excluded.partition(":")[0]


def _pass_k(run: Run, tasks: dict[str, _Task]) -> tuple[PassK, ...]:
    """Return pass^1 to pass^k; a run that has not finished has none."""
    gone = run.suite.tasks - len(tasks)
    outcomes = [task.outcomes(task_id, run.trials) for task_id, task in tasks.items()]
    played = sum(len(task.successes) for task in tasks.values())
    if gone or played < run.suite.tasks * run.trials:
        short = [
            f"{task_id} ({run.trials - len(task.successes)} of {run.trials})"
            for task_id, task in tasks.items()
            if len(task.successes) < run.trials
        ]
        named = ", ".join(short[:5]) + (f" and {len(short) - 5} more" if len(short) > 5 else "")
        left = "; ".join(
            part for part in (f"{gone} tasks" if gone else "", f"trials of {named}" if short else "") if part
        )
        missing = f"the run has not finished: {left} are still to be played"
        return tuple(PassK(k, None, None, missing) for k in range(1, run.trials + 1))
    return estimates(outcomes, run.trials, run.seed)


def _badness(line: TaskLine) -> tuple[float, float, str]:
    rate = line.successes / line.trials if line.trials else 2.0
    return rate, 2.0 if line.score is None else line.score, line.task_id


def turns_group(trial: Trial) -> str:
    """Return the group of a trial by its messages, such that groups sort as their numbers do."""
    if trial.facts is not None:
        count = trial.facts.turns
    else:
        messages = trial.trajectory.messages[1:] if trial.trajectory else ()
        count = sum(message.role != "tool" for message in messages)
    low, high = next((low, high) for low, high in TURNS if high is None or count <= high)
    return f"{low:03}-{'' if high is None else f'{high:03}'}"


def _words(group: str) -> str:
    low, _, high = group.partition("-")
    return f"{int(low)} to {int(high)}" if high else f"{int(low)} and more"
