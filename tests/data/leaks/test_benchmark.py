"""A folder of the benchmark is read whole; anything else is an error, never half a benchmark."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from cove_rl.data.leaks.benchmark import Benchmark, read_benchmark
from cove_rl.data.leaks.needles import LONG_NUMBER, Fact
from cove_rl.errors import InputError
from tests.data.leaks.made_up import COMMON, POLICY, SAID, SCENARIO, TICKET


def test_everything_is_read(made_up: Path) -> None:
    found = read_benchmark(made_up)
    assert found.domains == ("ferries", "phones")
    values = {fact.value for fact in found.facts}
    assert {"Orla Pennywhistle", "Marguerite Thistlewood", "Benedikt Ashgrove", "9 Lantern Steps"} <= values
    assert {"C7701", "L7703", "B7704", "D7705", "358812004477310", "555-777-4410"} <= values
    assert {"[signal]tunnel_drops_calls[PERSONA:Easy]", "b.ashgrove@example.com"} <= values
    assert len(values) == len(found.facts)
    kinds = {text.text: text.kind for text in found.texts}
    expected = {SCENARIO: "task", TICKET: "task", POLICY: "policy", SAID: "recorded", COMMON: "recorded"}
    assert expected.items() <= kinds.items()


def test_results_of_tools_are_no_recorded_speech(made_up: Path) -> None:
    assert not [text for text in read_benchmark(made_up).texts if text.text.startswith("{")]


def test_a_checkout_is_read_as_well(made_up: Path, tmp_path: Path) -> None:
    shutil.copytree(made_up, tmp_path / "data" / "tau2")
    assert read_benchmark(tmp_path) == read_benchmark(made_up)


def test_the_domain_of_placeholders_is_passed_over(made_up: Path, tmp_path: Path) -> None:
    shutil.copytree(made_up, tmp_path, dirs_exist_ok=True)
    shutil.copytree(tmp_path / "domains" / "ferries", tmp_path / "domains" / "mock")
    assert read_benchmark(tmp_path) == read_benchmark(made_up)


def test_recorded_conversations_may_be_missing(made_up: Path, tmp_path: Path) -> None:
    shutil.copytree(made_up / "domains", tmp_path / "domains")
    found = read_benchmark(tmp_path)
    assert found.facts == read_benchmark(made_up).facts
    assert {text.kind for text in found.texts} == {"task", "policy"}


@pytest.mark.parametrize("place", [".", "domains", "domains/ferries", "nowhere"])
def test_another_folder_is_an_error(made_up: Path, place: str) -> None:
    with pytest.raises(InputError, match="no tau2-bench data"):
        read_benchmark((made_up / place) if place != "." else made_up / "trajectories")


def test_placeholders_alone_are_an_error(made_up: Path, tmp_path: Path) -> None:
    shutil.copytree(made_up / "domains" / "ferries", tmp_path / "domains" / "mock")
    with pytest.raises(InputError, match="no tau2-bench data"):
        read_benchmark(tmp_path)


def test_a_domain_without_tasks_is_an_error(made_up: Path, tmp_path: Path) -> None:
    shutil.copytree(made_up, tmp_path, dirs_exist_ok=True)
    (tmp_path / "domains" / "ferries" / "tasks.json").write_text("[]")
    (tmp_path / "domains" / "ferries" / "policy.md").unlink()
    with pytest.raises(InputError, match="no texts"):
        read_benchmark(tmp_path)


def test_tasks_in_files_of_their_own_and_guidelines_are_read(made_up: Path, tmp_path: Path) -> None:
    shutil.copytree(made_up, tmp_path, dirs_exist_ok=True)
    (tmp_path / "domains" / "ferries" / "tasks").mkdir()
    one = {"id": "7", "user_scenario": "Moor the barge.", "berth_id": "BRT5501"}
    (tmp_path / "domains" / "ferries" / "tasks" / "task_7.json").write_text(json.dumps(one))
    (tmp_path / "user_simulator").mkdir()
    (tmp_path / "user_simulator" / "guidelines.md").write_text("Play a passenger.")
    found = read_benchmark(tmp_path)
    assert Fact("id", "BRT5501") in found.facts
    sources = {text.text: text.source for text in found.texts}
    assert sources["Moor the barge."] == "ferries/task_7.json, task 7"
    assert sources["Play a passenger."] == "user_simulator/guidelines.md"


@pytest.mark.parametrize("lost", ["domains/ferries/db.json", "domains/phones/db.toml"])
def test_a_domain_without_its_database_is_an_error(made_up: Path, tmp_path: Path, lost: str) -> None:
    shutil.copytree(made_up, tmp_path, dirs_exist_ok=True)
    (tmp_path / lost).unlink()
    with pytest.raises(InputError, match=r"no records in db\.json"):
        read_benchmark(tmp_path)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("domains/ferries/db.json", "{"),
        ("domains/ferries/tasks.json", "none"),
        ("domains/phones/db.toml", "a = = b"),
        ("trajectories/ferries.jsonl", "[1]\n"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_that_names_it(
    made_up: Path, tmp_path: Path, file: str, content: str
) -> None:
    shutil.copytree(made_up, tmp_path, dirs_exist_ok=True)
    (tmp_path / file).write_text(content)
    with pytest.raises(InputError, match=Path(file).name):
        read_benchmark(tmp_path)


def test_the_real_benchmark(tau2: Path, real_benchmark: Benchmark) -> None:
    found = real_benchmark
    assert found.domains == ("airline", "retail", "telecom")
    kinds, values = Counter(fact.kind for fact in found.facts), {fact.value for fact in found.facts}
    for domain, tables in (
        ("retail", ("products", "users", "orders")),
        ("airline", ("flights", "users", "reservations")),
    ):
        database = json.loads((tau2 / "domains" / domain / "db.json").read_text())
        ids = {key for table in tables for key in database[table]}
        assert ids - values == {key for key in ids if key.isdecimal() and len(key) < LONG_NUMBER}
        assert {user["email"] for user in database["users"].values()} <= values
        assert {user["address"]["address1"] for user in database["users"].values()} <= values
    assert min(kinds.values()) >= 12
    assert {text.kind for text in found.texts} == {"task", "policy", "recorded"}
