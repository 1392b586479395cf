"""Whether two descriptions of an element mean the same, mean different ones, or leave that open."""

from collections.abc import Iterator, Set

import msgspec

from cove_rl.speech.grammar import Grammar
from cove_rl.users.listening import differs
from cove_rl.world.hint import Check, Hint, Value


def agree(said: Hint, meant: Hint, grammar: Grammar) -> bool:
    """Return whether what was said is the hint: the same form with the same values, in any wording."""
    if said.slot != meant.slot or said.form != meant.form or said.values.keys() != meant.values.keys():
        return False
    return all(_same(value, meant.values[place], grammar) for place, value in said.values.items())


def _same(said: Value, meant: Value, grammar: Grammar) -> bool:
    if isinstance(meant, dict):
        return grammar.count_pairs(said) == len(meant) and grammar.describes(said, meant)
    if isinstance(said, tuple) and isinstance(meant, tuple):
        return len(said) == len(meant) and all(any(agree(one, other, grammar) for other in meant) for one in said)
    return isinstance(said, str) and isinstance(meant, str) and said.lower() == meant.lower()


def conflict(said: Hint, meant: Hint, known: Set[str], own: Set[str]) -> bool:
    """Return whether what was said, where it does not agree with the hint, cannot be the element it describes.

    Only what a person could look up decides: values that the world knows, or that have digits in them. A phrase that
    merely reads like a description ("the weather") does not.

    Args:
        said: what was said.
        meant: the hint of the same slot.
        known: every text in the world, in lower case.
        own: the texts in the records the hint's goal is about, in lower case.
    """
    if meant.check is not None and clash(meant.check, f"{said.form.replace('_', ' ')} {' '.join(texts(said))}"):
        return True
    names = set(_names(said))
    if set(_names(meant)) <= own and (names - own - _lower(meant)) & known:
        return True
    return said.form == meant.form and any(
        isinstance(value, str)
        and isinstance(meant.values.get(place), str)
        and value.lower() != str(meant.values[place]).lower()
        and (value.lower() in known or any(letter.isdigit() for letter in value))
        for place, value in said.values.items()
    )


def clash(check: Check, text: str) -> bool:
    """Return whether a text names what is not meant; naming only a part of what is meant is no clash."""
    return differs(msgspec.structs.replace(check, all=()), text)


def texts(hint: Hint) -> Iterator[str]:
    """Yield every text in a hint's values, those of nested hints included."""
    for value in hint.values.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from value.values()
        else:
            for nested in value:
                yield from texts(nested)


def _names(hint: Hint) -> Iterator[str]:
    """Yield, in lower case, the names in nested hints: texts that are neither options nor ids."""
    for value in hint.values.values():
        for nested in value if isinstance(value, tuple) else ():
            own = nested.values.items() if nested.form != "exact" else ()
            yield from (text.lower() for place, text in own if isinstance(text, str) and place != "options")
            yield from _names(nested)


def _lower(hint: Hint) -> set[str]:
    return {text.lower() for text in texts(hint)}
