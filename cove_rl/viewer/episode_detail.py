"""The page's view of an episode of ours: verdict, audit, state and brief, as far as task and world are known."""

from collections.abc import Iterable

import msgspec

from cove_rl.audit.audit import audit
from cove_rl.audit.finding import MEANINGS, Audit, Finding
from cove_rl.audit.recorded import audit_messages
from cove_rl.episode.outcome import Outcome
from cove_rl.episode.trajectory import Trajectory
from cove_rl.errors import CoveError
from cove_rl.tasks.task import Task
from cove_rl.tasks.worlds import Worlds
from cove_rl.users.story import story_of
from cove_rl.verify.verdict import Verdict
from cove_rl.verify.verifier import verify
from cove_rl.viewer.card import Card
from cove_rl.viewer.changes import changes_of
from cove_rl.viewer.detail import Detail, Fault, Part
from cove_rl.viewer.dialogue import checks_of, turns_of
from cove_rl.world.domain import get_domain


class Judgement(msgspec.Struct, frozen=True):
    """What task and world say of an episode."""

    verdict: Verdict
    audit: Audit


def judge(task: Task, trajectory: Trajectory, worlds: Worlds) -> Judgement:
    """Return the verdict and the audit.

    Raises:
        CoveError: if the world is not to be had, or does not fit the task.
    """
    world = worlds.find(task.world)
    return Judgement(verify(task, world, trajectory.calls()), audit(task, world, trajectory))


def episode_card(trajectory: Trajectory, task: Task | None = None, judgement: Judgement | None = None) -> Card:
    """Return an episode's row in the list."""
    verdict = judgement.verdict if judgement else None
    outcome = judgement.audit.outcome if judgement else trajectory.outcome
    return Card(
        trajectory.task_id,
        trajectory.world.domain,
        trajectory.agent,
        trajectory.user,
        tuple(one.kind for one in task.constraints) if task else (),
        verdict.score if verdict else None,
        verdict.success if verdict else None,
        outcome.ending,
        outcome.culprit or "",
        judgement.audit.faults if judgement else None,
        sum(message.role != "tool" for message in trajectory.messages[1:]),
        len(trajectory.calls()),
        verdict.redundant if verdict else 0,
    )


def episode_detail(trajectory: Trajectory, task: Task | None, worlds: Worlds) -> Detail:
    """Return all that can be shown of an episode; what cannot be is said in its notes."""
    notes, judgement = [], None
    if task is None:
        notes.append("No verdict: the task is not known; name its file with --tasks.")
    else:
        try:
            judgement = judge(task, trajectory, worlds)
        except CoveError as fault:
            notes.append(f"No verdict: {fault}")
    findings = judgement.audit.findings if judgement else audit_messages(trajectory.messages)
    verdict = judgement.verdict if judgement else None
    shown = Detail(
        title=trajectory.task_id,
        turns=turns_of(trajectory.messages, trajectory.world.domain, verdict),
        outcome=outcome_words(judgement.audit.outcome if judgement else trajectory.outcome),
        checks=checks_of(verdict) if verdict else (),
        faults=faults_of(findings),
        parts=(*parts_of(verdict), *sides_of(trajectory)) if verdict else sides_of(trajectory),
        brief=brief_of(task) if task else (),
        notes=tuple(notes),
    )
    try:
        world = worlds.find(trajectory.world)
        changes = changes_of(get_domain(world.ref.domain), world, trajectory.calls())
    except CoveError as fault:
        return msgspec.structs.replace(shown, notes=(*shown.notes, f"No changes of the world: {fault}"))
    return msgspec.structs.replace(shown, changes=changes)


def outcome_words(outcome: Outcome) -> str:
    """Return how an episode ended, in words."""
    fault = f"; whose fault: {outcome.culprit}" if outcome.culprit else ""
    detail = f" ({outcome.detail})" if outcome.detail else ""
    return f"ended by {outcome.ending}{fault}{detail}"


def faults_of(findings: Iterable[Finding]) -> tuple[Fault, ...]:
    """Return the audit's findings for the page."""
    return tuple(Fault(one.kind, MEANINGS[one.kind], one.detail, one.message, one.decidable) for one in findings)


def parts_of(verdict: Verdict) -> tuple[Part, ...]:
    """Return the parts of a verdict's score."""
    return (
        Part("score", verdict.score),
        Part("success", float(verdict.success)),
        Part("satisfied", f"{verdict.satisfied} of {verdict.total}"),
        Part("redundant writes", verdict.redundant),
        Part("failed calls", verdict.failed),
    )


def sides_of(trajectory: Trajectory) -> tuple[Part, ...]:
    """Return who talked, and for how long."""
    seconds = () if trajectory.seconds is None else (Part("seconds", trajectory.seconds),)
    return Part("agent", trajectory.agent), Part("user", trajectory.user), *seconds


def brief_of(task: Task) -> tuple[str, ...]:
    """Return what the customer knew and wanted: who they are, how they talk, and a line per request."""
    story, persona = story_of(task), task.persona
    manner = f"{persona.mood}, {persona.verbosity}, {persona.openness}"
    wishes = (" ".join((wish.opening, "; ".join(wish.details))).strip() for wish in story.wishes)
    return f"Manner: {manner}", f"Who they are: {'; '.join(story.identity)}", *wishes
