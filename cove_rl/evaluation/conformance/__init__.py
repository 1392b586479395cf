"""An executable definition of a valid domain: every check by itself, with the first counterexample and what to do."""

from collections.abc import Callable, Collection, Iterator

from cove_rl.errors import InputError
from cove_rl.evaluation.conformance import definition, hints, tasks, tools, verdicts, worlds
from cove_rl.evaluation.conformance.check import Check, Finding, ask
from cove_rl.evaluation.conformance.subject import Sizes, Subject

__all__ = ["CHECKS", "Check", "Finding", "Sizes", "examine", "select"]

CHECKS: tuple[Check, ...] = (
    *definition.CHECKS,
    *worlds.CHECKS,
    *tools.CHECKS,
    *tasks.CHECKS,
    *hints.CHECKS,
    *verdicts.CHECKS,
)
"""What makes a domain valid, in the order in which it is looked at."""


def select(names: Collection[str]) -> tuple[Check, ...]:
    """Return the checks of these names, or of groups of these names; all of them if there is none.

    Raises:
        InputError: if a name is neither a check's nor a group's.
    """
    known = {one.name for one in CHECKS} | {one.group for one in CHECKS}
    for name in names:
        if name not in known:
            raise InputError(f"no check is named '{name}'; the checks are {', '.join(one.name for one in CHECKS)}")
    return tuple(one for one in CHECKS if not names or {one.name, one.group} & set(names))


def examine(
    name: str, sizes: Sizes, checks: Collection[Check] = CHECKS, begin: Callable[[Check], object] = lambda _: None
) -> Iterator[Finding]:
    """Yield what each check finds in a domain. Nothing the domain's code does ends it, short of never returning.

    Args:
        name: the domain's.
        sizes: how much is tried.
        checks: what is asked.
        begin: called before each check.
    """
    subject = Subject(name, sizes)
    for one in checks:
        begin(one)
        yield ask(one, subject)
