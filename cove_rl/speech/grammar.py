"""How customers word what they mean, and how an agent reads it back: one grammar, two directions."""

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Annotated, Any, cast

import msgspec

from cove_rl.errors import DomainError
from cove_rl.speech.spelling import Spelling
from cove_rl.speech.template import Template
from cove_rl.world.hint import Hint, Value

_NEXT_SENTENCE = re.compile(r"[.!?]\s+")
LONGEST = 4000
"""Characters of a message that are heard; the rest of a runaway message is ignored."""


class Heard(msgspec.Struct, frozen=True):
    """One thing understood in a customer's message: what kind of statement it was, and its hints by slot."""

    act: str
    hints: dict[str, Hint]


class Sentence(msgspec.Struct, frozen=True):
    """One sentence of a customer, and what it is meant to say.

    Attributes:
        act: the kind of statement, or which line without information it is ("hello", "remark", ...).
        text: its words.
        hints: the hints it carries, by slot.
        phrases: the words of these hints as they stand in the text, but for the case of its first letter.
    """

    act: str
    text: str
    hints: dict[str, Hint] = {}
    phrases: tuple[str, ...] = ()


class Listing(msgspec.Struct, frozen=True):
    """How several hints of one slot are strung together: between them, and before the last."""

    of: str
    between: str
    last: str


Texts = Annotated[list[str], msgspec.Meta(min_length=1)]
"""Wordings of one thing; there must be one at least."""


class Wordings(msgspec.Struct, frozen=True):
    """The part of a `speech.yaml` that a grammar is made of.

    Attributes:
        phrases: slot -> form -> wordings of a hint.
        acts: kind of statement -> sentences.
        lists: place -> how several hints are strung together.
        pairs: wordings of one option and its value.
        between_pairs: what stands between options.
        shapes: place -> regular expression of its content.
        misspelt: word -> ways in which it is often misspelt.
    """

    phrases: dict[str, dict[str, Texts]]
    acts: dict[str, Texts]
    lists: dict[str, Listing] = {}
    pairs: list[str] = []
    between_pairs: str = " plus "
    shapes: dict[str, str] = {}
    misspelt: dict[str, Texts] = {}


