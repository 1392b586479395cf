"""Check the hybrid user: a wording model that spoils one sentence in five, and an oracle that has to solve every task.

Run it with ``python benchmarks/hybrid.py -n 10000``; ``--json`` prints figures for a machine to read. The exit status
is 1 if a task is not solved, a spoilt sentence is said, or a message differs from the state machine's in a fact.
"""

import re
import sys
from argparse import ArgumentParser
from collections import Counter
from time import perf_counter

import msgspec

from cove_rl.agents.oracle import Oracle
from cove_rl.cli.console import progress
from cove_rl.episode.episode import run_episode
from cove_rl.speech.speech import speech_of
from cove_rl.synth.pool import in_order
from cove_rl.synth.tasks import finished, sample_task, worlds_of
from cove_rl.tasks.difficulty import Difficulty, difficulty_of
from cove_rl.tasks.task import Task
from cove_rl.users.guard import guard_of
from cove_rl.users.hybrid import HybridUser, Wordings
from cove_rl.users.rewording import SPOILERS, RuleModel
from cove_rl.users.turn import Turn
from cove_rl.verify.verifier import verify
from cove_rl.world.domain import get_domain
from cove_rl.world.world import WorldRef

_NUMBERS = re.compile(r"\S*[\d@#_]\S*")


class Watched(HybridUser):
    """A hybrid user that compares what it says with what was decided."""

    def __init__(self, task: Task, model: RuleModel) -> None:
        super().__init__(task, model, strict=True)
        self.found = Found()
        self._rules = model
        self._loose = guard_of(task.domain, strict=False)
        self._hear = speech_of(task.domain).grammar.hear

    def _worded(self, turn: Turn, answers: dict[int, str] | None) -> Turn:
        said = super()._worded(turn, answers)
        for made, meant, spoken in zip(
            self._rules.log[-len(turn.sentences) :], turn.sentences, said.sentences, strict=True
        ):
            self._count(made.spoilt, spoken.text == made.answer, self._loose.fault(meant, made.answer) is None)
        numbers = [sorted(one.strip(".,!?") for one in _NUMBERS.findall(text.text)) for text in (turn, said)]
        phrases = [phrase for sentence in turn.sentences for phrase in sentence.phrases]
        lost = [phrase for phrase in phrases if phrase.lower() not in said.text.lower()]
        changed = numbers[0] != numbers[1] or lost or self._hear(turn.text) != self._hear(said.text)
        self.found.messages += 1
        self.found.changed += bool(changed)
        return said

    def _count(self, spoilt: str, said: bool, passes: bool) -> None:
        self.found.sentences[spoilt] += 1
        self.found.said[spoilt] += said
        self.found.said_loosely[spoilt] += passes


class Found(msgspec.Struct):
    """What was found in some tasks.

    Attributes:
        tasks: how many.
        solved: with a score of exactly 1.0.
        messages: of the customer.
        changed: those that differ from the state machine's in a fact.
        sentences: how they were spoilt ("" if they were not) -> how many.
        said: the same, of those that were said.
        said_loosely: the same, of those that would be said to a model, which needs no grammar.
        wordings: what the user counted.
    """

    tasks: int = 0
    solved: int = 0
    messages: int = 0
    changed: int = 0
    sentences: Counter[str] = msgspec.field(default_factory=Counter)
    said: Counter[str] = msgspec.field(default_factory=Counter)
    said_loosely: Counter[str] = msgspec.field(default_factory=Counter)
    wordings: Wordings = msgspec.field(default_factory=Wordings)

    def add(self, other: "Found") -> None:
        """Add what was found in others."""
        for name in ("tasks", "solved", "messages", "changed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("sentences", "said", "said_loosely"):
            getattr(self, name).update(getattr(other, name))
        self.wordings.add(other.wordings)

    @property
    def is_sound(self) -> bool:
        """Whether everything was solved, nothing spoilt was said and no fact changed."""
        spoilt = sum(count for counts in (self.said, self.said_loosely) for kind, count in counts.items() if kind)
        return self.solved == self.tasks and not self.changed and not spoilt


class Playing(msgspec.Struct, frozen=True):
    """How to play tasks; it can be sent to another process."""

    world: WorldRef
    seed: int
    spoil: float
    difficulty: Difficulty

    def __call__(self, indices: list[int]) -> list[Found]:
        """Return what is found in the tasks with these indices."""
        return [finished(self._play(index)) for index in indices]

    async def _play(self, index: int) -> Found:
        domain, world = get_domain(self.world.domain), worlds_of(()).find(self.world)
        task = (await sample_task(domain, world, self.seed, index, self.difficulty)).solved.task
        user = Watched(task, RuleModel(task.seed, self.spoil))
        trajectory = await run_episode(task, world, Oracle(task.domain, task.seed), user)
        user.found.tasks = 1
        success = verify(task, world, trajectory.calls()).success
        user.found.solved = int(success and trajectory.outcome.culprit is None)
        user.found.wordings = user.wordings
        return user.found


def main() -> None:
    """Play the tasks and print what was found."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--domain", default="retail")
    parser.add_argument("-n", "--number", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--spoil", type=float, default=0.2)
    parser.add_argument("--difficulty", default="normal")
    parser.add_argument("--workers", "-j", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    ref = get_domain(options.domain).world(options.seed).ref
    playing = Playing(ref, options.seed, options.spoil, difficulty_of(options.difficulty))
    found, start = Found(), perf_counter()
    with progress("playing", options.number, plain=options.json) as advance:
        for one in in_order(playing, range(options.number), options.workers):
            found.add(one)
            advance()
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
    else:
        report(found, perf_counter() - start)
    sys.exit(not found.is_sound)


def report(found: Found, seconds: float) -> None:
    """Print the figures as tables."""
    print(
        f"{found.solved} of {found.tasks} tasks solved; {found.changed} of {found.messages} messages differ in a fact"
    )
    print(f"{seconds:.0f} s\n\n{'sentences':<24}{'made':>10}{'said':>10}{'said, not strict':>18}")
    for kind in ("", *SPOILERS):
        row = (found.sentences[kind], found.said[kind], found.said_loosely[kind])
        print(f"{kind or 'reworded':<24}{row[0]:>10}{row[1]:>10}{row[2]:>18}")
    print(f"\n{'why not said':<24}{'sentences':>10}")
    for fault, count in found.wordings.faults.most_common():
        print(f"{fault:<24}{count:>10}")


if __name__ == "__main__":
    main()
