"""A wording model that is a program: it rewords by rule, and spoils as many sentences as it is told to.

It stands in for a language model where there is none, and plants the faults the guard has to find.
"""

import re
from collections.abc import Callable, Mapping
from random import Random

import msgspec

from cove_rl.episode.episode import STOP
from cove_rl.sandbox import read_yaml

_LINE = re.compile(r"^(\d{1,2})\. (.*)$", re.MULTILINE)
_COPIED = re.compile("«([^»]*)»")
_NUMBER = re.compile(r"\d+")
_NAME = re.compile(r"\b[A-Z][a-z]{2,}")


class Reworded(msgspec.Struct, frozen=True):
    """What the program made of one sentence.

    Attributes:
        asked: the sentence as it was asked for, its marks left out.
        answer: what became of it.
        spoilt: how it was spoilt; "" if it says the same as before.
    """

    asked: str
    answer: str
    spoilt: str


class RuleModel:
    """Rewords by rule.

    Args:
        seed: equal seeds and prompts give equal answers.
        spoil: share of sentences that are spoilt, in [0, 1].

    Attributes:
        log: what became of every sentence so far.
    """

    def __init__(self, seed: str, spoil: float = 0.0) -> None:
        self.log: list[Reworded] = []
        self._rng = Random(f"{seed}:wording")  # noqa: S311  (wording, not security)
        self._spoil = spoil
        rules = read_yaml("rewording.yaml")
        self._instead: dict[str, list[str]] = rules["instead"]
        self._around: dict[str, list[str]] = rules["around"]

    async def reword(self, prompt: str) -> str:
        """Return the numbered sentences of a prompt in other words."""
        lines = [f"{number}. {self._reword(sentence)}" for number, sentence in _LINE.findall(prompt)]
        return "\n".join(lines)

    def _reword(self, marked: str) -> str:
        text, kind = _COPIED.sub(r"\1", marked), ""
        answer = self._paraphrase(text)
        if self._rng.random() < self._spoil:
            kind = self._rng.choice([name for name, fits in FITS.items() if fits(marked)])
            answer = SPOILERS[kind](marked, self._rng)
        self.log.append(Reworded(text, answer, kind))
        return answer

    def _paraphrase(self, text: str) -> str:
        """Exchange the beginning, or put a courtesy before or after."""
        for beginning, others in self._instead.items():
            if text.startswith(beginning) and self._rng.random() < 0.7:
                text = self._rng.choice(others) + text[len(beginning) :]
                break
        where = self._rng.choice(["before", "after", "neither"])
        if where == "before":
            return f"{self._rng.choice(self._around['before'])} {text}"
        return f"{text} {self._rng.choice(self._around['after'])}" if where == "after" else text


def _bare(marked: str) -> str:
    return _COPIED.sub(r"\1", marked)


def _drop(marked: str, rng: Random) -> str:
    """Leave the words of one hint away."""
    chosen = rng.choice(_COPIED.findall(marked))
    return _bare(marked.replace(f"«{chosen}»", "it", 1))


def _number(marked: str, rng: Random) -> str:
    """Change one digit."""
    text = _bare(marked)
    found = rng.choice(list(_NUMBER.finditer(text)))
    place = rng.randrange(found.start(), found.end())
    return f"{text[:place]}{(int(text[place]) + rng.randint(1, 9)) % 10}{text[place + 1 :]}"


def _name(marked: str, rng: Random) -> str:
    """Say another name."""
    parts = _COPIED.split(marked)
    place = rng.choice([number for number in range(1, len(parts), 2) if _NAME.search(parts[number])])
    found = rng.choice(list(_NAME.finditer(parts[place])))
    other = rng.choice([name for name in ("Zebra", "Harbor", "Quentin", "Mallory") if name != found[0]])
    parts[place] = parts[place][: found.start()] + other + parts[place][found.end() :]
    return "".join(parts)


def _negate(marked: str, rng: Random) -> str:
    """Say the opposite."""
    text = _bare(marked)
    if text.startswith("Yes") and rng.random() < 0.5:
        return f"No, don't{text[3:]}"
    return rng.choice(["I don't want that: {}", "Please do not do this: {}", "It is not true that {}"]).format(text)


def _more(marked: str, rng: Random) -> str:
    """Add a fact."""
    facts = ["And the Tent too.", "Use my gift card.", "My name is Mallory.", "Make it red.", "It's for two people."]
    return f"{_bare(marked)} {rng.choice(facts)}"


def _hold_back(marked: str, rng: Random) -> str:
    """Make a request conditional, or no request."""
    ways = ["Only if it is free: {}", "My sister said: {}", "Yesterday I thought: {}", "{} But keep it for now."]
    return rng.choice(ways).format(_bare(marked))


def _choose(*answers: str) -> Callable[[str, Random], str]:
    return lambda marked, rng: rng.choice(answers).format(_bare(marked))


SPOILERS: Mapping[str, Callable[[str, Random], str]] = {
    "a fact dropped": _drop,
    "a number changed": _number,
    "a name changed": _name,
    "negated": _negate,
    "a fact added": _more,
    "held back": _hold_back,
    "an id added": _choose("{} The order is #W0123456.", "{} It was credit_card_0123456.", "{} Item 0123456789."),
    "stopped": _choose(f"{{}} {STOP}", STOP, "{} ###"),
    "a question added": _choose("{} What is my order number?", "{} Can you tell me my address?", "{} Who are you?"),
    "another language": _choose("Das ist es, danke.", "Je voudrais autre chose.", "\u597d\u7684"),
    "empty": _choose("", "   ", "...", '""'),
    "rubbish": _choose("{{}}", "<|im_end|>", "asdf qwer zxcv", "As an AI model I cannot do that.", "0 / 0"),
}
"""Way to spoil a sentence -> what does it, given the sentence with marks around what is to be copied."""

FITS: Mapping[str, Callable[[str], bool]] = {
    **dict.fromkeys(SPOILERS, bool),
    "a fact dropped": lambda marked: "«" in marked,
    "a number changed": lambda marked: _NUMBER.search(marked) is not None,
    "a name changed": lambda marked: any(_NAME.search(part) for part in _COPIED.findall(marked)),
}
"""Way to spoil a sentence -> whether it can be done to this one."""
