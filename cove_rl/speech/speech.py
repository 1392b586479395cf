"""Everything one domain says: its `speech.yaml` laid over the one all domains share."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from cove_rl.errors import DomainError
from cove_rl.sandbox import read_yaml
from cove_rl.speech.grammar import Grammar
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
        self.customer = Voice(data["customer"])
        self.agent = Voice(data["agent"])
        self.moods: dict[str, dict[str, list[str]]] = data["moods"]
        self.listen: dict[str, Any] = data["listen"]


@cache
def speech_of(domain: str) -> Speech:
    """Return what is said in a domain, read once.

    Raises:
        DomainError: if the domain's `speech.yaml` lacks a part or cannot be read.
    """
    path = get_domain(domain).data / "speech.yaml"
    try:
        own = _read(path)
        return Speech(_laid_over(read_yaml("speech.yaml"), own))
    except (OSError, KeyError, TypeError, yaml.YAMLError) as error:
        raise DomainError(f"{path}: {error}") from None


def _read(path: Path) -> dict[str, Any]:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise DomainError(f"{path}: expected a mapping with 'phrases', 'acts', 'agent' and 'listen'")
    return data


def _laid_over(base: Any, own: Any) -> Any:
    """Return `base` with `own` laid over it: mappings are merged, anything else is replaced."""
    if isinstance(base, dict) and isinstance(own, dict):
        return {key: _laid_over(base.get(key), own[key]) if key in own else base[key] for key in {**base, **own}}
    return own
