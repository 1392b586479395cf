"""Tasks of a split as a parquet file, in the columns verl's own dataset reads."""

from pathlib import Path

from cove_rl.data.conversation import Advance
from cove_rl.data.parquet import TASKS, write_rows
from cove_rl.data.rl import rl_row
from cove_rl.files import atomic_open
from cove_rl.training.dataset import CoveTasks


def export(tasks: CoveTasks, path: Path, advance: Advance | None = None) -> None:
    """Write every row of a split to one parquet file; it is whole or absent.

    Args:
        tasks: the split.
        path: the file.
        advance: called after every few rows with their number.

    Raises:
        InputError: if the file cannot be written.
    """
    rows = (rl_row(tasks.task(index), index) for index in range(len(tasks)))
    with atomic_open(path) as stream:
        write_rows(stream, TASKS, rows, advance)
