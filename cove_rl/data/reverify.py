"""Verify a data set again from its file alone: worlds from their seeds, results from the tools, scores from both."""

from collections.abc import Iterable, Iterator

import msgspec

from cove_rl.data.conversation import Conversation
from cove_rl.tasks.worlds import Worlds
from cove_rl.verify.replay import replay
from cove_rl.verify.verifier import verify
from cove_rl.world.domain import get_domain

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
        world, calls = worlds.find(task.world), one.trajectory.calls()
        steps = replay(get_domain(task.domain), world, calls)
        now = [step.result.content for step in steps]
        then = [message.content for message in one.trajectory.messages if message.role == "tool"][: len(now)]
        altered = sum(ours != recorded for ours, recorded in zip(now, then, strict=False)) + abs(len(now) - len(then))
        recorded = None if one.facts is None else one.facts.score
        yield Checked(task.id, verify(task, world, calls).score, recorded, altered)
