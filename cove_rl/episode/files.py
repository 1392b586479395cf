"""Read recorded trajectories, strictly: a field that does not exist is an error, not a default."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from cove_rl.episode.outcome import Outcome
from cove_rl.episode.trajectory import Message, Trajectory
from cove_rl.files import read_jsonl
from cove_rl.world.call import ToolCall
from cove_rl.world.world import WorldRef


class _CallFile(ToolCall, frozen=True, forbid_unknown_fields=True):
    pass


class _MessageFile(Message, frozen=True, forbid_unknown_fields=True):
    calls: tuple[_CallFile, ...] = ()


class _OutcomeFile(Outcome, frozen=True, forbid_unknown_fields=True):
    pass


class _WorldFile(WorldRef, frozen=True, forbid_unknown_fields=True):
    pass


class TrajectoryFile(Trajectory, frozen=True, forbid_unknown_fields=True):
    """A trajectory as it must stand in a file; convert it with `from_attributes`."""

    world: _WorldFile
    messages: tuple[_MessageFile, ...]
    outcome: _OutcomeFile


def load_trajectories(path: Path) -> Iterator[Trajectory]:
    """Yield the trajectories of a JSON-lines file, such as `msgspec.json.encode` writes them.

    Raises:
        InputError: at the first line that is no trajectory, naming the line and the fault.
    """
    for row in read_jsonl(path, TrajectoryFile):
        yield msgspec.convert(row, Trajectory, from_attributes=True)
