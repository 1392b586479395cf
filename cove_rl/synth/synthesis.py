"""Make a set of examples: hand tasks out, take conversations in, until there are enough."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from cove_rl.errors import CoveError
from cove_rl.synth.collector import Collector
from cove_rl.synth.manifest import Manifest
from cove_rl.synth.plan import Plan
from cove_rl.synth.shards import Shards
from cove_rl.synth.tally import Tally
from cove_rl.synth.workers import Workers


class TooFewError(CoveError):
    """There were not enough tasks of which something could be kept."""


class Progress(msgspec.Struct, frozen=True):
    """How far a synthesis has come.

    Attributes:
        tally: what was decided; it goes on changing.
        number: examples that are wanted.
        under_way: tasks that are being played.
        waiting: tasks that are done while one before them is not.
    """

    tally: Tally
    number: int
    under_way: int
    waiting: int


def most_tasks(number: int) -> int:
    """Return how many tasks may be played for so many examples where nobody says otherwise (ours)."""
    return 10 * number + 1000


def synthesize(
    plan: Plan,
    number: int,
    folder: Path,
    workers: Callable[[], Workers],
    *,
    most: int | None = None,
    watch: Callable[[Progress], object] = lambda _: None,
    force: bool = False,
) -> Manifest:
    """Fill a folder with examples, or go on with one; return its manifest.

    The result depends on the plan and the number alone (and on the models, where any are asked): not on who plays, on
    how many tasks are played at once, nor on how often the run was killed and started again.

    Args:
        plan: what the examples are made of.
        number: how many.
        folder: where they go.
        workers: starts those who play.
        most: tasks to play at most; see `most_tasks`.
        watch: called with the progress whenever there is some.
        force: drop what is in the folder from another synthesis.

    Raises:
        InputError: if the folder was begun with another plan, is being written to, or cannot be written.
        TooFewError: if all tasks were played and examples are missing; those there are have been written.
        DeadError: if nobody answers any more.
        SamplingError: if a world is too poor.
    """
    limit = most_tasks(number) if most is None else most
    with closing(Shards(folder, plan.shard)) as shards:
        if force:
            shards.clear()
        collector = Collector(plan, number, limit, shards)
        if not collector.is_complete:
            with closing(workers()) as crew:
                _run(collector, crew, lambda: watch(Progress(collector.tally, number, crew.busy, collector.waiting)))
        manifest = collector.finish()
    if not manifest.complete:
        raise TooFewError(too_few(manifest))
    return manifest


def _run(collector: Collector, workers: Workers, watch: Callable[[], object]) -> None:
    """Keep workers busy until the collector hands out no more."""
    watch()
    while True:
        while room := workers.capacity - workers.busy:
            indices = collector.hand_out(min(workers.chunk, room), workers.capacity)
            if not indices:
                break
            workers.submit(indices)
        if not workers.busy:
            return
        for line in workers.results():
            collector.take(line)
        watch()


def too_few(manifest: Manifest) -> str:
    """Return what was kept, why the rest was not, and what to do about it."""
    counts = manifest.counts
    reasons = ", ".join(f"{count} {name}" for name, count in counts.reasons) or "nothing"
    return (
        f"{counts.kept} of {manifest.number} examples were kept from {counts.tasks} tasks (rejected: {reasons}); "
        "they have been written: go on with a larger --max-tasks, or keep more with --keep or --retries-per-task"
    )
