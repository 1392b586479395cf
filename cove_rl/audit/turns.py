"""Did the customer take part: tell what is theirs to tell in time, answer, leave the agent its turns?"""

from collections.abc import Iterator, Sequence

from cove_rl.audit.case import Case
from cove_rl.audit.finding import Finding, Kind
from cove_rl.audit.likeness import agree, texts
from cove_rl.audit.transcript import Said
from cove_rl.episode.outcome import Ending
from cove_rl.world.hint import Hint

LIMITS: tuple[Ending, ...] = ("max_user_turns", "max_agent_turns", "max_tokens")
"""Endings of conversations that nobody ended."""
WASTE: frozenset[Kind] = frozenset(
    {"ignored_question", "denied_right", "repeated", "rubbish", "spoke_as_agent", "tool_syntax", "never_stopped"}
)
"""Faults that cost the agent a turn."""
LAST, WASTED = 6, 3
"""So many of the last messages must have wasted a turn if a limit is to be the customer's doing (ours: half)."""


def told_all_at_once(case: Case) -> Iterator[Finding]:
    """Told every request with all its details in the first message; who has just one, their name as well."""
    first = case.said[0]
    requests = case.task.requests
    hints = [hint for request in requests for hint in request.hints]
    if len(requests) == 1:
        hints += case.task.identity[:1]
    persona = case.task.persona
    reticent = persona.openness != "open" and persona.known_traits.together == 1
    if reticent and all(_tells(case, first, hint) for hint in hints):
        yield Finding("told_all_at_once", first.place, first.text[:200])


def _tells(case: Case, said: Said, hint: Hint) -> bool:
    """Whether a message has a hint whole: in the grammar's words, or every one of its texts."""
    if any(agree(one, hint, case.grammar) for heard in said.heard for one in heard.hints.values()):
        return True
    words = [text.lower() for text in texts(hint)]
    free = " ".join(said.loose).lower()
    return bool(words) and all(word in free for word in words)


def ignored_question(case: Case) -> Iterator[Finding]:
    """Gave no detail at all although the agent had asked for one they know; where the words are clear."""
    for said in case.said:
        topics = case.topics_of(said)
        if said.stops or not topics or said.loose or said.heard or not said.text or said.comes_to.refused:
            continue
        hints = [hint for topic in topics for hint in case.task.requests[topic].hints]
        asked = sorted(said.comes_to.asks & {hint.slot for hint in (*case.task.identity[:1], *hints)})
        if asked:
            detail = f"asked for {', '.join(asked)}: {said.text[:120]}"
            yield Finding("ignored_question", said.place, detail, case.topic(said))


def ran_out(case: Case, findings: Sequence[Finding]) -> Iterator[Finding]:
    """A limit ended the episode, and half of the customer's last messages had done nothing but use up turns."""
    if case.outcome.ending not in LIMITS or not case.said:
        return
    wasted = {finding.message for finding in findings if finding.decidable and finding.kind in WASTE}
    late = [said for said in case.said[-LAST:] if said.place in wasted]
    if len(late) >= WASTED:
        yield Finding("ran_out", late[-1].place, f"{len(wasted)} of {len(case.said)} messages used up a turn")
