"""Tasks as parquet files, in the columns verl's own dataset reads."""

from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from cove_rl.files import atomic_open
from cove_rl.training.dataset import CoveTasks

ROWS = 256
"""Rows that are written at a time."""

_SCHEMA = pyarrow.schema(
    {
        "prompt": pyarrow.list_(pyarrow.struct({"role": pyarrow.string(), "content": pyarrow.string()})),
        "data_source": pyarrow.string(),
        "reward_model": pyarrow.struct({"style": pyarrow.string(), "ground_truth": pyarrow.string()}),
        "extra_info": pyarrow.struct({"index": pyarrow.int64(), "task": pyarrow.string()}),
    }
)


def export(tasks: CoveTasks, path: Path, advance: Any = None) -> None:
    """Write every row of a split to one parquet file; it is whole or absent.

    Args:
        tasks: the split.
        path: the file.
        advance: called after every few rows with their number.

    Raises:
        InputError: if the file cannot be written.
    """
    with atomic_open(path) as stream, pyarrow.parquet.ParquetWriter(stream, _SCHEMA) as writer:
        for start in range(0, len(tasks), ROWS):
            rows = [_columns(tasks[index]) for index in range(start, min(start + ROWS, len(tasks)))]
            writer.write_table(pyarrow.Table.from_pylist(rows, schema=_SCHEMA))
            if advance is not None:
                advance(len(rows))


def _columns(row: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of a row; verl's dataset adds the rest when it reads the file."""
    kept = {name: row[name] for name in ("data_source", "reward_model", "extra_info")}
    return {"prompt": row["raw_prompt"], **kept}
