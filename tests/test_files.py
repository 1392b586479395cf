"""Files are whole or absent, and a bad line is one short error."""

import stat
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl import files
from cove_rl.errors import InputError
from cove_rl.files import atomic_folder, atomic_open, atomic_write, decode_json, read_jsonl


class Point(msgspec.Struct, frozen=True):
    x: int
    name: str = ""
    colour: Literal["red", "blue"] = "red"
    tags: dict[str, str] = {}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_lines(folder: Path, *lines: bytes) -> Path:
    path = folder / "points.jsonl"
    path.write_bytes(b"".join(lines))
    return path


@pytest.mark.parametrize(("data", "stored"), [(b"\x00\xff", b"\x00\xff"), ("é\n", "é\n".encode()), (b"", b"")])
def test_atomic_write_stores_exactly_the_data(tmp_path: Path, data: bytes | str, stored: bytes) -> None:
    atomic_write(tmp_path / "a", data)
    assert (tmp_path / "a").read_bytes() == stored
    assert names(tmp_path) == ["a"]


def test_a_failing_block_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    def write_half() -> None:
        with atomic_open(path) as stream:
            stream.write(b"half")
            stream.flush()
            raise ZeroDivisionError

    path = tmp_path / "a"
    atomic_write(path, "old")
    with pytest.raises(ZeroDivisionError):
        write_half()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_a_failing_rename_leaves_the_old_content_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a"
    atomic_write(path, "old")
    monkeypatch.setattr(files, "move", refuse)
    with pytest.raises(InputError, match="No space left"):
        atomic_write(path, "new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_permissions_are_those_of_any_new_file_and_survive_a_rewrite(tmp_path: Path) -> None:
    path, plain = tmp_path / "a", tmp_path / "b"
    plain.write_text("")
    atomic_write(path, "one")
    assert path.stat().st_mode == plain.stat().st_mode
    path.chmod(0o640)
    atomic_write(path, "two")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    atomic_write(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "text"


def test_a_device_is_written_to_and_not_replaced() -> None:
    atomic_write(Path("/dev/null"), "text")
    assert Path("/dev/null").is_char_device()


def test_long_names_work(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    atomic_write(path, "text")
    assert path.read_text() == "text"


@pytest.mark.parametrize("place", ["missing/a", "file/a", "folder"])
def test_an_unusable_place_is_an_input_error_that_names_it(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=f"cannot write .*{place}: "):
        atomic_write(tmp_path / place, "text")


@given(
    st.lists(
        st.builds(Point, x=st.integers(-(2**63), 2**63 - 1), name=st.text(), tags=st.dictionaries(st.text(), st.text()))
    )
)
def test_what_was_encoded_is_read_back(points: list[Point]) -> None:
    with TemporaryDirectory() as folder:
        path = write_lines(Path(folder), b"\n".join(map(msgspec.json.encode, points)))
        assert list(read_jsonl(path, Point)) == points


BAD = {
    "nan": (b'{"x": NaN}', "malformed"),
    "infinite": (b'{"x": 1e999}', "out of range"),
    "huge integer": (b'{"x": 9' + b"9" * 5000 + b"}", "out of range|Expected `int`"),
    "wrong type": (b'{"x": "1"}', "Expected `int`, got `str` - at `\\$.x`"),
    "missing field": (b"{}", "missing required field `x`"),
    "not an object": (b"3", "Expected `object`, got `int`"),
    "not in the list": (b'{"x": 1, "colour": "' + b"green" * 10_000 + b'"}', "Invalid enum value"),
    "truncated": (b'{"x": 1, "na', "truncated"),
    "two values": (b'{"x": 1}{"x": 2}', "trailing"),
    "blank": (b"  ", "empty"),
    "not utf-8": (b'{"x": 1, "name": "\xff"}', "not UTF-8"),
    "byte order mark": (b'\xef\xbb\xbf{"x": 1}', "malformed"),
    "deep": (b'{"x": ' * 200_000, "Expected `int`"),
    "deep where nobody looks": (b'{"x": 1, "other": ' + b"[" * 200_000, "too deeply|truncated"),
    "giant text": (b'{"x": "' + b"spam" * 100_000 + b'"}', "Expected `int`"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_one_short_error_that_names_file_and_line(tmp_path: Path, name: str) -> None:
    line, fault = BAD[name]
    path = write_lines(tmp_path, b'{"x": 1}\n', line + b"\n", b'{"x": 3}\n')
    records = read_jsonl(path, Point)
    assert next(records) == Point(1)
    with pytest.raises(InputError, match=fault) as caught:
        next(records)
    message = str(caught.value)
    assert message.startswith(f"{path} line 2: ")
    assert len(message) < len(str(path)) + 250
    assert message.isprintable()


@given(st.binary(max_size=200))
def test_any_bytes_give_a_record_or_an_input_error(data: bytes) -> None:
    message = ""
    try:
        decoded = decode_json(data, Point, "here")
    except InputError as fault:
        message = str(fault)
    assert message.isprintable()
    assert message.startswith("here: ") or isinstance(decoded, Point)


def test_a_line_without_end_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 100)
    path = write_lines(tmp_path, b'{"x": 1}\n', b"[" * 1000)
    with pytest.raises(InputError, match="line 2: longer than"):
        list(read_jsonl(path, Point))


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*nowhere"):
        list(read_jsonl(tmp_path / "nowhere", Point))
    with pytest.raises(InputError, match="cannot read"):
        list(read_jsonl(tmp_path, Point))


def test_atomic_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with suppress(KeyError), atomic_folder(tmp_path / "model") as folder:
        (folder / "weights").write_text("half")
        raise KeyError
    assert list(tmp_path.iterdir()) == []
    with atomic_folder(tmp_path / "model") as folder:
        (folder / "weights").write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (tmp_path / "model" / "weights").read_text() == "whole"


def test_atomic_folder_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    with atomic_folder(tmp_path) as folder:
        (folder / "weights").write_text("new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"mine": "kept", "weights": "new"}
