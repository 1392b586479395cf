"""Takes what became of tasks in any order, decides on them in theirs, and writes shards."""

from typing import NoReturn

import msgspec

from cove_rl.episode.trajectory import Trajectory
from cove_rl.errors import CoveError, InputError
from cove_rl.synth.attempt import UNANSWERED, Played
from cove_rl.synth.likeness import sketch
from cove_rl.synth.manifest import Manifest, Shard, check_same, read_manifest, shard_of, write_manifest
from cove_rl.synth.plan import Plan
from cove_rl.synth.selection import Selection
from cove_rl.synth.shards import Row, Shards
from cove_rl.synth.tally import Tally

DEAD = 32
"""Tasks that fail one after the other because nobody answered, before the run gives up (ours)."""


class DeadError(CoveError):
    """Nobody answers any more."""


class _Spoken(msgspec.Struct):
    """The conversation of an example."""

    trajectory: Trajectory


class Collector:
    """Hands out tasks, and collects what became of them until there are enough examples.

    No task is handed out that would not be needed if all of those before it were kept: none is played for nothing, and
    the ledger ends with the last example, however many are played at once.

    Args:
        plan: what the examples are made of.
        number: examples to keep.
        most: tasks to play at most.
        shards: where they go.

    Attributes:
        tally: what was decided so far.

    Raises:
        InputError: if the folder was begun with another plan, or holds more examples already.
    """

    def __init__(self, plan: Plan, number: int, most: int, shards: Shards) -> None:
        self.tally = Tally()
        self._identity = plan.identity()
        self._plan, self._number, self._most, self._shards = plan, number, most, shards
        self._selection = Selection(plan)
        self._rows: list[Row] = []
        self._done: list[Shard] = []
        self._front = self._next = 0
        self._under_way: set[int] = set()
        self._waiting: dict[int, Played] = {}
        self._hopeful = 0
        self._unanswered = 0
        self._recover()

    @property
    def is_complete(self) -> bool:
        """Whether all examples are there."""
        return self.tally.kept >= self._number

    @property
    def waiting(self) -> int:
        """Tasks that are done while one before them is not."""
        return len(self._waiting)

    def hand_out(self, count: int, ahead: int) -> list[int]:
        """Return the indices of tasks to play next; none if what is under way may be enough.

        Args:
            count: at most.
            ahead: tasks that may be done, or under way, while one before them is not: so many and a shard.
        """
        found: list[int] = []
        while len(found) < count and self._may_go_on(ahead + self._plan.shard):
            if self._next not in self._waiting:
                found.append(self._next)
                self._under_way.add(self._next)
            self._next += 1
        return found

    def _may_go_on(self, ahead: int) -> bool:
        hoped = self.tally.kept + len(self._under_way) + self._hopeful
        return hoped < self._number and self._next < min(self._most, self._front + ahead)

    def take(self, line: bytes) -> None:
        """Take what became of a task, as JSON of a `Played`.

        Raises:
            InputError: if it cannot be written.
            DeadError: if nobody has answered for a while.
        """
        played = msgspec.json.decode(line, type=Played)
        index = played.entry.index
        self._under_way.discard(index)
        if played.entry.reason == UNANSWERED:
            self._unanswered += 1
            if self._unanswered >= DEAD:
                self._give_up(played)
        else:
            self._unanswered = 0
            self._shards.journal(index, line)
        self._wait(played)
        self._decide()

    def _give_up(self, played: Played) -> NoReturn:
        raise DeadError(
            f"{self._unanswered} tasks in a row failed because nobody answered ({played.detail[:200]}); "
            "when that is put right, the same command goes on"
        )

    def _wait(self, played: Played) -> None:
        self._waiting[played.entry.index] = played
        self._hopeful += not played.entry.reason

    def _decide(self) -> None:
        """Decide on every task all tasks before which are done."""
        while not self.is_complete and self._is_due(self._waiting.get(self._front)):
            played = self._waiting.pop(self._front)
            self._hopeful -= not played.entry.reason
            reason = played.entry.reason or self._selection.reason(played)
            written = not reason or self._plan.keep_rejected
            row = Row(msgspec.structs.replace(played.entry, reason=reason), bytes(played.example) if written else b"")
            self._note(row, played.sketch)
            if self._front % self._plan.shard == 0:
                self._commit()

    def _is_due(self, played: Played | None) -> bool:
        """Whether a task can be decided on: one that nobody answered only when somebody has answered since."""
        return played is not None and not (self._unanswered and played.entry.reason == UNANSWERED)

    def _note(self, row: Row, drawn: tuple[int, ...]) -> None:
        """Take over a decision."""
        self._selection.add(row.entry, drawn)
        self.tally.add(row.entry)
        self._rows.append(row)
        self._front += 1
        self._next = max(self._next, self._front)

    def _commit(self) -> None:
        """Write the shard that the last decisions make up."""
        self._shards.commit(len(self._done), self._rows, with_rejected=self._plan.keep_rejected)
        self._close_shard()
        write_manifest(self._shards.folder, self._manifest())

    def _close_shard(self) -> None:
        self._done.append(shard_of(self._shards.path("kept", len(self._done)), len(self._rows)))
        self._rows = []

    def finish(self) -> Manifest:
        """Write what was decided on and is in no shard yet, and the manifest; return that.

        Raises:
            InputError: if it cannot be written.
            DeadError: if nobody answered any more.
        """
        if not self.is_complete and self._front in self._waiting:
            self._give_up(self._waiting[self._front])
        if self._rows:
            self._commit()
        if self.is_complete:
            self._shards.drop_journals()
        manifest = self._manifest()
        write_manifest(self._shards.folder, manifest)
        return manifest

    def _manifest(self) -> Manifest:
        return Manifest(self._identity, self._number, self.is_complete, self.tally, tuple(self._done))

    def _recover(self) -> None:
        """Go on where an earlier run stopped."""
        found = read_manifest(self._shards.folder)
        if found is not None:
            check_same(self._shards.folder, found, self._identity)
        for row in self._shards.rows():
            if found is None:
                raise InputError(f"{self._shards.folder} has ledgers but no manifest; give another folder, or --force")
            near = self._plan.near is not None and not row.entry.reason
            self._note(row, sketch(msgspec.json.decode(row.example, type=_Spoken).trajectory) if near else ())
            if self._front % self._plan.shard == 0:
                self._close_shard()
        if self.tally.kept > self._number:
            raise InputError(f"{self._shards.folder} holds {self.tally.kept} examples, more than {self._number}")
        self._waiting = {played.entry.index: played for played in self._shards.journaled(self._front)}
        self._hopeful = sum(not played.entry.reason for played in self._waiting.values())
        if found is None:
            write_manifest(self._shards.folder, self._manifest())
        self._decide()
