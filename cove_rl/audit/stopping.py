"""Did the customer stop too early, or not at all?"""

from collections.abc import Iterator

from cove_rl.audit.case import Case
from cove_rl.audit.finding import Finding, Kind
from cove_rl.audit.proposal import is_right
from cove_rl.audit.transcript import Said
from cove_rl.tasks.task import is_actionable


def unrevealed(case: Case) -> Iterator[Finding]:
    """Stopped with a request never mentioned."""
    last = case.said[-1]
    for request in case.topics.unrevealed if last.stops else ():
        wanted = case.task.constraints[request].describe()
        yield Finding("stopped_unrevealed", last.place, f"never mentioned: {wanted}", request)


def unfinished(case: Case) -> Iterator[Finding]:
    """Stopped while the agent waited for an answer, or in the middle of a request; what has been met is finished.

    Nobody has to answer an agent that says in the same breath that it cannot be done, unless it then proposes just what
    was asked for.
    """
    last = case.said[-1]
    undone = [request for request in case.open(last) if not case.is_met(request)]
    if last.comes_to.refused:
        undone = [request for request in undone if _is_offered(case, last, request)]
    if not last.stops or not undone:
        return
    kind = _kind(case, last, undone)
    if kind is not None:
        yield Finding(kind, last.place, f"the agent had said: {last.agent[-200:]!r}", undone[0])


def _is_offered(case: Case, said: Said, request: int) -> bool:
    """Whether the agent, whatever it refused, asked for consent to what the customer wants."""
    proposal = case.offered(said)
    return case.ear.listen(proposal).offers and is_right(case, case.task.requests[request], proposal)


def _kind(case: Case, last: Said, undone: list[int]) -> Kind | None:
    agent = last.comes_to
    hints = [hint for request in undone for hint in case.task.requests[request].hints]
    if agent.asks & {hint.slot for hint in (*case.task.identity[:1], *hints)}:
        return "stopped_at_question"
    if agent.offers:
        return "stopped_at_proposal"
    first = min(case.topics.since.get(request, 0) for request in undone)
    agreed = any(case.says_yes(one) for one in case.said[first:-1])
    busy = agent.waits and "?" not in last.agent
    quiet = last.agent.strip() and not (agent.done or agent.more) and (busy or not agreed)
    return "stopped_midway" if quiet else None


def never_stopped(case: Case) -> Iterator[Finding]:
    """Went on with nothing left to say, for the second time or later: once may be courtesy."""
    occasions = [one for one in case.said if _is_closing(one) and not one.heard and _is_empty(case, one)]
    for one in occasions[1:]:
        if not one.stops:
            yield Finding("never_stopped", one.place, one.text[:200])


def _is_closing(said: Said) -> bool:
    """Whether the agent had said that something is done or cannot be, or asked for more, and wanted nothing else."""
    agent = said.comes_to
    ended = agent.done or agent.more or agent.refused
    return said.number > 0 and ended and not (agent.asks or agent.offers or agent.waits)


def _is_empty(case: Case, said: Said) -> bool:
    """Whether there is nothing in a message to act on; free text may be anything, unless all was told and done."""
    return _is_over(case, said) if said.loose else said.text != "" or said.stops


def _is_over(case: Case, said: Said) -> bool:
    """Whether all was told and done when the customer spoke."""
    since = case.topics.since
    told = all(since.get(number, said.number) < said.number for number, _ in enumerate(case.task.requests))
    free = all(map(is_actionable, case.task.constraints))
    if said.comes_to.refused or not (told or free):
        return False
    return all(one.satisfied for one in case.verdict_before(said.place).constraints)
