"""Data of every form is read row by row, whole, and a bad file is an error."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cove_rl.data.leaks.rows import can_read, read_rows
from cove_rl.errors import InputError

ROWS: list[dict[str, Any]] = [
    {"text": f"row {number}", "messages": [{"role": "user", "content": "x"}]} for number in range(150)
]


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert [(row.number, row.value) for row in read_rows(path)] == list(enumerate(ROWS, start=1))


def test_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "rows.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), path, row_group_size=100)
    assert [(row.number, row.value) for row in read_rows(path)] == list(enumerate(ROWS, start=1))


def test_a_saved_data_set(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_list(ROWS).save_to_disk(tmp_path / "saved")
    (path,) = (tmp_path / "saved").glob("*.arrow")
    assert [(row.number, row.value) for row in read_rows(path)] == list(enumerate(ROWS, start=1))


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_without_the_data_extra_it_says_how_to_get_it(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"cove_rl\[data\]"):
        list(read_rows(tmp_path / name))


def test_the_records_of_a_document_with_their_keys(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    path.write_text(json.dumps({"seed": 3, "tables": {"users": {"mara_holm_0412": {"zip": "1"}}}, "log": [["a"], "b"]}))
    assert [(row.part, row.value) for row in read_rows(path)] == [
        ("", {"seed": 3}),
        ("", {"tables": None}),
        ("tables", {"users": None}),
        ("tables.users", {"mara_holm_0412": {"zip": "1"}}),
        ("", {"log": None}),
        ("log[0]", ["a"]),
        ("log[1]", "b"),
    ]


@pytest.mark.parametrize("value", ["text", 7, {"role": "user", "content": "x"}])
def test_a_document_that_is_no_table_is_one_row(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(value))
    assert [row.value for row in read_rows(path)] == [value]


def test_paragraphs_of_a_text(tmp_path: Path) -> None:
    path = tmp_path / "card.md"
    path.write_text("\n# One\ngoes on\n\n\nTwo")
    assert [(row.number, row.value) for row in read_rows(path)] == [(2, "# One\ngoes on\n"), (6, "Two")]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.parquet", "a.arrow"])
def test_a_broken_file_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("{ not this")
    with pytest.raises(InputError, match=str(path)):
        list(read_rows(path))


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.parquet", "a.arrow", "a.txt"])
def test_a_missing_file_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=name):
        list(read_rows(tmp_path / name))


def test_a_name_that_says_nothing_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    assert not can_read(path)
    with pytest.raises(InputError, match="no known form"):
        read_rows(path)
