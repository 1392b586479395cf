"""Did the customer state what is not so, give away what they cannot know, or ask for what is not in the task?"""

import re
from collections.abc import Iterator, Sequence

from cove_rl.audit.case import Case
from cove_rl.audit.finding import Finding
from cove_rl.audit.likeness import agree, clash, conflict, texts
from cove_rl.audit.lore import TOKEN, ids_of, own_texts, shape
from cove_rl.audit.transcript import Said
from cove_rl.speech.grammar import Heard
from cove_rl.world.hint import Check, Hint

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.]*\w")
"""Looked for at the start of a run of its letters alone, or a long run would take the square of its length."""


def contradicted(case: Case) -> Iterator[Finding]:
    """Stated something of an element that fits the hint of no request it may be about."""
    known = {text.lower() for text in _given(case)}
    for said in case.said:
        for hint, about in _contradictions(case, said):
            words = f"{hint.slot}: {', '.join(texts(hint)) or hint.form}"
            yield Finding("contradicted", said.place, words, _only(about))
        for email in EMAIL.findall(said.text):
            if email.lower() not in known and email not in said.agent:
                yield Finding("contradicted", said.place, f"an e-mail address they were not given: {email}")
        yield from _wrongly_answered(case, said)


def _contradictions(case: Case, said: Said) -> Iterator[tuple[Hint, list[int | None]]]:
    """Yield the elements that contradict, and the requests each of them may be about."""
    for heard in said.heard:
        for hint in heard.hints.values():
            about = _about(case, heard, hint.slot)
            if about is not None and all(_conflicts(case, hint, number) for number in about):
                yield hint, about


def _about(case: Case, heard: Heard, slot: str) -> list[int | None] | None:
    """Return the requests an element of a sentence may belong to, None standing for who the customer is."""
    if any(hint.slot == slot for hint in case.task.identity):
        return [None]
    having = [number for number, one in enumerate(case.task.requests) if any(hint.slot == slot for hint in one.hints)]
    alike = [number for number in having if case.task.requests[number].act == heard.act]
    others = [hint for hint in heard.hints.values() if hint.slot != slot]
    named = [number for number in alike if any(_is_of(case, hint, number) for hint in others)]
    return list(named or alike or having) or None


def _is_of(case: Case, said: Hint, number: int) -> bool:
    slip = case.slips.get((number, said.slot))
    hints = case.task.requests[number].hints
    return any(agree(said, hint, case.grammar) for hint in (hints if slip is None else (*hints, slip)))


def _conflicts(case: Case, said: Hint, number: int | None) -> bool:
    """Whether what was said conflicts with every hint a request, or the customer, has of that slot."""
    meant = _meant(case, said.slot, number)
    slip = case.slips.get((number, said.slot))
    known = meant if slip is None else [*meant, slip]
    if not meant or any(agree(said, hint, case.grammar) for hint in known):
        return False
    own = frozenset[str]() if number is None else own_texts(case.world, case.task.constraints[number])
    return all(conflict(said, hint, case.lore.texts, own) for hint in meant)


def _meant(case: Case, slot: str, number: int | None) -> list[Hint]:
    """Return the hints a request, or the customer, has of a slot."""
    hints = case.task.identity if number is None else case.task.requests[number].hints
    return [hint for hint in hints if hint.slot == slot]


def _wrongly_answered(case: Case, said: Said) -> Iterator[Finding]:
    """Look at free text that answers a single question: it names something else, and nothing of what is meant."""
    loose = " ".join(said.loose)
    if len(said.comes_to.asks) != 1 or not loose or "?" in loose:
        return
    (slot,) = said.comes_to.asks
    hints = [hint for number in case.open(said) for hint in case.task.requests[number].hints if hint.slot == slot]
    checks = [hint.check for hint in hints if hint.check is not None]
    if checks and len(checks) == len(hints) and all(check.instead and clash(_short(check), loose) for check in checks):
        yield Finding("contradicted", said.place, f"{slot}: {loose[:120]}", _only(case.open(said)))


def _short(check: Check) -> Check:
    """Return the part of a check that decides on an answer in free text: names of other things may well be in it."""
    return Check(any=check.any, instead=check.instead)


def _only(about: Sequence[int | None]) -> int | None:
    return about[0] if len(about) == 1 else None


def _given(case: Case) -> set[str]:
    """Return every text the customer was given, what they are meant to get wrong at first included."""
    requested = (hint for request in case.task.requests for hint in request.hints)
    hints = (*case.task.identity, *requested, *case.slips.values())
    return {text for hint in hints for text in texts(hint)}


def leaked_id(case: Case) -> Iterator[Finding]:
    """Gave an id that neither the hints nor the agent had given to them: a real one, or one that looks like it.

    One that is told in place of another they were given contradicts, and is no leak.
    """
    known = {token for text in _given(case) for token in TOKEN.findall(text)}
    heard = 0
    for said in case.said:
        for message in case.messages[heard : said.place]:
            if message.role == "assistant" and not message.calls:
                known.update(TOKEN.findall(message.content))
        heard = said.place
        tokens = dict.fromkeys(TOKEN.findall(EMAIL.sub(" ", said.text)))
        new = [token for token in tokens if token not in known and _is_id(case, token)]
        misstated = _misstated(case, said) if new else set()
        for token in new:
            if token not in misstated:
                owners = [number for number, one in enumerate(case.task.constraints) if token in ids_of(one)]
                real = "" if token in case.lore.ids else ", which nobody has"
                yield Finding("leaked_id", said.place, f"{token}{real}", _only(owners))


def _is_id(case: Case, token: str) -> bool:
    """Whether a token is a real id, or looks like one."""
    return token in case.lore.ids or shape(token) in case.lore.shapes


def _misstated(case: Case, said: Said) -> set[str]:
    """Return what might be ids in elements that contradict and are described the way they should be."""
    wrong = (
        hint
        for hint, about in _contradictions(case, said)
        if any(meant.form == hint.form for number in about for meant in _meant(case, hint.slot, number))
    )
    return {token for hint in wrong for text in texts(hint) for token in TOKEN.findall(text)}


def invented_request(case: Case) -> Iterator[Finding]:
    """Asked, in the grammar's words, for a kind of thing that no request of the task is."""
    acts = {request.act for request in case.task.requests}
    for said in case.said:
        for heard in said.asks_for:
            if heard.act not in acts:
                yield Finding("invented_request", said.place, heard.act.replace("_", " "))
