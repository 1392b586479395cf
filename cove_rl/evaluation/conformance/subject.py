"""The domain under examination, and what its checks share: a world, tasks and their solutions, calls and results."""

import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Generic, TypeVar

import msgspec

from cove_rl.evaluation.conformance.check import Blocked
from cove_rl.evaluation.conformance.sessions import Session, hold_sessions
from cove_rl.speech.speech import Speech, speech_of
from cove_rl.synth.mutate import MutationReport, mutate
from cove_rl.synth.tasks import ATTEMPTS, Solved, finished, solve
from cove_rl.tasks.sampler import Mix, draw_task
from cove_rl.users.listening import Ear, ear_of
from cove_rl.verify.mutation import donors
from cove_rl.world.call import ToolCall
from cove_rl.world.domain import Domain, Draft, get_domain
from cove_rl.world.hint import Request
from cove_rl.world.tool import Toolbox
from cove_rl.world.world import World

T = TypeVar("T")


class Sizes(msgspec.Struct, frozen=True):
    """How much is tried.

    Attributes:
        tasks: tasks that are drawn and solved; ten customers are drafted for each.
        mutants: mutants of their solutions that the verifier judges.
        calls: tool calls that are made, each of them several times.
        seed: of the world, the tasks and the calls; equal seeds and sizes give equal findings.
    """

    tasks: int = 200
    mutants: int = 5000
    calls: int = 1000
    seed: int = 0


class Drawn(msgspec.Struct, frozen=True):
    """Tasks that were drawn as `cove tasks sample` draws them.

    Attributes:
        solved: the tasks, with the oracle's solutions.
        candidates: how many were tried; the oracle solved all but `rejected` of them.
        rejected: those it did not solve, the first few of them.
        unsolved: how many those are.
        stopped: the index for which no task was found, or None.
    """

    solved: tuple[Solved, ...]
    candidates: int
    rejected: tuple[Solved, ...]
    unsolved: int
    stopped: int | None


class Shared(Generic[T]):
    """Something several checks need: made once, and if that fails, the fault of the one check that answers for it.

    Args:
        owner: the name of that check; it calls `make`. The others call `get`.
        maker: makes it.
    """

    def __init__(self, owner: str, maker: Callable[[], T]) -> None:
        self._owner, self._maker = owner, maker
        self._made: list[T] = []
        self._error: Exception | SystemExit | None = None

    def make(self) -> T:
        """Return it, or raise what its maker raised."""
        if self._error is not None:
            raise self._error
        if not self._made:
            try:
                self._made.append(self._maker())
            except (Exception, SystemExit) as error:
                self._error = error
                raise
        return self._made[0]

    def get(self) -> T:
        """Return it.

        Raises:
            Blocked: if it cannot be made.
        """
        try:
            return self.make()
        except Blocked:
            raise
        except (Exception, SystemExit):
            raise Blocked(self._owner) from None


class Subject:
    """One domain.

    Attributes:
        name: its name.
        sizes: how much is tried.
        domain: the domain itself.
        world: a world of the usual size.
        speech: what is said in it.
        ear: what its customers listen for.
        drawn: tasks and solutions.
        drafts: customers with one to three requests.
        toolbox: the tools by name.
        schemas: what a model is told about them.
        sessions: tool calls and their results.
        mutated: what the verifier said of changed solutions.
    """

    def __init__(self, name: str, sizes: Sizes) -> None:
        self.name, self.sizes = name, sizes
        self.domain = Shared[Domain]("entry-point", lambda: get_domain(name))
        self.world = Shared[World]("world-is-sound", lambda: self.new_world())
        self.speech = Shared[Speech]("speech", lambda: speech_of(self.domain.get().name))
        self.ear = Shared[Ear]("speech", lambda: ear_of(self.domain.get().name))
        self.drawn = Shared[Drawn]("solvable", self._draw)
        self.drafts = Shared[tuple[Draft, ...]]("drafts", self._drafts)
        self.toolbox = Shared[Toolbox]("tool-names", lambda: self.domain.get().toolbox)
        self.schemas = Shared[list[dict[str, Any]]]("schemas", self._schemas)
        self.mutated = Shared[MutationReport]("mutants-are-judged-rightly", self._mutate)
        self.sessions = Shared[tuple[Session, ...]]("calls-are-answered", self._hold_sessions)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where the domain's code is; none before it is loaded."""
        try:
            kinds = type(self.domain.get()).__mro__
        except Blocked:
            return ()
        own = [kind for kind in kinds if issubclass(kind, Domain) and kind is not Domain]
        files = [getattr(sys.modules.get(kind.__module__), "__file__", None) for kind in own]
        return tuple(dict.fromkeys(Path(file).parent for file in files if file))

    def new_world(self, seed: int = 0, **size: int) -> World:
        """Generate a world; seeds count from that of the sizes."""
        return self.domain.get().world(self.sizes.seed + seed, size)

    def tasks(self) -> tuple[Solved, ...]:
        """Return the tasks with their solutions.

        Raises:
            Blocked: if there is none.
        """
        solved = self.drawn.get().solved
        if not solved:
            raise Blocked("solvable")
        return solved

    def requests(self) -> tuple[Request, ...]:
        """Return the requests of the drafts.

        Raises:
            Blocked: if there is none.
        """
        found = tuple(request for draft in self.drafts.get() for request in draft.requests)
        if not found:
            raise Blocked("drafts")
        return found

    def _draw(self) -> Drawn:
        domain, world = self.domain.get(), self.world.get()
        self.toolbox.get(), self.speech.get(), self.ear.get()
        solved: list[Solved] = []
        rejected: list[Solved] = []
        candidates = 0
        for index in range(self.sizes.tasks):
            for attempt in range(ATTEMPTS):
                task = draw_task(domain, world, self.sizes.seed, index, attempt, Mix())
                if task is None:
                    continue
                candidates += 1
                found = finished(solve(task, world))
                (solved if found.is_solved else rejected).append(found)
                if found.is_solved:
                    break
            if len(solved) <= index:
                return Drawn(tuple(solved), candidates, tuple(rejected[:5]), len(rejected), index)
        return Drawn(tuple(solved), candidates, tuple(rejected[:5]), len(rejected), None)

    def _drafts(self) -> tuple[Draft, ...]:
        domain, world = self.domain.get(), self.world.get()
        self.speech.get()
        rngs = (Random(f"{self.sizes.seed}:draft:{at}") for at in range(10 * self.sizes.tasks))  # noqa: S311
        drafts = (domain.draft(world, rng, 1 + at % 3) for at, rng in enumerate(rngs))
        return tuple(draft for draft in drafts if draft is not None)

    def _schemas(self) -> list[dict[str, Any]]:
        return [one.schema for one in self.domain.get().tools]

    def _hold_sessions(self) -> tuple[Session, ...]:
        """Make calls in a world of their own: a tool that writes to its world must not spoil it for other checks."""
        self.world.get(), self.toolbox.get(), self.schemas.get()
        return hold_sessions(
            self.domain.get(), self.new_world, self._wanted_writes(), self.sizes.calls, self.sizes.seed
        )

    def _mutate(self) -> MutationReport:
        self.tasks(), self.schemas.get()
        return mutate(self.domain.get(), self.world.get(), self.sizes.seed, self.sizes.mutants, lambda _: None)

    def _wanted_writes(self) -> tuple[ToolCall, ...]:
        """Return calls that customers' requests come down to; none if no request can be drawn."""
        try:
            return donors(self.domain.get(), self.world.get(), Random(f"{self.sizes.seed}:wanted"))  # noqa: S311
        except Exception:  # the checks of drafts and tasks report it
            return ()
