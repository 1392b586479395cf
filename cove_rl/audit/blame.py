"""Could a customer's fault have changed the verdict? Only then is the episode not the agent's."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from cove_rl.audit.case import Case
from cove_rl.audit.finding import Finding, Kind
from cove_rl.audit.lore import ids_of
from cove_rl.audit.turns import LIMITS
from cove_rl.episode.outcome import Outcome


def outcome_of(case: Case, findings: Iterable[Finding]) -> Outcome:
    """Return the episode's outcome, the customer its culprit where a fault of theirs could have changed the verdict.

    An episode that does not score is left as it is, and so is one in which the agent did everything right, or had made
    a write nobody asked for before the fault: a customer without faults would not have made that good.
    """
    outcome = case.outcome
    certain = [finding for finding in findings if finding.decidable]
    if not outcome.scores or not certain or case.verdict.success:
        return outcome
    for finding in certain:
        if not _spoilt_before(case, finding) and TOUCHES[finding.kind](case, finding):
            detail = f"{finding.kind}, message {finding.message}: {finding.detail}"
            return msgspec.structs.replace(outcome, culprit="user", detail=detail[:500])
    return outcome


def _spoilt_before(case: Case, finding: Finding) -> bool:
    """Whether the agent had made a write that is redundant, in the end as it was then, before the fault."""
    before = {one.call for one in case.verdict_before(finding.message).redundant_writes}
    return any(one.call in before for one in case.verdict.redundant_writes)


def _nothing(case: Case, finding: Finding) -> bool:  # noqa: ARG001
    """Never: telling much makes it easier for the agent, and what used up the turns are faults of their own."""
    return False


def _unmet(case: Case, finding: Finding) -> bool:
    """If what it concerns is not met; if nobody knows what that is, anything."""
    concerned = range(len(case.task.requests)) if finding.request is None else [finding.request]
    return any(not case.is_met(request) for request in concerned)


def _misled(case: Case, finding: Finding) -> bool:
    """If what it concerns is not met, or the agent wrote something afterwards that nobody wants."""
    return _unmet(case, finding) or _redundant_after(case, finding)


def _redundant_after(case: Case, finding: Finding) -> bool:
    start = case.calls_before(finding.message)
    return any(one.call >= start for one in case.verdict.redundant_writes)


def _distracted(case: Case, finding: Finding) -> bool:
    """If the request that was talked about, or the first, is not met, or a limit ended the episode."""
    said = next(one for one in case.said if one.place == finding.message)
    topic = case.topic(said) or 0
    return not case.is_met(topic) or case.outcome.ending in LIMITS


def _misdirected(case: Case, finding: Finding) -> bool:
    """If the id is none of the task's own; one of those only makes it easier."""
    token = finding.detail.partition(",")[0]
    own = any(token in ids_of(one) for one in case.task.constraints)
    return not own and _misled(case, finding)


def _lured(case: Case, finding: Finding) -> bool:
    """If the agent wrote something afterwards that nobody wants, or a limit ended the episode."""
    return _redundant_after(case, finding) or case.outcome.ending in LIMITS


def _kept_on(case: Case, finding: Finding) -> bool:
    """If what came afterwards spoilt a success."""
    return case.verdict_before(finding.message).success


TOUCHES: Mapping[Kind, Callable[[Case, Finding], bool]] = {
    "stopped_unrevealed": _unmet,
    "stopped_at_proposal": _unmet,
    "stopped_at_question": _unmet,
    "stopped_midway": _unmet,
    "contradicted": _misled,
    "leaked_id": _misdirected,
    "invented_request": _lured,
    "confirmed_wrong": _misled,
    "denied_right": _unmet,
    "ignored_question": _distracted,
    "told_all_at_once": _nothing,
    "repeated": _distracted,
    "rubbish": _distracted,
    "spoke_as_agent": _distracted,
    "tool_syntax": _distracted,
    "never_stopped": _kept_on,
    "ran_out": _nothing,
}
"""Kind of fault -> whether it could have changed the verdict of an episode that was not a success."""
