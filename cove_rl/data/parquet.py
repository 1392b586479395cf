"""Rows in parquet files: written a few at a time, read the same way."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from cove_rl.data.conversation import Advance, Conversation
from cove_rl.data.row import conversation_of
from cove_rl.errors import InputError

try:
    import pyarrow
    import pyarrow.parquet
except ModuleNotFoundError as fault:
    raise InputError("parquet files need pyarrow: pip install 'cove_rl[data]'") from fault

GROUP = 64
"""Rows in memory at a time, and in a row group: a few MB of conversations."""

TEXT = pyarrow.string()
_CALL = pyarrow.struct({"id": TEXT, "type": TEXT, "function": pyarrow.struct({"name": TEXT, "arguments": TEXT})})
MESSAGES = pyarrow.list_(
    pyarrow.struct(
        {
            "role": TEXT,
            "content": TEXT,
            "tool_calls": pyarrow.list_(_CALL),
            "tool_call_id": TEXT,
        }
    )
)
"""Messages of OpenAI's chat format; what a message does not have is null."""

TASKS = pyarrow.schema(
    {
        "prompt": pyarrow.list_(pyarrow.struct({"role": TEXT, "content": TEXT})),
        "data_source": TEXT,
        "reward_model": pyarrow.struct({"style": TEXT, "ground_truth": TEXT}),
        "extra_info": pyarrow.struct({"index": pyarrow.int64(), "task": TEXT}),
    }
)
"""The columns of `cove_rl.data.rl.rl_row`."""

CUSTOMER = pyarrow.schema({"messages": TASKS.field("prompt").type})
"""The columns of `cove_rl.data.customer.customer_row`."""


def conversation_schema(tools: pyarrow.DataType | None) -> pyarrow.Schema:
    """Return the columns of conversations: those of `cove_rl.data.row.Row`, and `tools` of the given type, if any."""
    columns = {"messages": MESSAGES, "tools": tools}
    texts = ("id", "domain", "task", "facts", "record")
    kept = {name: kind for name, kind in columns.items() if kind is not None}
    return pyarrow.schema({**kept, **dict.fromkeys(texts, TEXT)})


def write_rows(
    stream: BinaryIO, schema: pyarrow.Schema, rows: Iterable[dict[str, Any]], advance: Advance | None = None
) -> int:
    """Write rows as one parquet file and return how many there were.

    Args:
        stream: where the file goes.
        schema: the columns.
        rows: column -> value; values that a row does not have are null.
        advance: called after every few rows with their number.
    """
    written, source = 0, iter(rows)
    with pyarrow.parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        while group := list(islice(source, GROUP)):
            writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))
            written += len(group)
            if advance is not None:
                advance(len(group))
    return written


def read_rows(files: Sequence[Path]) -> Iterator[Conversation]:
    """Yield the conversations of exported parquet files, in their order.

    Raises:
        InputError: if a file is no parquet file, or at the first row that is no conversation, naming it.
    """
    for place, columns in read_columns(files):
        yield conversation_of(columns, place)


def read_columns(files: Sequence[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows of parquet files without their tools, each with what to call it in an error.

    Raises:
        InputError: if a file is no parquet file.
    """
    for file in files:
        number = 0
        for batch in _batches(file):
            for columns in batch.to_pylist():
                number += 1
                yield f"{file} row {number}", columns


def _batches(file: Path) -> Iterator[Any]:
    try:
        with pyarrow.parquet.ParquetFile(file) as source:
            kept = [name for name in source.schema_arrow.names if name != "tools"]
            yield from source.iter_batches(GROUP, columns=kept)
    except (OSError, pyarrow.ArrowException) as fault:
        raise InputError(f"cannot read {file}: {str(fault)[:200]}") from fault


def count_rows(files: Sequence[Path]) -> int:
    """Return how many rows there are.

    Raises:
        InputError: if a file is no parquet file.
    """
    try:
        return sum(pyarrow.parquet.read_metadata(file).num_rows for file in files)
    except (OSError, pyarrow.ArrowException) as fault:
        raise InputError(f"cannot read {', '.join(map(str, files))}: {str(fault)[:200]}") from fault


def read_domains(files: Sequence[Path]) -> list[str]:
    """Return the domains of the rows, sorted.

    Raises:
        InputError: if a file is no parquet file, or has no such column.
    """
    try:
        columns = [pyarrow.parquet.read_table(file, columns=["domain"])["domain"] for file in files]
    except (OSError, KeyError, pyarrow.ArrowException) as fault:
        raise InputError(f"cannot read {', '.join(map(str, files))}: {str(fault)[:200]}") from fault
    return sorted({str(name) for column in columns for name in column.unique().to_pylist()})


def tools_type(schemas: Sequence[dict[str, Any]]) -> pyarrow.DataType:
    """Return the type of a column of tools, which has every key of any of them; where a tool has none it is null.

    Raises:
        InputError: if no one type holds them all.
    """
    try:
        return pyarrow.infer_type([list(schemas)])
    except pyarrow.ArrowException as fault:
        raise InputError(f"the tools of these domains do not fit in one parquet column: {fault}; export hf") from fault
