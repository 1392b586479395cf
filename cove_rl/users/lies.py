"""Describe an element wrongly, in words the grammar has for it: what a customer says who mixes things up."""

from collections.abc import Iterator
from random import Random

import msgspec

from cove_rl.speech.grammar import Grammar
from cove_rl.users.listening import differs
from cove_rl.world.hint import Check, Hint, Value


def lie_about(hint: Hint, grammar: Grammar, rng: Random) -> Hint | None:
    """Return a hint of the same slot that describes something else, or None if none can be told apart from it.

    It has no check: who believes it takes any proposal for right.
    """
    lies = [*_other_digits(hint, rng), *_other_forms(hint, grammar), *_other_names(hint)]
    return msgspec.structs.replace(rng.choice(lies), check=None) if lies and not hint.exact else None


def _other_digits(hint: Hint, rng: Random) -> Iterator[Hint]:
    """Yield the hint with one digit of one value changed: of a zip code, say, or of an e-mail address."""
    for place, value in hint.values.items():
        if isinstance(value, str):
            digits = [at for at, letter in enumerate(value) if letter in "0123456789"]
            if digits:
                at = rng.choice(digits)
                wrong = f"{value[:at]}{(int(value[at]) + rng.randint(1, 9)) % 10}{value[at + 1 :]}"
                yield msgspec.structs.replace(hint, values={**hint.values, place: wrong})


def _other_forms(hint: Hint, grammar: Grammar) -> Iterator[Hint]:
    """Yield other forms without values, of which the hint's check shows that they mean something else."""
    for form in grammar.bare_forms(hint.slot):
        if hint.check is not None and form != hint.form and differs(hint.check, form.replace("_", " ")):
            yield Hint(hint.slot, form)


def _other_names(hint: Hint) -> Iterator[Hint]:
    """Yield a list with one of its parts replaced by something that must not be there."""
    check = hint.check or Check()
    for place, parts in hint.values.items():
        if isinstance(parts, tuple) and parts:
            first = _replaced(parts[0], check, alone=len(parts) == 1)
            if first is not None:
                yield msgspec.structs.replace(hint, values={**hint.values, place: (first, *parts[1:])})


def _replaced(part: Hint, check: Check, *, alone: bool) -> Hint | None:
    """Return a part of a list with another name; or, of a list of one, with another value of its only option."""
    names = [place for place, value in part.values.items() if isinstance(value, str)]
    if len(names) == 1 and check.never:
        values: dict[str, Value] = {names[0]: check.never[0]}
        return msgspec.structs.replace(part, form="name", values=values)
    for place, nested in part.values.items():
        options = nested[0].values.get("options") if isinstance(nested, tuple) else None
        if (
            place == "new"
            and isinstance(nested, tuple)
            and isinstance(options, dict)
            and len(options) == 1
            and alone
            and check.instead
        ):
            wrong = {**options, next(iter(options)): check.instead[0]}
            new = msgspec.structs.replace(nested[0], values={"options": wrong})
            return msgspec.structs.replace(part, values={**part.values, place: (new,)})
    return None
