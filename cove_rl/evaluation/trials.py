"""The files of an evaluation: what was run, and one record for every trial of every task."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from cove_rl.episode.files import TrajectoryFile
from cove_rl.episode.trajectory import Trajectory
from cove_rl.errors import InputError
from cove_rl.evaluation.reward import Grade
from cove_rl.files import decode_json, read_jsonl
from cove_rl.synth.example import Facts
from cove_rl.tasks.task import Task, decode_task
from cove_rl.verify.verdict import Verdict

FORMAT = "cove-eval/1"
"""What the description of every run says it is."""

RUN, TRIALS, REPORT = "run.json", "trials.jsonl", "report.json"
"""Names of the files in a run's folder."""


class SuiteRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which tasks were played.

    Attributes:
        name: the suite's name: "retail", or "tau2:retail".
        version: of the suite's definition.
        split: the split of the tasks.
        tasks: how many were planned.
        fingerprint: of the tasks themselves; equal fingerprints, equal tasks.
        left_out: id -> why a task of the suite was not planned.
    """

    name: str
    version: str
    split: str
    tasks: int
    fingerprint: str
    left_out: dict[str, str] = {}


class Run(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was run: everything two runs must share to be compared, and who played.

    Attributes:
        format: `FORMAT`.
        suite: the tasks.
        agent: settings of the agent, as plain values.
        user: settings of the user, as plain values.
        sampling: how the agent's replies are drawn; empty for an agent that is a program.
        prompts: name of a prompt -> digest of its text.
        trials: trials of each task.
        limits: how long a conversation may get.
        retries: further attempts at a trial that failed through no fault of the agent.
        seed: seeds the trials after the first, which has the task's own seed.
        version: of cove_rl.
    """

    suite: SuiteRef
    agent: dict[str, Any]
    user: dict[str, Any]
    sampling: dict[str, Any]
    prompts: dict[str, str]
    trials: int
    limits: dict[str, int]
    retries: int
    seed: int
    version: str
    format: str = FORMAT


class Trial(msgspec.Struct, frozen=True, omit_defaults=True):
    """One attempt of the agent at one task.

    A trial that says nothing about the agent, because the user or a machine failed in every attempt, is excluded: it
    has neither score nor success, and `excluded` says why.

    Attributes:
        task_id: the task.
        trial: its number, from 0.
        success: whether the task was done; None if excluded.
        score: in [0, 1]: the verifier's score, or the benchmark's reward; None if excluded.
        excluded: why it says nothing about the agent; "" if it does.
        attempts: how often it was played.
        task: the task with the seed it was played with; None for a task of the benchmark.
        trajectory: the conversation of the last attempt.
        facts: what is known of it; None for a task of the benchmark.
        verdict: the verifier's answer; None for a task of the benchmark.
        grade: the benchmark's reward and its parts; None for a task of ours.
    """

    task_id: str
    trial: int
    success: bool | None
    score: float | None
    excluded: str = ""
    attempts: int = 1
    task: Task | None = None
    trajectory: Trajectory | None = None
    facts: Facts | None = None
    verdict: Verdict | None = None
    grade: Grade | None = None


class _TrialFile(Trial, frozen=True, forbid_unknown_fields=True):
    task: msgspec.Raw = msgspec.Raw(b"null")  # type: ignore[assignment]  # its constraints are of its domain's kinds
    trajectory: TrajectoryFile | None = None


def load_run(folder: Path) -> Run:
    """Return what a folder's trials are of.

    Raises:
        InputError: if it holds no description of a run.
    """
    path = folder / RUN
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise InputError(f"cannot read {path}: {fault.strerror or fault}; is it a folder of cove eval?") from None
    run = decode_json(data, Run, str(path))
    if run.format != FORMAT:
        raise InputError(f"{path}: its format is '{run.format}', not {FORMAT}; use the version that wrote it")
    return run


def load_trials(path: Path) -> Iterator[Trial]:
    """Yield the trials of a run's folder, or of a file of trials, in its order.

    A run that has not finished has its trials in ``trials.jsonl.partial``; they are yielded as well.

    Raises:
        InputError: if there is no such file, or at the first line that is no trial, naming the line and the fault.
    """
    file = trials_file(path) if path.is_dir() else path
    for number, row in enumerate(read_jsonl(file, _TrialFile), start=1):
        try:
            task = None if bytes(row.task) == b"null" else decode_task(bytes(row.task))
        except InputError as error:
            raise InputError(f"{file}, line {number}: {error}") from None
        fields = {name: getattr(row, name) for name in Trial.__struct_fields__}
        trajectory = row.trajectory and msgspec.convert(row.trajectory, Trajectory, from_attributes=True)
        yield Trial(**{**fields, "task": task, "trajectory": trajectory})


def trials_file(folder: Path) -> Path:
    """Return where the trials of a run are: in the file of a finished run, or in that of an unfinished one."""
    partial = folder / f"{TRIALS}.partial"
    return partial if partial.exists() else folder / TRIALS
