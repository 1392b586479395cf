"""Give recorded runs of tau2-bench their reward by its rules, and compare it with the one it gave them."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from cove_rl.errors import InputError
from cove_rl.evaluation.official import basis_of
from cove_rl.evaluation.recorded import RecordedRun, RewardInfo, read_runs
from cove_rl.evaluation.reward import Criteria, Ended, Grade, grade
from cove_rl.evaluation.tau2 import final_state, gold_state, outcome
from cove_rl.world.domain import Domain
from cove_rl.world.files import load_tables
from cove_rl.world.tool import Toolbox
from cove_rl.world.world import World

Standing = Literal["agrees", "explained", "ungradable", "disagrees"]
"""The rewards are equal; they are by the criteria of the recording, which are not those of the line's task; it cannot
be graded here; they differ."""

WITHIN = 1e-6
"""Rewards that differ by less are equal, as in the benchmark's own count of successes."""

NO_TASK = "the line has no task; graded by the criteria in its recorded score"
EDITED = "the line's task is not the one the run was scored with"
UNSCORED = "no reward was recorded"
PREPARED = "its task changes the world before the conversation, which is not replayed"


class Rewarded(msgspec.Struct, frozen=True):
    """One run's reward, recorded and ours.

    Attributes:
        run: the run's name.
        recorded: the recorded reward; None if there is none.
        grade: ours; None if it cannot be graded.
        standing: how the two stand to each other.
        reason: why, where that is not plain.
        judged: whether a recorded verdict of the judge stood in for the judge.
    """

    run: str
    recorded: float | None
    grade: Grade | None
    standing: Standing
    reason: str = ""
    judged: bool = False


class RewardTotals(msgspec.Struct, frozen=True):
    """Counts over all runs.

    Attributes:
        runs: all of them.
        graded: those that were given a reward here.
        agreeing: those whose reward is the recorded one by the line's own task.
        explained: those whose reward is the recorded one by the criteria in the recording.
        disagreeing: those whose reward is another.
        judged: graded with the recorded verdict of the judge.
        ungradable: reason -> runs that were not graded.
    """

    runs: int
    graded: int
    agreeing: int
    explained: int
    disagreeing: int
    judged: int
    ungradable: dict[str, int]


class RewardReport(msgspec.Struct, frozen=True):
    """All runs of one domain."""

    domain: str
    runs: tuple[Rewarded, ...]

    @property
    def totals(self) -> RewardTotals:
        """Counts over all runs."""
        standings = Counter(run.standing for run in self.runs)
        return RewardTotals(
            runs=len(self.runs),
            graded=len(self.runs) - standings["ungradable"],
            agreeing=standings["agrees"],
            explained=standings["explained"],
            disagreeing=standings["disagrees"],
            judged=sum(run.judged for run in self.runs),
            ungradable=dict(Counter(run.reason for run in self.runs if run.standing == "ungradable")),
        )

    def notable(self) -> tuple[Rewarded, ...]:
        """Return the runs about which there is more to say than that they agree."""
        return tuple(run for run in self.runs if run.standing != "agrees")


def reward_folder(data: Path, domain: Domain, runs: Path | None = None) -> RewardReport:
    """Grade the recorded runs of one domain on the benchmark's own database.

    Args:
        data: a folder with ``domains/<domain>/db.json`` and ``trajectories/<domain>.jsonl``.
        domain: the domain.
        runs: another file of recorded runs.

    Raises:
        InputError: if a file is missing or unusable, or holds no run of the domain.
    """
    tables = load_tables(domain, data / "domains" / domain.name / "db.json")
    world = World(domain.name, tables, behaviour="benchmark")
    path = runs or data / "trajectories" / f"{domain.name}.jsonl"
    report = reward_runs(read_runs(path, domain.name), world, domain.toolbox)
    if not report.runs:
        raise InputError(f"{path} holds no recorded run of the {domain.name} domain")
    return report


def reward_runs(runs: Iterable[RecordedRun], world: World, toolbox: Toolbox) -> RewardReport:
    """Grade runs one by one.

    Args:
        runs: recorded runs of the world's domain.
        world: the benchmark's database, with ``behaviour="benchmark"``.
        toolbox: the domain's tools.
    """
    return RewardReport(world.ref.domain, tuple(reward_run(run, world, toolbox) for run in runs))


