"""What is in a data set: counts, distributions, duplicates, and where the conversations come from."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from cove_rl.data.conversation import Conversation
from cove_rl.distribution import describe
from cove_rl.world.world import WorldRef

MEASURES = ("turns", "calls", "constraints", "characters", "score")
"""What distributions are kept of, one number per conversation."""


class Stats:
    """Figures of a data set, added up one conversation at a time; texts are not kept.

    Attributes:
        conversations: how many there are.
        tasks: how many different tasks they are about.
        duplicates: conversations that say and do what an earlier one said and did, word for word.
        domains: domain -> conversations.
        teachers: who played the agent -> conversations.
        users: who played the customer -> conversations.
        endings: what ended them -> conversations.
        kinds: kind of constraint -> conversations whose task has one.
        worlds: domain and fingerprint -> the world; of what was imported, nobody knows the latter.
        measures: measure -> one number per conversation; what nobody knows is left out.
    """

    def __init__(self) -> None:
        self.domains: Counter[str] = Counter()
        self.teachers: Counter[str] = Counter()
        self.users: Counter[str] = Counter()
        self.endings: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.worlds: dict[tuple[str, str], WorldRef] = {}
        self.measures: dict[str, list[float]] = {name: [] for name in MEASURES}
        self._tasks: set[tuple[str, str, str]] = set()
        self._seen: Counter[bytes] = Counter()

    @property
    def conversations(self) -> int:
        """How many there are."""
        return self._seen.total()

    @property
    def tasks(self) -> int:
        """How many different tasks they are about."""
        return len(self._tasks)

    @property
    def duplicates(self) -> int:
        """Conversations that say and do what an earlier one said and did, word for word."""
        return self.conversations - len(self._seen)

    def add(self, conversation: Conversation) -> None:
        """Count one conversation."""
        trajectory = conversation.trajectory
        self.domains[conversation.domain] += 1
        self.teachers[trajectory.agent] += 1
        self.users[trajectory.user] += 1
        self.endings[trajectory.outcome.ending] += 1
        if conversation.task is not None:
            self.kinds.update({constraint.kind for constraint in conversation.task.constraints})
        world = conversation.domain, trajectory.world.fingerprint
        self.worlds.setdefault(world, trajectory.world)
        self._tasks.add((*world, trajectory.task_id))
        self._seen[hashlib.sha256(msgspec.json.encode(trajectory.messages)).digest()] += 1
        for name, number in _measured(conversation):
            self.measures[name].append(number)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return every count by name, each with the most frequent first."""
        tables = {
            "domain": self.domains,
            "teacher": self.teachers,
            "user": self.users,
            "ending": self.endings,
            "kind of constraint": self.kinds,
        }
        return {name: dict(sorted(table.items(), key=_by_frequency)) for name, table in tables.items()}

    def summary(self) -> dict[str, Any]:
        """Return everything in figures."""
        return {
            "conversations": self.conversations,
            "tasks": self.tasks,
            "duplicates": self.duplicates,
            "counts": self.counts(),
            "distributions": {name: describe(numbers) for name, numbers in self.measures.items()},
        }


def _by_frequency(entry: tuple[str, int]) -> tuple[int, str]:
    return -entry[1], entry[0]


def _measured(conversation: Conversation) -> Iterator[tuple[str, float]]:
    """Yield what is known of one conversation, counted from its messages where nobody has noted it."""
    messages = conversation.trajectory.messages
    yield "turns", sum(message.role != "tool" for message in messages[1:])
    yield "calls", sum(len(message.calls) for message in messages)
    yield "characters", sum(len(message.content) for message in messages)
    if conversation.task is not None:
        yield "constraints", len(conversation.task.constraints)
    if conversation.facts is not None:
        yield "score", conversation.facts.score
