"""Audit an episode: from the task and the transcript alone, without a model, a clock or randomness."""

from collections.abc import Callable, Collection, Iterator, Sequence

from cove_rl.audit import consent, facts, manner, stopping, turns
from cove_rl.audit.blame import outcome_of
from cove_rl.audit.case import Case
from cove_rl.audit.finding import Audit, Finding
from cove_rl.audit.transcript import Said, reader_of
from cove_rl.episode.trajectory import Trajectory
from cove_rl.tasks.task import Task
from cove_rl.world.world import World

RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    stopping.unrevealed,
    stopping.unfinished,
    stopping.never_stopped,
    facts.contradicted,
    facts.leaked_id,
    facts.invented_request,
    consent.confirmed_wrong,
    consent.denied_right,
    turns.told_all_at_once,
    turns.ignored_question,
)
"""The rules that compare what was said with the task."""


def audit(task: Task, world: World, trajectory: Trajectory) -> Audit:
    """Return the customer's faults in an episode, and its outcome in the light of them.

    Args:
        task: the task.
        world: the task's world.
        trajectory: the episode.

    Raises:
        InputError: if the task speaks of records that the world does not have.
    """
    return audit_case(Case(task, world, trajectory))


def audit_case(case: Case) -> Audit:
    """Return what `audit` does, of an episode about which more is asked than that."""
    if not case.said:
        return Audit(case.outcome)
    found = [finding for rule in RULES for finding in rule(case)]
    found += manners(case.said, reader_of(case.task.domain).is_line, case.domain.toolbox.tools)
    found += turns.ran_out(case, found)
    findings = tuple(sorted(found, key=lambda finding: finding.message))
    return Audit(outcome_of(case, findings), findings)


def manners(said: Sequence[Said], is_line: Callable[[str], bool], tools: Collection[str] = ()) -> list[Finding]:
    """Return the faults that need no task.

    Args:
        said: the customer's messages.
        is_line: whether a text is made of lines without information.
        tools: names of the domain's tools, if it is known.
    """
    return [
        *manner.machine(said, tools),
        *manner.agent_voice(said),
        *manner.rubbish(said),
        *manner.repeated(said, is_line),
    ]
