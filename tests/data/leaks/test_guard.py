"""Planted leaks: every one is found, where it is, in whatever it stands and however it is dressed; nothing else is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cove_rl.data.leaks.guard import LeakGuard
from cove_rl.errors import InputError
from tests.data.leaks.made_up import COMMON, POLICY, SAID, SCENARIO, TICKET

FACTS = {
    "orla_pennywhistle_8213": "id",
    "credit_card_7710034": "id",
    "certificate_8800127": "id",
    "#W7654321": "id",
    "Q7XK2P": "id",
    "ZQXJKV": "id",
    "8642097531": "id",
    "7531086429": "id",
    "731904628855": "id",
    "FRY204": "id",
    "C7701": "id",
    "L7703": "id",
    "B7704": "id",
    "D7705": "id",
    "358812004477310": "id",
    "[signal]tunnel_drops_calls[PERSONA:Easy]": "id",
    "orla.pennywhistle5521@example.com": "email",
    "b.ashgrove@example.com": "email",
    "555-777-4410": "phone",
    "Orla Pennywhistle": "name",
    "Tycho Underhill": "name",
    "Marguerite Thistlewood": "name",
    "Benedikt Ashgrove": "name",
    "417 Driftwood Parade": "address",
    "9 Lantern Steps": "address",
}
TEXTS = {
    SCENARIO: "task",
    SCENARIO.split(". ")[0]: "task",
    SCENARIO.split(". ")[1]: "task",
    TICKET: "task",
    POLICY: "policy",
    SAID: "recorded",
    # lightly reworded: a word in about seven changed, dropped or added
    "You sold your caravan last month, so the vehicle space on the Thursday boat is of no use to you now.": "task",
    "Please ask whether the cabin with the porthole can be kept while the trailer is taken off the booking.": "task",
    "Benedikt reports his handset drops every call as soon as the train enters the tunnel below the castle.": "task",
    "A vehicle space can be given up free of charge until noon on the day before departure": "policy",
    "I have now taken the caravan off your Thursday sailing and kept the porthole cabin, so thirty crowns per metre "
    "will be on your statement within the week.": "recorded",
}
VARIANTS = {
    "My name is Pennywhistle, Orla.": "name",
    "First name: Orla; last name: Pennywhistle": "name",
    "the last name is Pennywhistle and the first name is Orla": "name",
    "{'first_name': 'Orla', 'last_name': 'Pennywhistle'}": "name",
    "order 7654321": "id",
    "flight FRY 204": "id",
    "(555) 777 4410": "phone",
    "5557774410": "phone",
    "orla.pennywhistle5521 at another.org": "email",
}
PLANTS = FACTS | TEXTS | VARIANTS

DRESSINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "capitals": str.upper,
    "small letters": str.lower,
    "wide": lambda text: text.replace(" ", " \n\t "),
    "markdown": lambda text: "**" + text.replace("_", "\\_").replace(" ", "** __") + "__",
    "quoted": lambda text: f"(\u201c{text}\u201d)",
    "no-break spaces": lambda text: text.replace(" ", "\u202f"),
    "escaped": lambda text: json.dumps(json.dumps("\n" + text + "\n")),
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in text),
}


def conversation(role: str = "user", content: str = "Hello, it is about my order.") -> dict[str, Any]:
    """Return a trajectory whose fourth message has that content."""
    messages = [
        {"role": "assistant", "content": "Good day."},
        {"role": "user", "content": "I would like to change a booking."},
        {"role": "assistant", "calls": [{"id": "c1", "name": "get_order_details", "arguments": {"id": "#W0123456"}}]},
        {"role": role, "content": content, "call_id": "c1"},
    ]
    return {"task_id": "t-1", "messages": messages}


def result(text: str) -> dict[str, Any]:
    """Return a trajectory with a result of a tool that has the text in a record."""
    return conversation("tool", json.dumps({"user_id": "mara_holm_0412", "note": text, "zip": "98101"}))


def arguments(text: str) -> dict[str, Any]:
    """Return a chat in OpenAI's form with the text in the arguments of a call, which are JSON in a string."""
    call = {"type": "function", "function": {"name": "look_up", "arguments": json.dumps({"what": text})}}
    return {"messages": [{"role": "assistant", "content": None, "tool_calls": [call]}], "tools": []}


HOSTS: dict[str, tuple[Callable[[str], Any], str]] = {
    "message": (lambda text: conversation(content=f"Well, {text}, I think."), "messages[3]"),
    "result": (result, "messages[3]"),
    "hint": (lambda text: {"id": "t-1", "requests": [{"hints": [{"values": {"text": text}}]}]}, "requests"),
    "arguments": (arguments, "messages[0]"),
    "system prompt": (lambda text: {"prompt": [{"role": "system", "content": text}]}, "prompt[0]"),
    "task in a string": (lambda text: {"extra_info": {"task": json.dumps({"requests": [text]})}}, "extra_info"),
}


@pytest.mark.parametrize("dressing", DRESSINGS)
@pytest.mark.parametrize("host", HOSTS)
def test_every_plant_is_found_where_it_is(guard: LeakGuard, tmp_path: Path, host: str, dressing: str) -> None:
    make, place = HOSTS[host]
    path = tmp_path / "planted.jsonl"
    rows = [make(DRESSINGS[dressing](text)) for text in PLANTS]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = guard.check([path])
    found = {(leak.number, leak.kind) for leak in report.leaks if leak.place == place and leak.file == str(path)}
    missed = [text for at, (text, kind) in enumerate(PLANTS.items(), start=1) if (at, kind) not in found]
    assert missed == []
    assert not report.is_clean