class Grammar:
    """The wordings of one domain's customers, as `speech.yaml` states them.

    Args:
        data: what can be converted to `Wordings`; other keys are passed over.

    Attributes:
        spelling: what may be misspelt, and is heard all the same.

    Raises:
        DomainError: if a wording cannot be used in both directions, or names a slot without phrases, or a misspelling
            can be read in two ways.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        wordings = msgspec.convert(data, Wordings)
        shapes = wordings.shapes
        self._phrases = {
            slot: {form: [Template(text, shapes) for text in texts] for form, texts in forms.items()}
            for slot, forms in wordings.phrases.items()
        }
        self._acts = {
            act: [Template(text, shapes, sentence=True) for text in texts] for act, texts in wordings.acts.items()
        }
        self._lists = wordings.lists
        self._pairs = wordings.pairs
        self._between_pairs = wordings.between_pairs
        self.spelling = Spelling(wordings.misspelt)
        self._check_slots()
        self._by_first: dict[str, list[tuple[str, Template]]] = {}
        for act, templates in self._acts.items():
            for one in templates:
                self._by_first.setdefault(one.first, []).append((act, one))

    def _check_slots(self) -> None:
        used = {place for templates in self._acts.values() for one in templates for place in one.places}
        used |= {listing.of for listing in self._lists.values()}
        unknown = sorted(used - self._phrases.keys())
        if unknown:
            raise DomainError(f"'{unknown[0]}' stands in a sentence, but has no phrases")

    def acts(self) -> Sequence[str]:
        """Return the kinds of statements customers make."""
        return list(self._acts)

    def templates(self, act: str) -> list[str]:
        """Return the sentences of this act as they are written, with their places."""
        return [one.text for one in self._acts.get(act, [])]

    def bare_forms(self, slot: str) -> list[str]:
        """Return the forms of a slot's hints that need no values."""
        return [
            form for form, ways in self._phrases.get(slot, {}).items() if not any(template.places for template in ways)
        ]

    def shapes_of(self, act: str) -> set[frozenset[str]]:
        """Return the sets of slots that one sentence of this act can carry."""
        return {frozenset(one.places) for one in self._acts.get(act, [])}

    def say(self, act: str, hints: Mapping[str, Hint], rng: Random) -> str:
        """Return the words of a sentence of this act that carries exactly these hints; see `compose`."""
        return self.compose(act, hints, rng).text

    def compose(self, act: str, hints: Mapping[str, Hint], rng: Random) -> Sentence:
        """Return a sentence of this act that carries exactly these hints.

        Raises:
            DomainError: if `speech.yaml` has no such sentence.
        """
        fitting = [one for one in self._acts.get(act, []) if set(one.places) == set(hints)]
        if not fitting:
            raise DomainError(f"speech.yaml has no sentence '{act}' with {', '.join(sorted(hints)) or 'no hint'}")
        template = rng.choice(fitting)
        phrases = {slot: self.word(hint, rng) for slot, hint in hints.items()}
        text = template.fill(phrases)
        return Sentence(act, text[0].upper() + text[1:], dict(hints), tuple(phrases.values()))

    def word(self, hint: Hint, rng: Random) -> str:
        """Return one wording of a hint, to stand inside a sentence."""
        try:
            template = rng.choice(self._phrases[hint.slot][hint.form])
        except KeyError:
            raise DomainError(f"speech.yaml has no wording for {hint.slot}.{hint.form}") from None
        return template.fill({place: self._fill(hint.values[place], place, rng) for place in template.places})

    def _fill(self, value: Value, place: str, rng: Random) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            return self._between_pairs.join(rng.choice(self._pair(*pair)) for pair in value.items())
        words = [self.word(hint, rng) for hint in value]
        if len(words) == 1:
            return words[0]
        listing = self._lists[place]
        return listing.between.join(words[:-1]) + listing.last + words[-1]

    def hear(self, text: str) -> list[Heard]:
        """Return what a message says, sentence by sentence; sentences nobody knows are passed over."""
        return [part for part in self.parse(text) if isinstance(part, Heard)]

    def parse(self, text: str) -> list[Heard | str]:
        """Return what a message says, sentence by sentence; sentences nobody knows as they are."""
        text = self.spelling.correct(text[:LONGEST])
        parts: list[Heard | str] = []
        start = 0
        while start < len(text):
            found = self._sentence(text, start)
            if found is not None:
                parts.append(found[0])
                start = found[1]
            else:
                following = _NEXT_SENTENCE.search(text, start)
                end = following.end() if following else len(text)
                parts.append(text[start:end].strip())
                start = end
            while start < len(text) and text[start].isspace():
                start += 1
        return parts

    def _sentence(self, text: str, start: int) -> tuple[Heard, int] | None:
        """Return what stands at `start` and where it ends.

        Of several readings it is the one that runs over the fewest ends of sentences, then the longest, then the
        fullest.
        """
        best: tuple[Heard, int] | None = None
        rank: tuple[int, ...] = ()
        space = text.find(" ", start)
        first = text[start : space if space >= 0 else len(text)].lower()
        for key in dict.fromkeys((first, "")):
            for act, template in self._by_first.get(key, ()):
                match = template.read(text, start)
                if match is None:
                    continue
                own = (-len(_NEXT_SENTENCE.findall(match[0])), match.end(), len(template.places))
                if best is not None and own <= rank:
                    continue
                hints = {slot: self.read(slot, match[slot]) for slot in template.places}
                if None not in hints.values():
                    best, rank = (Heard(act, cast("dict[str, Hint]", hints)), match.end()), own
        return best

    def read(self, slot: str, text: str) -> Hint | None:
        """Return the hint of that slot a phrase words, or None if no known form fits."""
        for form, templates in self._phrases.get(slot, {}).items():
            for template in templates:
                match = template.read(text)
                if match is None:
                    continue
                values = {place: self._read_place(place, match[place]) for place in template.places}
                if None not in values.values():
                    return Hint(slot, form, cast("dict[str, Value]", values))
        return None

    def _read_place(self, place: str, text: str) -> Value | None:
        if place in self._lists:
            listing = self._lists[place]
            head, _, last = text.rpartition(listing.last)
            parts = [*head.split(listing.between), last] if head else [last]
            hints = [self.read(listing.of, part) for part in parts]
            return None if None in hints else tuple(cast("list[Hint]", hints))
        if place in self._phrases:
            hint = self.read(place, text)
            return None if hint is None else (hint,)
        return text

    def describes(self, said: Value, options: Mapping[str, str]) -> bool:
        """Return whether every option named in `said` has, in `options`, the value it is named with.

        Args:
            said: option names and values, or the same as a message worded them.
            options: option names and values of the thing that may be meant.
        """
        return len(self.pairs(said, options)) == self.count_pairs(said)

    def count_pairs(self, said: Value) -> int:
        """Return how many options `said` names."""
        return len(said.split(self._between_pairs)) if isinstance(said, str) else len(said)

    def pairs(self, said: Value, options: Mapping[str, str]) -> dict[str, str]:
        """Return the options of `options` that `said` names with the right value."""
        if isinstance(said, dict):
            return {name: value for name, value in said.items() if options.get(name) == value}
        parts = {part.lower() for part in said.split(self._between_pairs)} if isinstance(said, str) else set()
        return {
            name: value
            for name, value in options.items()
            if any(form.lower() in parts for form in self._pair(name, value))
        }

    def _pair(self, name: str, value: str) -> list[str]:
        """Return the wordings of one option: the value alone where it says what it is ("twist lid"), or both."""
        return (
            [value] if name.lower() in value.lower() else [form.format(name=name, value=value) for form in self._pairs]
        )
