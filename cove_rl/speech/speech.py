"""Everything one domain says: its `speech.yaml` laid over the one all domains share."""

from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Any

import msgspec
import yaml

from cove_rl.errors import DomainError
from cove_rl.sandbox import read_yaml
from cove_rl.speech.grammar import Grammar, Texts
from cove_rl.world.domain import get_domain


class Voice:
    """Sentences by key, each with several wordings."""

    __slots__ = ("_lines",)

    def __init__(self, lines: Mapping[str, list[str]]) -> None:
        self._lines = lines

    def say(self, key: str, rng: Random, **values: str) -> str:
        """Return one wording of a sentence, its places filled.

        Raises:
            DomainError: if `speech.yaml` lacks the key.
        """
        if key not in self._lines:
            raise DomainError(f"speech.yaml has no sentences under '{key}'")
        return rng.choice(self._lines[key]).format(**values)

    def texts(self) -> list[str]:
        """Return every sentence, its places not filled."""
        return [text for texts in self._lines.values() for text in texts]

    def lines(self, key: str) -> list[str]:
        """Return the wordings of a sentence as they are written; none for a key that is not there."""
        return self._lines.get(key, [])


class Speech:
    """What is said in one domain.

    Attributes:
        grammar: how customers word requests and hints, in both directions.
        customer: sentences of the customer that carry no request.
        agent: sentences of the oracle.
        moods: mood -> "before"/"after" -> remarks without information.
        listen: what the customer takes an agent's sentence for (see `cove_rl.users.listening`).
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.grammar = Grammar(data)
        lines = msgspec.convert(data, _Lines)
        self.customer = Voice(lines.customer)
        self.agent = Voice(lines.agent)
        self.moods = lines.moods
        self.listen = lines.listen

    def sentences(self, act: str) -> list[str]:
        """Return all that a customer says of one kind, as it is written: an act's, a line's, or the remarks."""
        if act == "remark":
            return [text for mood in self.moods.values() for remarks in mood.values() for text in remarks]
        return self.grammar.templates(act) or self.customer.lines(act)


class _Lines(msgspec.Struct, frozen=True):
    customer: dict[str, Texts]
    agent: dict[str, Texts]
    moods: dict[str, dict[str, Texts]]
    listen: dict[str, Any]


@cache
def speech_of(domain: str) -> Speech:
    """Return what is said in a domain, read once.

    Raises:
        DomainError: if the domain's `speech.yaml` lacks a part or cannot be read.
    """
    path = get_domain(domain).data / "speech.yaml"
    try:
        own = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Speech(_laid_over(read_yaml("speech.yaml"), own))
    except (OSError, ValueError, DomainError, RecursionError, yaml.YAMLError) as error:
        raise DomainError(f"{path}: {error}") from None


def _laid_over(base: Any, own: Any) -> Any:
    """Return `base` with `own` laid over it: mappings are merged, anything else is replaced."""
    if isinstance(base, dict) and isinstance(own, dict):
        return {key: _laid_over(base.get(key), own[key]) if key in own else base[key] for key in {**base, **own}}
    return own
