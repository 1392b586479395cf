"""A run that is killed anywhere and started again writes the file an undisturbed run writes."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.errors import InputError
from cove_rl.jsonl import JsonlWriter

RECORDS = st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers(), max_size=3), max_size=8)


def run(path: Path, records: list[dict[str, Any]], seed: int = 1, *, overwrite: bool = False) -> bytes:
    """Write what is missing of the records, and return the complete file."""
    with JsonlWriter(path, {"seed": seed}, overwrite=overwrite) as writer:
        for record in records[writer.done :]:
            writer.write(record)
        return writer.finish().read_bytes()


@given(records=RECORDS, cuts=st.lists(st.floats(0, 1), max_size=3))
def test_killed_at_any_byte_and_resumed_gives_the_same_file(records: list[dict[str, Any]], cuts: list[float]) -> None:
    with TemporaryDirectory() as folder:
        expected = run(Path(folder) / "straight.jsonl", records)
        path = Path(folder) / "cut.jsonl"
        for cut in cuts:
            with JsonlWriter(path, {"seed": 1}) as writer:
                for record in records[writer.done :]:
                    writer.write(record)
            assert writer.partial.exists() == bool(records)  # nothing is left of a run that wrote nothing
            whole = writer.partial.read_bytes() if records else b""
            assert whole == expected
            kept = whole[: round(cut * len(whole))]
            writer.partial.write_bytes(kept)
            with JsonlWriter(path, {"seed": 1}) as writer:
                assert writer.done == kept.count(b"\n")
                assert writer.partial.read_bytes() == kept[: kept.rfind(b"\n") + 1]
        assert run(path, records) == expected
        assert sorted(path.name for path in Path(folder).iterdir()) == ["cut.jsonl", "straight.jsonl"]


def test_a_killed_process_loses_nothing_it_wrote(tmp_path: Path) -> None:
    script = (
        "import os, pathlib; from cove_rl.jsonl import JsonlWriter\n"
        f"w = JsonlWriter(pathlib.Path({str(tmp_path / 'a.jsonl')!r}), {{'seed': 1}})\n"
        "w.write({'n': 0}); w.write({'n': 1}); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    assert not (tmp_path / "a.jsonl").exists()
    assert run(tmp_path / "a.jsonl", [{"n": n} for n in range(3)]) == b'{"n":0}\n{"n":1}\n{"n":2}\n'


def begin(path: Path, **parameters: Any) -> None:
    with JsonlWriter(path, parameters) as writer:
        writer.write({"old": True})


def test_other_parameters_are_refused_and_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    begin(path, seed=1, count=5, domain="retail")
    with pytest.raises(
        InputError, match=r"a\.jsonl\.partial was begun with other .*\(count 5, now 6; seed 1, now None\)"
    ):
        JsonlWriter(path, {"domain": "retail", "count": 6})
    with JsonlWriter(path, {"domain": "retail", "count": 5, "seed": 1}) as writer:  # in another order
        assert writer.done == 1


def test_a_partial_file_that_does_not_say_how_it_was_begun_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.partial").write_text('{"n":1}\n')
    with pytest.raises(InputError, match=r"no a\.jsonl\.partial\.meta"):
        JsonlWriter(tmp_path / "a.jsonl", {})


def test_a_complete_file_is_only_replaced_when_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    run(path, [{"n": 1}])
    with pytest.raises(InputError, match="exists"):
        JsonlWriter(path, {"seed": 1})
    with JsonlWriter(path, {"seed": 2}, overwrite=True) as writer:
        writer.write({"n": 2})
    assert path.read_bytes() == b'{"n":1}\n'  # until the new one is complete
    assert run(path, [{"n": 2}, {"n": 3}], seed=2, overwrite=True) == b'{"n":2}\n{"n":3}\n'


def test_overwriting_drops_a_partial_file_with_other_parameters(tmp_path: Path) -> None:
    begin(tmp_path / "a.jsonl", seed=7)
    assert run(tmp_path / "a.jsonl", [{"n": 1}], seed=8, overwrite=True) == b'{"n":1}\n'


def test_a_run_that_wrote_nothing_binds_nobody(tmp_path: Path) -> None:
    with JsonlWriter(tmp_path / "a.jsonl", {"seed": 7}):
        pass
    assert run(tmp_path / "a.jsonl", [{"n": 1}], seed=8) == b'{"n":1}\n'


def test_two_runs_cannot_write_the_same_file(tmp_path: Path) -> None:
    with JsonlWriter(tmp_path / "a.jsonl", {}) as writer:
        with pytest.raises(InputError, match="another process is writing"):
            JsonlWriter(tmp_path / "a.jsonl", {})
        writer.write({"n": 1})
        writer.finish()
    assert (tmp_path / "a.jsonl").read_bytes() == b'{"n":1}\n'


def test_a_damaged_note_of_the_parameters_is_an_input_error(tmp_path: Path) -> None:
    begin(tmp_path / "a.jsonl", seed=1)
    (tmp_path / "a.jsonl.partial.meta").write_text("{")
    with pytest.raises(InputError, match=r"a\.jsonl\.partial\.meta: Input data was truncated"):
        JsonlWriter(tmp_path / "a.jsonl", {"seed": 1})


def test_a_missing_folder_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"):
        JsonlWriter(tmp_path / "nowhere" / "a.jsonl", {})