def reward_run(run: RecordedRun, world: World, toolbox: Toolbox) -> Rewarded:
    """Grade one run by its line's own task, and compare.

    Where that gives another reward than the recorded one, and the recording shows that other criteria were applied,
    those are tried as well.
    """
    info = run.reward_info or RewardInfo()
    recorded = info.reward
    if recorded is None or run.prepared:
        return Rewarded(run.name, recorded, None, "ungradable", PREPARED if run.prepared else UNSCORED)
    grading = _Grading(run, world, toolbox)
    applied = _applied(info, None if run.task is None else run.task.criteria)
    own = applied if run.task is None else run.task.criteria
    found = grading.by(own)
    if found.reward is None:
        reason = f"nobody recorded the answer to its {' and '.join(found.undecided)}"
        return Rewarded(run.name, recorded, found, "ungradable", reason)
    judged = any(part.basis == "NL_ASSERTION" for part in found.parts) and bool(own and own.assertions)
    if _equal(found.reward, recorded):
        standing: Standing = "explained" if run.task is None else "agrees"
        return Rewarded(run.name, recorded, found, standing, NO_TASK if run.task is None else "", judged)
    if (changed := _changed(own, applied)) and _equal(grading.by(applied).reward, recorded):
        return Rewarded(run.name, recorded, grading.by(applied), "explained", f"{EDITED}: other {changed}", judged)
    return Rewarded(run.name, recorded, found, "disagrees", "", judged)


def _equal(one: float | None, other: float) -> bool:
    return one is not None and abs(one - other) < WITHIN


class _Grading:
    """One run as its reward sees it, with whatever criteria."""

    def __init__(self, run: RecordedRun, world: World, toolbox: Toolbox) -> None:
        self._run, self._world, self._toolbox = run, world, toolbox
        self._outcome = outcome(final_state(run, world, toolbox))
        messages = list(run.flat())
        self._calls = tuple(call.to_call() for message in messages for call in message.tool_calls or ())
        self._texts = tuple(message.text for message in messages if message.role == "assistant")

    def by(self, criteria: Criteria | None) -> Grade:
        """Return the run's grade by some criteria."""
        gold = [action.call for action in (criteria.actions or () if criteria else ())]
        match = outcome(gold_state(gold, self._world, self._toolbox)) == self._outcome
        termination = self._run.termination_reason or "not recorded"
        return grade(criteria, Ended(termination, match, self._calls, self._texts, self._answers(criteria)))

    def _answers(self, criteria: Criteria | None) -> tuple[bool, ...] | None:
        """Return the judge's recorded answers, if they are to these assertions."""
        info = self._run.reward_info
        checks = (info.nl_assertions or ()) if info else ()
        if criteria is None or [check.nl_assertion for check in checks] != list(criteria.assertions):
            return None
        return tuple(check.met for check in checks)


def _applied(info: RewardInfo, own: Criteria | None) -> Criteria:
    """Return the criteria a run was scored with: those its score shows, and the task's own for what it does not."""
    known = own or Criteria(actions=())
    checks, said, judged = info.action_checks, info.communicate_checks, info.nl_assertions
    return msgspec.structs.replace(
        known,
        basis=known.basis if info.reward_basis is None else basis_of(info.reward_basis),
        actions=known.actions if checks is None else tuple(check.action.to_gold() for check in checks),
        communicate=known.communicate if said is None else tuple(check.info for check in said),
        assertions=known.assertions if not judged else tuple(check.nl_assertion for check in judged),
    )


def _changed(own: Criteria | None, applied: Criteria) -> str:
    """Return in what the criteria of a task differ from those that were applied; "" if in nothing that counts."""
    known = own or Criteria(actions=())
    differ = {
        "basis": set(known.basis) != set(applied.basis),
        "expected calls": _names(known) != _names(applied),
        "information to be given": known.communicate != applied.communicate,
        "assertions": "NL_ASSERTION" in applied.basis and known.assertions != applied.assertions,
    }
    return " and ".join(name for name, differs in differ.items() if differs)


def _names(criteria: Criteria) -> list[tuple[str, object]]:
    """Return the expected calls, without their ids."""
    return [(action.call.name, action.call.arguments) for action in criteria.actions or ()]
