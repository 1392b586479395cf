"""Did the customer agree to what they do not want, or turn down what they do?"""

from collections.abc import Iterator

from cove_rl.audit.case import Case
from cove_rl.audit.finding import Finding
from cove_rl.audit.lore import TOKEN, ids_of
from cove_rl.audit.transcript import Said
from cove_rl.users.listening import differs
from cove_rl.world.constraint import Constraint
from cove_rl.world.hint import Check, Request


def confirmed_wrong(case: Case) -> Iterator[Finding]:
    """Agreed to a proposal that means something else than every request it may be about.

    Words alone may deceive: what the agent wrote on that consent decides. If all of it was asked for, the proposal was
    right; if it wrote nothing, nothing came of it and the finding is a suspicion.
    """
    for said in case.said:
        if said.comes_to.offers and case.says_yes(said) and _is_wrong(case, said):
            written = _written_after(case, said)
            wrong = written & {one.call for one in case.verdict.redundant_writes}
            if wrong or not written:
                detail = f"said {said.text[:120]!r} to {said.agent[-300:]!r}"
                yield Finding("confirmed_wrong", said.place, detail, case.topic(said), decidable=bool(wrong))


def _is_wrong(case: Case, said: Said) -> bool:
    """Whether a proposal fits none of the requests made so far; one that names another's records is not about it."""
    about = case.open(said)
    requests = case.task.requests
    if not about or not all(case.is_wrong(requests[number], said.agent) for number in about):
        return False
    earlier = [number for number, first in case.topics.since.items() if first < said.number and number not in about]
    return all(
        case.is_wrong(requests[number], said.agent) or _names_another(case, requests[number].constraint, said.agent)
        for number in earlier
    )


def _written_after(case: Case, said: Said) -> set[int]:
    """Return the positions of the writes between a message and the customer's next one."""
    start = case.calls_before(said.place)
    following = case.said[said.number + 1 :]
    end = case.calls_before(following[0].place if following else len(case.messages))
    return {position for position in range(start, end) if position in case.writes}


def denied_right(case: Case) -> Iterator[Finding]:
    """Turned down a proposal that shows everything the customer wants of the topic, and nothing else."""
    for said in case.said:
        if said.stops or not said.comes_to.offers or not case.says_no(said):
            continue
        mended = {number for number, _ in case.slips}  # such a request may be taken back once
        topics = [topic for topic in case.topics_of(said) if topic not in mended]
        right = [topic for topic in topics if _is_right(case, case.task.requests[topic], said.agent)]
        if right:
            detail = f"said {said.text[:120]!r} to {said.agent[-300:]!r}"
            yield Finding("denied_right", said.place, detail, right[0])


def _is_right(case: Case, request: Request, proposal: str) -> bool:
    """Whether a proposal names all that the request's hints let a customer check, and its records where ids decide."""
    if not case.possible(request) or not case.ear.is_about(request.act, proposal) or case.is_wrong(request, proposal):
        return False
    ids = {one for one in TOKEN.findall(proposal) if one in case.lore.ids}
    blind = any(not hint.checks for hint in request.hints)
    checks = [check for hint in request.hints for check in hint.checks]
    shown = all(_shows(check, proposal) for check in checks)
    return shown and ids <= ids_of(request.constraint) and bool(ids or not blind)


def _shows(check: Check, proposal: str) -> bool:
    """Whether a proposal has all the words that a check asks for; of alternatives, one."""
    named = [_stands(word, proposal) for word in check.any]
    enough = all(named) if check.all else any(named) or not named
    return enough and all(_stands(word, proposal) for word in check.all)


def _stands(word: str, text: str) -> bool:
    return differs(Check(never=(word,)), text)


def _names_another(case: Case, constraint: Constraint, text: str) -> bool:
    """Whether a text names records by their ids, and none of them is the goal's."""
    named = {one for one in TOKEN.findall(text) if any(one in rows for rows in case.world.tables.values())}
    return bool(named) and not named & ids_of(constraint)
