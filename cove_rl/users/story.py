"""What a customer knows of their task, in words: who they are, what they want, and the details of it."""

from random import Random

import msgspec

from cove_rl.speech.speech import speech_of
from cove_rl.tasks.task import Task


class Wish(msgspec.Struct, frozen=True):
    """One request in the customer's words.

    Attributes:
        opening: a sentence that asks for it, with no more detail than it takes.
        details: its elements as the customer describes them; those in the opening are not repeated.
    """

    opening: str
    details: tuple[str, ...]


class Story(msgspec.Struct, frozen=True):
    """A task in the customer's words.

    Attributes:
        identity: how they say who they are.
        wishes: what they want, in their order.
    """

    identity: tuple[str, ...]
    wishes: tuple[Wish, ...]


def story_of(task: Task) -> Story:
    """Return what the customer of a task knows, worded as its seed has it; exact ids only where the task gives them."""
    grammar = speech_of(task.domain).grammar
    rng = Random(f"{task.seed}:story")  # noqa: S311  (wording, not security)
    wishes = []
    for request in task.requests:
        hints = {hint.slot: hint for hint in request.hints}
        told = min((shape for shape in grammar.shapes_of(request.act) if shape <= set(hints)), key=_size)
        opening = grammar.say(request.act, {slot: hints[slot] for slot in hints if slot in told}, rng)
        wishes.append(Wish(opening, tuple(grammar.word(hints[slot], rng) for slot in hints if slot not in told)))
    return Story(tuple(grammar.word(hint, rng) for hint in task.identity), tuple(wishes))


def _size(shape: frozenset[str]) -> tuple[int, list[str]]:
    return len(shape), sorted(shape)
