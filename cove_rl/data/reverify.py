"""Verify a data set again from its file alone: worlds from their seeds, results from the tools, scores from both."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

import msgspec

from cove_rl.data.conversation import Conversation
from cove_rl.episode.episode import TOO_LATE
from cove_rl.episode.trajectory import Trajectory
from cove_rl.tasks.worlds import Worlds
from cove_rl.verify.replay import replay
from cove_rl.verify.verifier import verify
from cove_rl.world.domain import Domain, get_domain
from cove_rl.world.world import World

EXAMPLES = 20
"""Faulty conversations that are named."""


class Checked(msgspec.Struct, frozen=True):
    """What verifying one conversation again has shown.

    Attributes:
        id: its task's.
        score: in [0, 1], the verifier's now.
        recorded: the score in its facts; None if it has none.
        altered: results of tools that are not what the tools return now.
    """

    id: str
    score: float
    recorded: float | None
    altered: int

    @property
    def fault(self) -> str:
        """What is wrong with it; "" if nothing is."""
        if self.altered:
            return f"{self.altered} results of tools are not what the tools return"
        if self.recorded is not None and self.score != self.recorded:
            return f"scores {self.score:.3f}, its facts say {self.recorded:.3f}"
        return "" if self.score == 1.0 else f"scores {self.score:.3f}"


class Verification(msgspec.Struct):
    """A verified data set in figures.

    Attributes:
        conversations: how many there are.
        perfect: those with a score of 1.0.
        differing: those whose score is not the recorded one.
        altered: those with a result that the tools do not return.
        faults: what is wrong with the first faulty ones, by their tasks' ids.
    """

    conversations: int = 0
    perfect: int = 0
    differing: int = 0
    altered: int = 0
    faults: list[tuple[str, str]] = []

    def add(self, checked: Checked) -> None:
        """Count one conversation."""
        self.conversations += 1
        self.perfect += checked.score == 1.0
        self.differing += checked.recorded is not None and checked.score != checked.recorded
        self.altered += bool(checked.altered)
        if checked.fault and len(self.faults) < EXAMPLES:
            self.faults.append((checked.id, checked.fault))

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong with any of them."""
        return not self.faults


def reverify(conversations: Iterable[Conversation], worlds: Worlds) -> Iterator[Checked]:
    """Yield what verifying each conversation again shows, in their order.

    Raises:
        InputError: at the first one whose task is not known or whose world cannot be found.
    """
    for one in conversations:
        task = one.known_task()
        world = worlds.find(task.world)
        recorded = None if one.facts is None else one.facts.score
        score = verify(task, world, one.trajectory.calls()).score
        yield Checked(task.id, score, recorded, _altered(one.trajectory, get_domain(task.domain), world))


def _altered(trajectory: Trajectory, domain: Domain, world: World) -> int:
    """Return how many results are not those the tools return: one for each call, in their order."""
    calls = trajectory.calls()
    now = [(step.call.id, step.result.content, step.result.error) for step in replay(domain, world, calls)]
    now += [(call.id, TOO_LATE, True) for call in calls[len(now) :]]
    then = [(one.call_id, one.content, one.error) for one in trajectory.messages if one.role == "tool"]
    return sum(ours != recorded for ours, recorded in zip_longest(now, then))
