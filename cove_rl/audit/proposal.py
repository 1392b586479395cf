"""Is a proposal, by its words alone, what the customer wants?"""

from collections.abc import Iterator

import msgspec

from cove_rl.audit.case import Case
from cove_rl.audit.likeness import texts
from cove_rl.audit.lore import TOKEN, ids_of, own_texts, texts_of
from cove_rl.users.listening import differs
from cove_rl.world.constraint import Constraint
from cove_rl.world.hint import Check, Hint, Request


def is_right(case: Case, request: Request, proposal: str) -> bool:
    """Return whether a proposal shows everything a goal depends on, and nothing else, as far as a customer can check.

    What the goal leaves open need not be named: who pays where nothing is to be paid. Where it depends on something
    that no check covers, its own id or its figures must be named. Every id that is named must be the goal's, or of the
    record that the request describes.
    """
    if not case.possible(request) or not case.ear.is_about(request.act, proposal) or case.is_wrong(request, proposal):
        return False
    goal = request.constraint
    hints = [hint for hint in request.hints if hint.slot not in goal.moot]
    shown = all(_shows(check, proposal) for hint in hints for check in hint.checks)
    blind = any(not hint.checks for hint in hints)
    others = _ids(case, proposal) - ids_of(goal)
    return (
        shown
        and all(is_described(case, request, one, proposal) for one in others)
        and not (blind and _is_vague(case, goal, proposal))
    )


def is_described(case: Case, request: Request, key: str, proposal: str) -> bool:
    """Return whether an id is that of the record a request describes although its goal names none of that kind.

    A claim for compensation is about a trip, say, but what must hold in the end is the customer's. The record must be
    one that those the goal names refer to, and show what the hint for its kind (the one whose slot has its name) lets a
    customer check. Where others do so too, the proposal must repeat how the customer has described theirs.
    """
    kind, rows = next(((kind, rows) for kind, rows in case.world.tables.items() if key in rows), (None, {}))
    hints = [hint for hint in request.hints if kind and hint.slot == kind.__name__.lower() and hint.checks]
    if not hints or rows.keys() & ids_of(request.constraint):
        return False
    near = own_texts(case.world, request.constraint)
    akin = {one: " ".join(texts_of(rows[one])) for one in rows if one.lower() in near}
    fitting = [one for one, said in akin.items() if all(_shows(check, said) for hint in hints for check in hint.checks)]
    repeats = all(_stands(word, proposal) for hint in hints for word in _words(hint))
    return key in fitting and (len(fitting) == 1 or repeats)


def _words(hint: Hint) -> Iterator[str]:
    """Yield the texts of a description, and the names of the forms in it that have none: "basic economy"."""
    yield from texts(hint)
    nested = (one for value in hint.values.values() if isinstance(value, tuple) for one in value)
    yield from (one.form.replace("_", " ") for one in nested if not one.values)


def _ids(case: Case, text: str) -> set[str]:
    return {one for one in TOKEN.findall(text) if one in case.lore.ids}


def _is_vague(case: Case, goal: Constraint, proposal: str) -> bool:
    """Whether a proposal names neither an id of the goal, other than who the customer is, nor all of its figures."""
    known = {text for hint in case.task.identity for text in texts(hint)}
    figures = list(_figures(goal))
    named = _ids(case, proposal) & ids_of(goal) - known
    return not named and not (figures and all(_stands(one, proposal) for one in figures))


def _figures(goal: Constraint) -> Iterator[str]:
    """Yield the numbers among a goal's own values, as text."""
    values = msgspec.structs.asdict(goal).values()
    return (str(value) for value in values if isinstance(value, int | float))


def _shows(check: Check, proposal: str) -> bool:
    """Whether a proposal has all the words that a check asks for; of alternatives, one."""
    named = [_stands(word, proposal) for word in check.any]
    enough = all(named) if check.all else any(named) or not named
    return enough and all(_stands(word, proposal) for word in check.all)


def _stands(word: str, text: str) -> bool:
    return differs(Check(never=(word,)), text)
