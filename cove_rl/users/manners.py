"""How a customer talks, whatever it is about: remarks, complaints, digressions, typos."""

from collections.abc import Sequence
from random import Random

from msgspec.structs import replace

from cove_rl.speech.grammar import Sentence
from cove_rl.speech.speech import speech_of
from cove_rl.tasks.task import Task
from cove_rl.users.turn import Turn

REMARKS = {"terse": 0.0, "normal": 0.25, "chatty": 0.7}
"""Probability of a remark before, and again after, what is said (ours: one message in two has one when "normal")."""


class Manners:
    """The manners of one customer.

    Args:
        task: the task; its persona decides.
        rng: what a customer without traits draws from as well.
    """

    def __init__(self, task: Task, rng: Random) -> None:
        self._persona = task.persona
        self._traits = task.persona.known_traits
        self._speech = speech_of(task.domain)
        self._rng = rng
        self._moods = Random(f"{task.seed}:manners")  # noqa: S311  (wording, not security)
        self._wasted = 0

    def turn(self, sentences: Sequence[Sentence]) -> Turn:
        """Return what is said with remarks around it, as mood and verbosity have it, and what else crops up."""
        share = REMARKS[self._persona.verbosity]
        remarks = self._speech.moods[self._persona.mood]
        before = [self._remark(remarks["before"])] if self._rng.random() < share else []
        stops = sentences[-1].act == "bye"
        after = [self._remark(remarks["after"])] if not stops and self._rng.random() < share else []
        return Turn((*before, *self._digression(), *sentences, *after), stops)

    def grumble(self, sentences: list[Sentence], *, wasted: bool) -> list[Sentence]:
        """Return what is said with a complaint before it, if it is one message too many that led nowhere."""
        self._wasted += wasted
        if not (wasted and self._traits.patience and self._wasted > self._traits.patience):
            return sentences
        return [Sentence("complaint", self._speech.customer.say("complaint", self._moods)), *sentences]

    def spell(self, turn: Turn) -> str:
        """Return the text of a turn, some words of it misspelt; hints are left as they are."""
        if self._traits.typos == 0:
            return turn.text
        spelling, share = self._speech.grammar.spelling, self._traits.typos
        spelt = [
            replace(one, text=spelling.misspell(one.text, share, self._moods, one.phrases)) for one in turn.sentences
        ]
        return replace(turn, sentences=tuple(spelt)).text

    def _digression(self) -> list[Sentence]:
        if self._traits.digressions == 0 or self._moods.random() >= self._traits.digressions:
            return []
        return [Sentence("digression", self._speech.customer.say("digression", self._moods))]

    def _remark(self, remarks: Sequence[str]) -> Sentence:
        return Sentence("remark", self._rng.choice(remarks))
