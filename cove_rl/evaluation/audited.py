"""Audit recorded episodes: ours with their tasks, and the benchmark's for what needs no task."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from cove_rl.audit.audit import audit
from cove_rl.audit.finding import KINDS, Finding, Kind
from cove_rl.audit.recorded import audit_messages
from cove_rl.episode.files import load_trajectories
from cove_rl.episode.outcome import Outcome
from cove_rl.episode.trajectory import Message
from cove_rl.errors import InputError
from cove_rl.evaluation.recorded import RecordedRun, read_runs
from cove_rl.tasks.task import Task
from cove_rl.tasks.worlds import Worlds


class Audited(msgspec.Struct, frozen=True):
    """What the audit says of one recorded episode.

    Attributes:
        name: the task's id, or what the recording calls it.
        user: who played the customer, if that was recorded.
        recorded: how it ended, as it was recorded; None where there is no task.
        outcome: the same in the light of the audit.
        findings: the customer's faults.
    """

    name: str
    user: str
    recorded: Outcome | None
    outcome: Outcome | None
    findings: tuple[Finding, ...]

    @property
    def blamed(self) -> bool:
        """Whether the audit found that it failed through the customer, which the record does not say."""
        return self.outcome is not None and self.outcome != self.recorded


def audit_file(tasks: Mapping[str, Task], path: Path, worlds: Worlds) -> Iterator[Audited]:
    """Yield the audit of every trajectory of a file, in its order.

    Args:
        tasks: the tasks by id.
        path: the trajectories.
        worlds: where to find the tasks' worlds.

    Raises:
        InputError: at the first trajectory of a task that is not there, or of another world than its task's.
    """
    for number, run in enumerate(load_trajectories(path), start=1):
        task = tasks.get(run.task_id)
        if task is None or task.world.fingerprint != run.world.fingerprint:
            raise InputError(
                f"{path}, line {number}: task '{run.task_id}' of world {run.world.fingerprint} is not among the tasks; "
                "give those it was run on with --tasks"
            )
        found = audit(task, worlds.find(task.world), run)
        yield Audited(run.task_id, run.user, run.outcome, found.outcome, found.findings)


def audit_recorded(path: Path, domain: str) -> Iterator[Audited]:
    """Yield what needs no task of every run of one domain that the benchmark recorded, runs without a user left out.

    Raises:
        InputError: if the file cannot be read, or a line is no recorded run.
    """
    for run in read_runs(path, domain):
        messages = list(_messages(run))
        if any(message.role == "user" for message in messages):
            yield Audited(run.name, "", None, None, tuple(audit_messages(messages)))


def _messages(run: RecordedRun) -> Iterator[Message]:
    """Yield what both sides said; a customer who has tools of their own says nothing with a call."""
    for message in run.flat():
        calls = tuple(call.to_call() for call in message.tool_calls or ())
        if message.role == "assistant":
            yield Message("assistant", message.text, calls)
        if message.role == "user" and not calls:
            yield Message("user", message.text)


class KindCount(msgspec.Struct, frozen=True):
    """How many episodes have a kind of fault.

    Attributes:
        certain: where the transcript decides it.
        suspected: where it does not.
    """

    certain: int
    suspected: int


class AuditSummary(msgspec.Struct, frozen=True):
    """Audits in figures.

    Attributes:
        episodes: how many there are.
        faulty: those with a certain fault of the customer.
        blamed: those that failed through it and would have counted against the agent; None where nobody knows the
            tasks.
        kinds: kind -> episodes with it; kinds nobody has are left out.
    """

    episodes: int
    faulty: int
    blamed: int | None
    kinds: dict[Kind, KindCount]


def summarise_audits(audits: Iterable[Audited]) -> AuditSummary:
    """Return audits in figures."""
    every = list(audits)
    certain = Counter(kind for one in every for kind in {found.kind for found in one.findings if found.decidable})
    open_ = Counter(kind for one in every for kind in {found.kind for found in one.findings if not found.decidable})
    return AuditSummary(
        episodes=len(every),
        faulty=sum(any(found.decidable for found in one.findings) for one in every),
        blamed=sum(one.blamed for one in every) if any(one.outcome for one in every) else None,
        kinds={kind: KindCount(certain[kind], open_[kind]) for kind in KINDS if certain[kind] + open_[kind]},
    )
