"""Which of the task's requests a customer has made, and which one is being talked about."""

from collections.abc import Iterator, Sequence

import msgspec

from cove_rl.audit.cues import cues
from cove_rl.audit.likeness import agree, texts
from cove_rl.audit.transcript import Said
from cove_rl.speech.grammar import Grammar, Heard
from cove_rl.tasks.task import Task
from cove_rl.users.listening import Ear
from cove_rl.world.hint import Hint


class Topics(msgspec.Struct, frozen=True):
    """What was talked about.

    Attributes:
        last: for each message of the customer, the requests that were told last, that message included: those of one
            message, usually one.
        told: the requests that were told in the grammar's words.
        unrevealed: requests that were certainly never mentioned.
        since: request -> number of the message that told it first.
    """

    last: tuple[tuple[int, ...], ...]
    told: frozenset[int]
    unrevealed: tuple[int, ...]
    since: dict[int, int]


class Follower:
    """Follows the topics of one conversation.

    Args:
        task: the task.
        grammar: the domain's.
        ear: what free text is about.
    """

    def __init__(self, task: Task, grammar: Grammar, ear: Ear) -> None:
        self._task = task
        self._grammar = grammar
        self._ear = ear
        self._since: dict[int, int] = {}
        self._evident: set[int] = set()

    def follow(self, said: Sequence[Said]) -> Topics:
        """Return the topics of a whole conversation."""
        last: list[tuple[int, ...]] = []
        for one in said:
            told = [self._take(heard, one.number) for heard in one.heard]
            fresh = tuple(dict.fromkeys(request for request in told if request is not None))
            last.append(fresh or (last[-1] if last else ()))
        unrevealed = tuple(self._unrevealed(said))
        return Topics(tuple(last), frozenset(self._since), unrevealed, self._since)

    def _take(self, heard: Heard, number: int) -> int | None:
        """Take in one sentence; return the request it tells, if it does."""
        if heard.act == "inform":
            every = self._with_act(None)
            self._evident.update(request for request in every if self._marks(heard, request, every))
            return None
        alike = self._with_act(heard.act)
        if not alike:
            return None
        named = [request for request in alike if self._marks(heard, request, alike)]
        self._evident.update(named)
        fresh = [request for request in alike if request not in self._since]
        chosen = next(iter(named or fresh or alike))  # told without a detail of its own, it is the next one
        self._since.setdefault(chosen, number)
        return chosen

    def _marks(self, heard: Heard, request: int, among: Sequence[int]) -> bool:
        """Whether a sentence has a hint that is this request's, and no other's among some."""
        return any(
            self._agrees(hint, request) and not any(self._agrees(hint, other) for other in among if other != request)
            for hint in heard.hints.values()
        )

    def _agrees(self, said: Hint, request: int) -> bool:
        return any(agree(said, hint, self._grammar) for hint in self._task.requests[request].hints)

    def _with_act(self, act: str | None) -> list[int]:
        return [number for number, one in enumerate(self._task.requests) if act is None or one.act == act]

    def _unrevealed(self, said: Sequence[Said]) -> Iterator[int]:
        """Yield the requests that left no trace: not told, none of their details given, and no free text about them."""
        strange = (cues().machine, cues().agent, cues().unfilled)
        free = (text for one in said for text in one.loose)
        loose = " ".join(text for text in free if not any(cue.search(text) for cue in strange))
        told = self._since.keys() - self._mistaken()
        for request in self._with_act(None):
            silent = request not in told and request not in self._evident
            if silent and not (loose and self._is_hinted(request, loose)):
                yield request

    def _mistaken(self) -> set[int]:
        """Return requests told without detail that were others: details of so many others of their kind came later."""
        mistaken: set[int] = set()
        for act in dict.fromkeys(request.act for request in self._task.requests):
            alike = self._with_act(act)
            bare = [request for request in alike if request in self._since and request not in self._evident]
            others = [request for request in alike if request in self._evident and request not in self._since]
            mistaken.update(bare[: len(others)])
        return mistaken

    def _is_hinted(self, request: int, loose: str) -> bool:
        """Whether free text may have been about a request: it speaks of its kind, or has one of its words."""
        one = self._task.requests[request]
        words = {word.lower() for hint in one.hints for word in texts(hint) if len(word) > 2}
        return self._ear.is_about(one.act, loose) or any(word in loose.lower() for word in words)
