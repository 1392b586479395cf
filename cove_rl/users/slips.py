"""What customers get wrong the first time they tell it: one detail of a request, or who they are."""

from random import Random

from cove_rl.speech.speech import speech_of
from cove_rl.tasks.task import Task, is_actionable
from cove_rl.users.lies import lie_about
from cove_rl.world.hint import Hint

Slips = dict[tuple[int | None, str], Hint]
"""Place of the request in its task (None for who the customer is) and slot -> what is said first instead."""


def slips_of(task: Task) -> Slips:
    """Return what the customer of a task tells wrong first, by the task's seed and the persona's `slips` alone."""
    slips: Slips = {}
    if task.persona.known_traits.slips == 0:
        return slips
    told: dict[int | None, tuple[Hint, ...]] = {None: task.identity[:1]}
    told.update((number, one.hints) for number, one in enumerate(task.requests) if _can_be_mended(task, number))
    for number, hints in told.items():
        slip = _slip(task, Random(f"{task.seed}:slip:{number}"), hints)  # noqa: S311  (wording, not security)
        if slip is not None:
            slips[number, slip.slot] = slip
    return slips


def _can_be_mended(task: Task, number: int) -> bool:
    """Whether a request is proposed before it is carried out: then a slip is put right in time."""
    constraint = task.requests[number].constraint
    return is_actionable(constraint) and not constraint.transfer


def _slip(task: Task, rng: Random, hints: tuple[Hint, ...]) -> Hint | None:
    if rng.random() >= task.persona.known_traits.slips:
        return None
    grammar = speech_of(task.domain).grammar
    lies = [lie for hint in hints if (lie := lie_about(hint, grammar, rng)) is not None]
    return rng.choice(lies) if lies else None
