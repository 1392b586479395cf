"""An example: a task with a conversation about it and what is known of that; what synthesis keeps and exports read."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from cove_rl.audit.audit import audit_case
from cove_rl.audit.case import Case
from cove_rl.audit.conduct import unconfirmed_writes
from cove_rl.audit.finding import Kind
from cove_rl.episode.files import TrajectoryFile
from cove_rl.episode.outcome import Culprit, Ending
from cove_rl.episode.trajectory import Trajectory
from cove_rl.errors import InputError
from cove_rl.files import read_jsonl
from cove_rl.tasks.task import Task, decode_task
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World

SHARDS = "kept-*.jsonl"
"""Where a folder of examples has them; the order of the names is that of the examples."""


class Facts(msgspec.Struct, frozen=True):
    """What a filter can ask about an example.

    Attributes:
        domain: the task's.
        teacher: who played the agent.
        user: who played the customer.
        kinds: kinds of the constraints, in their order.
        constraints: how many there are.
        score: in [0, 1], the verifier's.
        success: whether it is 1.0.
        satisfied: share of the constraints that hold.
        redundant: writes that nobody asked for.
        failed_calls: calls that failed.
        ending: what ended the conversation.
        culprit: whose fault a failure is, in the light of the audit; None when it ended as conversations should.
        user_fault: whether the audit found a certain fault of the customer.
        user_faults: the kinds of those faults.
        unconfirmed: writes for which the transcript shows no consent of the customer.
        turns: messages of both sides after the greeting; results of tools are none.
        agent_turns: those of the agent.
        user_turns: those of the customer.
        calls: tool calls.
        writes: calls of write tools, those that failed included.
        characters: of all messages, results of tools included.
    """

    domain: str
    teacher: str
    user: str
    kinds: tuple[str, ...]
    constraints: int
    score: float
    success: bool
    satisfied: float
    redundant: int
    failed_calls: int
    ending: Ending
    culprit: Culprit | None
    user_fault: bool
    user_faults: tuple[Kind, ...]
    unconfirmed: int
    turns: int
    agent_turns: int
    user_turns: int
    calls: int
    writes: int
    characters: int


class Example(msgspec.Struct, frozen=True):
    """A task, a conversation about it, and what is known of that."""

    task: Task
    trajectory: Trajectory
    facts: Facts


class _ExampleFile(msgspec.Struct, forbid_unknown_fields=True):
    task: msgspec.Raw
    trajectory: TrajectoryFile
    facts: Facts


def facts_of(task: Task, world: World, trajectory: Trajectory) -> Facts:
    """Return what is known of a conversation: verdict, audit, conduct and counts.

    Raises:
        InputError: if the task speaks of records that the world does not have.
    """
    case = Case(task, world, trajectory)
    verdict, audited = case.verdict, audit_case(case)
    tools = get_domain(task.domain).toolbox.tools
    calls = trajectory.calls()
    agent = sum(message.role == "assistant" for message in trajectory.messages[1:])
    user = sum(message.role == "user" for message in trajectory.messages)
    return Facts(
        domain=task.domain,
        teacher=trajectory.agent,
        user=trajectory.user,
        kinds=tuple(constraint.kind for constraint in task.constraints),
        constraints=verdict.total,
        score=verdict.score,
        success=verdict.success,
        satisfied=verdict.satisfied / verdict.total,
        redundant=verdict.redundant,
        failed_calls=verdict.failed,
        ending=audited.outcome.ending,
        culprit=audited.outcome.culprit,
        user_fault=bool(audited.faults),
        user_faults=audited.faults,
        unconfirmed=len(unconfirmed_writes(task.domain, trajectory)),
        turns=agent + user,
        agent_turns=agent,
        user_turns=user,
        calls=len(calls),
        writes=sum(call.name in tools and tools[call.name].kind == "write" for call in calls),
        characters=sum(len(message.content) for message in trajectory.messages),
    )


def load_examples(path: Path) -> Iterator[Example]:
    """Yield the examples of a file, or of a folder `cove synth` has written, in their order.

    Raises:
        InputError: if there is none, or at the first line that is no example, naming the file, the line and the fault.
    """
    files = sorted(path.glob(SHARDS)) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path} holds no examples: no file in it is named {SHARDS}")
    for file in files:
        for number, row in enumerate(read_jsonl(file, _ExampleFile), start=1):
            try:
                task = decode_task(bytes(row.task))
            except InputError as error:
                raise InputError(f"{file}, line {number}: {error}") from None
            trajectory = msgspec.convert(row.trajectory, Trajectory, from_attributes=True)
            yield Example(task, trajectory, row.facts)