def test_there_are_fifty_plants_and_more() -> None:
    assert len(PLANTS) * len(HOSTS) * len(DRESSINGS) > 50
    assert len(PLANTS) >= 45


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_is_reported_as_the_benchmark_writes_it(guard: LeakGuard, fact: str) -> None:
    (found,) = guard.find(f"so {fact} it is")[:1]
    assert (found.kind, found.what) == (FACTS[fact], fact)
    assert found.excerpt.startswith("so ")
    assert found.excerpt.endswith(" it is")


def test_a_passage_is_reported_with_its_source(guard: LeakGuard) -> None:
    sources = {(found.kind, found.what) for text in TEXTS for found in guard.find(text) if found.shared}
    assert sources == {
        ("task", "ferries/tasks.json, task 1"),
        ("task", "phones/tasks.json, task [signal]tunnel_drops_calls[PERSONA:Easy]"),
        ("policy", "ferries/policy.md"),
        ("recorded", "ferries.jsonl, line 1"),
    }


@pytest.mark.parametrize(
    "text",
    [
        COMMON,
        "Orla Holm and Mara Pennywhistler, both of Driftwood Parade",
        "Orla bought it and Mr. Pennywhistle returned it",
        "417 crowns, 8213 of them, on 2024-05-15",
        "the last four digits are 9911, the zip code is 98101, the city is Bergen",
        "#W07654321, #W765432, w76543210 and credit_card_0710034",
        "XQ7XK2P, Q7XK2, FRY2044 and fry 204 of them",
        "555-777-4411 and 1555-777-441",
        "it took 12.7654321 seconds, 0.8642097531 of them waiting",
        "pennywhistle5521@example.com, orla@example.com",
        "The cabin with the porthole can be kept.",
        "Thank you. Is there anything else?",
        "",
    ],
)
def test_what_only_looks_alike_is_no_leak(guard: LeakGuard, text: str) -> None:
    assert guard.find(text) == ()


def test_lists_of_people_do_not_make_names_of_neighbours(guard: LeakGuard) -> None:
    assert guard.find("Tycho Pennywhistle, Orla Underhill") == ()
    people = [{"first_name": "Tycho", "last_name": "Holm"}, {"first_name": "Mara", "last_name": "Underhill"}]
    assert guard.find(json.dumps(people)) == ()


def test_parquet_and_saved_data_sets(guard: LeakGuard, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    rows = [{"messages": [{"role": "user", "content": text}]} for text in ("Hello.", *PLANTS)]
    made = datasets.Dataset.from_list(rows)
    made.save_to_disk(tmp_path / "saved")
    made.to_parquet(tmp_path / "train.parquet")
    for path in (tmp_path / "saved", tmp_path / "train.parquet"):
        report = guard.check([path])
        numbers = {leak.number for leak in report.leaks if leak.place == "messages[0]"}
        assert numbers == set(range(2, len(rows) + 1))


def test_worlds_and_configurations(guard: LeakGuard, tmp_path: Path) -> None:
    name = {"first_name": "Orla", "last_name": "Pennywhistle"}
    users = {"mara_holm_0412": {"name": name}, "orla_pennywhistle_8213": {}}
    (tmp_path / "world.json").write_text(json.dumps({"tables": {"users": users}}))
    (tmp_path / "prompt.yaml").write_text(f"user:\n  prompt: >\n    {SCENARIO[:60]}\n    {SCENARIO[60:]}\n")
    (tmp_path / "card.md").write_text("# Data\n\nWritten for Tycho\nUnderhill.\n")
    found = [(Path(leak.file).name, leak.number, leak.kind, leak.place) for leak in guard.check([tmp_path]).leaks]
    assert found == [
        ("card.md", 3, "name", ""),
        ("prompt.yaml", 1, "task", ""),
        ("world.json", 0, "name", "tables.users.mara_holm_0412"),
        ("world.json", 0, "id", "tables.users.orla_pennywhistle_8213"),
    ]


def test_clean_data_is_clean_and_counted(guard: LeakGuard, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(3 * (json.dumps(conversation()) + "\n"))
    (tmp_path / "weights.bin").write_text("Orla Pennywhistle")
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "b.jsonl").write_text("not JSON")
    steps: list[int] = []
    report = guard.check([tmp_path], steps.append)
    assert report.is_clean
    assert (report.files, report.rows, report.units, report.leaks) == (1, 3, 18, [])
    assert report.passed_over == [str(tmp_path / "weights.bin")]
    assert sum(steps) == 3


def test_links_are_read_if_they_lead_to_files_and_listed_if_to_folders(guard: LeakGuard, tmp_path: Path) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    data.mkdir()
    elsewhere.mkdir()
    (elsewhere / "a.jsonl").write_text(json.dumps(conversation()) + "\n")
    (data / "a.jsonl").symlink_to(elsewhere / "a.jsonl")
    (data / "more").symlink_to(elsewhere)
    report = guard.check([data])
    assert (report.files, report.passed_over) == (1, [str(data / "more")])
    (data / "torn.jsonl").symlink_to(elsewhere / "nothing.jsonl")
    with pytest.raises(InputError, match=r"torn\.jsonl"):
        guard.check([data])


@pytest.mark.parametrize("name", ["empty.jsonl", "empty.txt", "folder", "nothing"])
def test_no_data_is_an_error(guard: LeakGuard, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "model.bin").write_text("x")
    for file in ("empty.jsonl", "empty.txt"):
        (tmp_path / file).touch()
    (tmp_path / "good.jsonl").write_text("{}\n")
    with pytest.raises(InputError, match=name):
        guard.check([tmp_path / "good.jsonl", tmp_path / name])
