"""A customer whose sentences a model words, and whose mind a state machine makes up.

`ScriptedUser` decides what to say and when to stop; a wording model is asked to say each sentence in other words. What
the guard does not let pass is said in the state machine's own words, so a model can neither add nor change a fact, nor
end a conversation. The model is not shown what the agent says: an agent cannot talk it into anything.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from cove_rl.endpoints.spent import Spent
from cove_rl.episode.trajectory import Message
from cove_rl.sandbox import read_yaml
from cove_rl.speech.grammar import Sentence
from cove_rl.speech.speech import speech_of
from cove_rl.tasks.task import Persona, Task
from cove_rl.users.guard import guard_of, plain_letters
from cove_rl.users.scripted import ScriptedUser
from cove_rl.users.turn import Turn

MARKS = "«»"
"""Stand around what is to be copied letter by letter."""
_PRIVATE = 0xE000
"""The first of the letters that stand for nothing in Unicode."""
_NUMBERED = re.compile(r"\s*(\d{1,2})\s*[.):]\s*(.*)")


class WordingModel(Protocol):
    """What words a customer's sentences."""

    async def reword(self, prompt: str) -> str:
        """Return the answer to a prompt such as `prompt_for` makes; whatever it raises is made up for."""
        ...


class Wordings(msgspec.Struct):
    """What became of a model's wordings.

    Attributes:
        sentences: how many were asked for.
        accepted: how many were said as the model worded them.
        faults: why the others were not -> how many; besides the guard's faults "missing" (no such line in the answer),
            "failed" (the model did not answer) and "together" (each could be said, but not one after the other).
    """

    sentences: int = 0
    accepted: int = 0
    faults: Counter[str] = msgspec.field(default_factory=Counter)

    def add(self, other: "Wordings") -> None:
        """Add what another customer counted."""
        self.sentences += other.sentences
        self.accepted += other.accepted
        self.faults.update(other.faults)


class HybridUser:
    """Plays the customer of one task in a model's words.

    Args:
        task: the task.
        model: words the sentences.
        spent: what the model uses is counted there, for `cove_rl.endpoints.spent.spent_by`.
        strict: whether a wording must also be one that the domain's grammar hears, as the oracle does. Without it the
            wordings are the model's own, and only a model understands all of them.

    Attributes:
        wordings: what became of the model's wordings so far.
        spent: what the model has used so far.
    """

    name = "hybrid"

    def __init__(self, task: Task, model: WordingModel, *, strict: bool = False, spent: Spent | None = None) -> None:
        self.wordings = Wordings()
        self.spent = spent or Spent()
        self._scripted = ScriptedUser(task)
        self._persona = task.persona
        self._model = model
        self._strict = strict
        self._guard = guard_of(task.domain, strict)
        self._grammar = speech_of(task.domain).grammar

    async def reply(self, conversation: Sequence[Message]) -> Message:
        """Return the customer's next message."""
        turn = self._scripted.decide(conversation)
        self.wordings.sentences += len(turn.sentences)
        worded = self._worded(turn, await self._answers(turn))
        return Message("user", self._scripted.spell(worded))

    async def _answers(self, turn: Turn) -> dict[int, str] | None:
        """Return the model's wordings by the sentence's number, from 1; None if it does not answer."""
        try:
            answer = await self._model.reword(prompt_for(turn.sentences, self._persona))
        except Exception:  # a model that is down costs variety, not the episode
            return None
        return read_answer(answer, len(turn.sentences))

    def _worded(self, turn: Turn, answers: dict[int, str] | None) -> Turn:
        """Return the turn with every sentence that may be said as the model worded it."""
        if answers is None:
            self.wordings.faults["failed"] += len(turn.sentences)
            return turn
        said = [self._judged(sentence, answers.get(place)) for place, sentence in enumerate(turn.sentences, start=1)]
        accepted = sum(one is not sentence for one, sentence in zip(said, turn.sentences, strict=True))
        worded = replace(turn, sentences=tuple(said))
        if self._strict and self._grammar.hear(worded.text) != self._grammar.hear(turn.text):
            self.wordings.faults["together"] += accepted
            return turn
        self.wordings.accepted += accepted
        return worded

    def _judged(self, sentence: Sentence, text: str | None) -> Sentence:
        """Return the sentence as it may be said."""
        fault = "missing" if text is None else self._guard.fault(sentence, text)
        if text is None or fault is not None:
            self.wordings.faults[str(fault)] += 1
            return sentence
        return replace(sentence, text=text)


def prompt_for(sentences: Sequence[Sentence], persona: Persona) -> str:
    """Return what the model is asked: the rules, how the customer sounds, and the numbered sentences."""
    asked = _asked()
    style = f"{asked['style']['mood'][persona.mood]} {asked['style']['verbosity'][persona.verbosity]}"
    lines = [f"{number}. {_marked(sentence)}" for number, sentence in enumerate(sentences, start=1)]
    prompt: str = asked["prompt"]
    return prompt.format(style=style, lines="\n".join(lines))


def _marked(sentence: Sentence) -> str:
    """Return a sentence with marks around the words of its hints."""
    text, marked = sentence.text, sorted(sentence.phrases, key=len, reverse=True)
    for number, phrase in enumerate(marked):  # the longest first: a shorter one may stand inside it
        text = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", chr(_PRIVATE + number), text, count=1, flags=re.IGNORECASE)
    for number, phrase in enumerate(marked):
        text = text.replace(chr(_PRIVATE + number), f"{MARKS[0]}{phrase}{MARKS[1]}")
    return text


def read_answer(answer: str, count: int) -> dict[int, str]:
    """Return the lines of an answer by their number; one line without a number may answer a single sentence."""
    lines = [line for line in answer.splitlines() if line.strip()]
    numbered = [match for match in map(_NUMBERED.fullmatch, lines) if match is not None]
    if not numbered and len(lines) == count == 1:
        return {1: _unmarked(lines[0])}
    return {int(match[1]): _unmarked(match[2]) for match in reversed(numbered)}


def _unmarked(line: str) -> str:
    return plain_letters(line.translate(dict.fromkeys(map(ord, MARKS))))


@cache
def _asked() -> dict[str, Any]:
    data: dict[str, Any] = read_yaml("wording.yaml")
    return data
