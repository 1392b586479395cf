"""Did the customer agree to what they do not want, or turn down what they do?"""

from collections.abc import Iterator

from cove_rl.audit.case import Case
from cove_rl.audit.finding import Finding
from cove_rl.audit.lore import TOKEN, ids_of
from cove_rl.audit.proposal import is_described, is_right
from cove_rl.audit.transcript import Said
from cove_rl.world.hint import Request


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
        case.is_wrong(requests[number], said.agent) or _names_another(case, requests[number], said.agent)
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
        proposal = case.offered(said)
        right = [topic for topic in topics if is_right(case, case.task.requests[topic], proposal)]
        if right:
            detail = f"said {said.text[:120]!r} to {said.agent[-300:]!r}"
            yield Finding("denied_right", said.place, detail, right[0])


def _names_another(case: Case, request: Request, text: str) -> bool:
    """Whether a text names records by their ids, and none of them is the goal's or one that the request describes."""
    named = {one for one in TOKEN.findall(text) if any(one in rows for rows in case.world.tables.values())}
    own = ids_of(request.constraint)
    return bool(named) and not any(one in own or is_described(case, request, one, text) for one in named)
