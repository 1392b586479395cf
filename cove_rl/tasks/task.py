"""A task: one customer, what they want and how they talk; serialisable and reproducible byte for byte."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union

import msgspec
from msgspec import UNSET, Meta, UnsetType

from cove_rl.errors import DomainError, InputError
from cove_rl.files import decode_json, read_jsonl
from cove_rl.world.constraint import Constraint
from cove_rl.world.domain import get_domain
from cove_rl.world.hint import Hint, Request
from cove_rl.world.world import WorldRef

Mood = Literal["neutral", "friendly", "hurried", "annoyed"]
Verbosity = Literal["terse", "normal", "chatty"]
Openness = Literal["reserved", "normal", "open"]
Corrects = Literal["at_once", "late"]
Share = Annotated[float, Meta(ge=0, le=1)]


class Traits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What makes a customer hard to serve; by default nothing does.

    Attributes:
        patience: messages that brought them no further, after which every other one is complained about; 0 for any
            number of them.
        typos: share of the words that are misspelt, of those that can be; never a name, a number or a value.
        digressions: probability that a message has a sentence off the subject.
        together: requests that are made in one message, at most.
        slips: probability that one detail of a request, or who they are, is told wrong the first time.
        corrects: when that is put right by themselves: with the next message, or not before the agent proposes it.
    """

    patience: Annotated[int, Meta(ge=0)] = 0
    typos: Share = 0.0
    digressions: Share = 0.0
    together: Annotated[int, Meta(ge=1)] = 1
    slips: Share = 0.0
    corrects: Corrects = "late"


PLAIN = Traits()
"""A customer without any of them."""


class Persona(msgspec.Struct, frozen=True):
    """How a customer talks.

    Attributes:
        mood: the colour of remarks that carry no information.
        verbosity: how many such remarks there are.
        openness: how much of a request is told at its first mention.
        traits: what makes them hard to serve; left out of files where nothing does.
    """

    mood: Mood = "neutral"
    verbosity: Verbosity = "normal"
    openness: Openness = "normal"
    traits: Traits | UnsetType = UNSET

    @property
    def known_traits(self) -> Traits:
        """The traits, those of a plain customer where none are given."""
        return PLAIN if self.traits is UNSET else self.traits


class Task(msgspec.Struct, frozen=True):
    """Constraints, hints, persona, world and seed: everything an episode needs, and nothing else.

    Attributes:
        id: unique within a run: domain, seed and index.
        domain: the domain's name.
        world: which world the ids are from.
        seed: seeds the customer's wording and whatever else is random in the episode.
        persona: how the customer talks.
        identity: how the customer says who they are.
        requests: what the customer wants, in the order in which they will mention it.
    """

    id: str
    domain: str
    world: WorldRef
    seed: str
    persona: Persona
    identity: tuple[Hint, ...]
    requests: tuple[Request, ...]

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """The exact goals, one per request."""
        return tuple(request.constraint for request in self.requests)


class _RequestFile(msgspec.Struct, forbid_unknown_fields=True):
    constraint: msgspec.Raw
    act: str
    hints: tuple[Hint, ...]


class _TaskFile(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    domain: str
    world: WorldRef
    seed: str
    persona: Persona
    identity: tuple[Hint, ...]
    requests: tuple[_RequestFile, ...]


def encode_task(task: Task) -> bytes:
    """Return the task as one line of JSON, without the line's end."""
    return msgspec.json.encode(task)


def decode_task(line: str | bytes) -> Task:
    """Return the task in one line of JSON.

    Raises:
        InputError: if it is none.
    """
    data = line.encode() if isinstance(line, str) else line
    return _checked(decode_json(data, _TaskFile, "a task"), "a task")


def load_tasks(path: Path) -> Iterator[Task]:
    """Yield the tasks of a JSON-lines file.

    Raises:
        InputError: for the first line that is no task, naming the line and the fault.
    """
    for number, row in enumerate(read_jsonl(path, _TaskFile), start=1):
        yield _checked(row, f"{path}, line {number}")


def _checked(row: _TaskFile, place: str) -> Task:
    try:
        return _assemble(row)
    except (msgspec.MsgspecError, DomainError, RecursionError) as error:
        raise InputError(f"{place}: {str(error)[:300]}") from None


def _assemble(row: _TaskFile) -> Task:
    decoder = _constraint_decoder(row.domain)
    requests = tuple(Request(decoder.decode(one.constraint), one.act, one.hints) for one in row.requests)
    if row.world.domain != row.domain:
        raise msgspec.ValidationError(f"the task is of domain '{row.domain}', its world of '{row.world.domain}'")
    if not any(is_actionable(request.constraint) for request in requests):
        raise msgspec.ValidationError("a task needs a request that can be acted on; refusals alone reward inaction")
    return Task(row.id, row.domain, row.world, row.seed, row.persona, row.identity, requests)


def is_actionable(constraint: Constraint) -> bool:
    """Return whether meeting the constraint takes a write or a transfer, so that inaction cannot meet it."""
    return constraint.transfer or type(constraint).goals is not Constraint.goals


@cache
def _constraint_decoder(domain: str) -> "msgspec.json.Decoder[Constraint]":
    kinds: Any = Union[get_domain(domain).constraints]  # noqa: UP007  (built from a tuple)
    return msgspec.json.Decoder(kinds)
