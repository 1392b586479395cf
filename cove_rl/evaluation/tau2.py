"""Replay runs recorded by tau2-bench on our tools, and compare every result and the final database.

A run agrees if each call that succeeded returns the same text, each call that failed fails (the wording may differ),
and the run's final state equals that of the task's gold actions exactly when the benchmark said so.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from cove_rl.errors import InputError
from cove_rl.evaluation.recorded import Answer, RecordedRun, read_runs
from cove_rl.evaluation.report import Disagreement, Excuse, ReplayReport, RunReport
from cove_rl.world.call import CallResult, ToolCall
from cove_rl.world.domain import Domain
from cove_rl.world.files import load_tables
from cove_rl.world.state import State
from cove_rl.world.tool import Toolbox
from cove_rl.world.world import World

_UNKNOWN_TOOL = re.compile(r"Error: Tool '?(?P<name>\w+)'? not found")


def replay_folder(data: Path, domain: Domain, runs: Path | None = None) -> ReplayReport:
    """Replay the recorded runs of one domain on the benchmark's own database.

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
    report = replay(read_runs(path, domain.name), world, domain.toolbox)
    if not report.runs:
        raise InputError(f"{path} holds no recorded run of the {domain.name} domain")
    return report


def replay(runs: Iterable[RecordedRun], world: World, toolbox: Toolbox) -> ReplayReport:
    """Replay runs one by one, each on a fresh state.

    Args:
        runs: recorded runs of the world's domain.
        world: the benchmark's database, with ``behaviour="benchmark"``.
        toolbox: the domain's tools.
    """
    return ReplayReport(world.ref.domain, tuple(replay_run(run, world, toolbox) for run in runs))


def replay_run(run: RecordedRun, world: World, toolbox: Toolbox) -> RunReport:
    """Replay one run and compare it with its recording."""
    if run.prepared:
        return RunReport(run.name, skipped="its task changes the world before the conversation, which is not replayed")
    answers = run.answers()
    replayed = _Replay(State(world), toolbox)
    for place, answer in enumerate(answers):
        replayed.step(place, answer)
    ours = _db_match(run, replayed) if run.db_match is not None else None
    return RunReport(
        run=run.name,
        calls=len(answers),
        equal=replayed.equal,
        failed_alike=replayed.failed_alike,
        unanswered=sum(answer.content is None for answer in answers),
        db_recorded=run.db_match,
        db_ours=ours,
        excuses=tuple(replayed.excuses),
        disagreements=tuple(replayed.disagreements),
    )


def final_state(run: RecordedRun, world: World, toolbox: Toolbox) -> State:
    """Return the state in which a recorded run leaves a world; a call that breaks changes nothing."""
    replayed = _Replay(State(world), toolbox)
    for place, answer in enumerate(run.answers()):
        replayed.step(place, answer)
    return replayed.state


def gold_state(actions: Iterable[ToolCall], world: World, toolbox: Toolbox) -> State:
    """Return the state in which a task's gold actions leave a world; one that fails or breaks changes nothing."""
    replayed = _Replay(State(world), toolbox)
    for place, action in enumerate(actions):
        replayed.call(replayed.state, action, f"gold action {place}")
    return replayed.state


def _db_match(run: RecordedRun, replayed: "_Replay") -> bool:
    """Return whether the run ends where its gold actions end; note it if the benchmark found otherwise."""
    gold = State(replayed.state.world)
    for place, action in enumerate(run.gold()):
        replayed.call(gold, action, f"gold action {place}")
    match = outcome(gold) == outcome(replayed.state)
    if match != run.db_match:
        replayed.disagree(
            f"database after {len(run.gold())} gold actions",
            "state",
            f"{'equal' if run.db_match else 'different'} database",
            f"{'equal' if match else 'different'} database",
        )
    return match


def outcome(state: State) -> dict[tuple[str, str], str]:
    """Return what an episode has changed: record type and id -> the record as JSON with sorted keys."""
    return {
        (change.kind.__name__, change.key): json.dumps(msgspec.to_builtins(change.after), sort_keys=True)
        for change in state.diff()
    }


class _Replay:
    """One run on its way: the state, and what has come out so far."""

    def __init__(self, state: State, toolbox: Toolbox) -> None:
        self.state = state
        self.toolbox = toolbox
        self.equal = 0
        self.failed_alike = 0
        self.excuses: list[Excuse] = []
        self.disagreements: list[Disagreement] = []

    def step(self, place: int, answer: Answer) -> None:
        """Run one recorded call and compare; a call whose result was not recorded is not run."""
        where = f"call {place}, {answer.call.name}"
        if answer.content is None:
            return
        if self._unknown_then(answer):
            self.excuses.append(Excuse(where, "the version that recorded the run had no such tool; not run"))
            return
        result = self.call(self.state, answer.call, where)
        if result is None:
            return
        if answer.failed and result.error:
            self.failed_alike += 1
        elif not answer.failed and not result.error and result.content == answer.content:
            self.equal += 1
        else:
            kind = "text" if result.error == answer.failed else "fails" if result.error else "succeeds"
            self.disagree(where, kind, answer.content, result.content)

    def _unknown_then(self, answer: Answer) -> bool:
        """Whether the call failed because the recording's version lacked a tool that exists by now."""
        missing = _UNKNOWN_TOOL.match(answer.content or "") if answer.failed else None
        tool = self.toolbox.tools.get(missing["name"]) if missing else None
        return tool is not None and tool.name == answer.call.name and tool.owner == answer.call.requestor

    def call(self, state: State, call: ToolCall, where: str) -> CallResult | None:
        """Run a call; a tool that breaks instead of answering is a disagreement, not the end of the replay."""
        try:
            return self.toolbox.call(state, call)
        except Exception as error:
            self.disagree(where, "breaks", "an answer", f"{type(error).__name__}: {error}")
            return None

    def disagree(self, where: str, kind: str, recorded: str, ours: str) -> None:
        self.disagreements.append(Disagreement(where, kind, recorded, ours))
