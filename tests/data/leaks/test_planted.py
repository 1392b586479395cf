"""tau2-bench's own ids, names and texts, planted in our data: each is found, and without them nothing is."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from cove_rl.data.leaks.benchmark import Benchmark
from cove_rl.data.leaks.guard import LeakGuard
from cove_rl.data.leaks.texts import Text, TextKind
from cove_rl.data.leaks.words import words_of
from cove_rl.world.domain import get_domain
from cove_rl.world.files import save_world
from tests.data.examples import example, examples, world

EACH = 4
"""Plants of every class."""


def _facts(tau2: Path) -> dict[str, list[tuple[str, str]]]:
    """Return class -> kind and value of everything of that class, read from the benchmark field by field."""
    found: dict[str, list[tuple[str, str]]] = {}

    def add(name: str, kind: str, values: Any) -> None:
        found[name] = [(kind, value) for value in values]

    for domain, tables in (
        ("retail", ("products", "users", "orders")),
        ("airline", ("flights", "users", "reservations")),
    ):
        database = json.loads((tau2 / "domains" / domain / "db.json").read_text())
        for table in tables:
            add(f"{domain} {table}", "id", [key for key in database[table] if key != "429815"])
        users = database["users"].values()
        add(f"{domain} payment methods", "id", [key for user in users for key in user["payment_methods"]])
        add(f"{domain} e-mail", "email", [user["email"] for user in users])
        add(f"{domain} names", "name", ["{first_name} {last_name}".format(**user["name"]) for user in users])
        add(f"{domain} streets", "address", [user["address"]["address1"] for user in users])
    database = json.loads((tau2 / "domains/retail/db.json").read_text())
    add("items", "id", [item for product in database["products"].values() for item in product["variants"]])
    parcels = [parcel for order in database["orders"].values() for parcel in order["fulfillments"]]
    add("parcels", "id", [number for parcel in parcels for number in parcel["tracking_id"]])
    phones = msgspec.toml.decode((tau2 / "domains/telecom/db.toml").read_bytes())
    for table in ("plans", "devices", "lines", "customers", "bills"):
        add(table, "id", [row[f"{table[:-1]}_id"] for row in phones[table]])
    add("telephones", "phone", [row["phone_number"] for row in phones["lines"]])
    add("telecom names", "name", [row["full_name"] for row in phones["customers"]])
    add("telecom e-mail", "email", [row["email"] for row in phones["customers"]])
    add("telecom streets", "address", [row["address"]["street"] for row in phones["customers"]])
    return found


def _reworded(text: str) -> str:
    """Return a text of which every eighth word is another."""
    words = text.split()
    return " ".join("whatsoever" if at % 8 == 7 else word for at, word in enumerate(words))


def _texts(texts: Sequence[Text]) -> Iterator[tuple[TextKind, str]]:
    kinds: tuple[tuple[TextKind, int], ...] = (("task", 20), ("recorded", 45))
    for kind, shortest in kinds:
        chosen = sorted({text.text for text in texts if text.kind == kind and len(words_of(text.text)) >= shortest})
        telling = [text for text in chosen if "{" not in text]
        for text in Random(7).sample(telling, 10):
            yield kind, text
            yield kind, _reworded(text)
    for policy in texts:
        if policy.kind == "policy":
            longest = max(policy.text.splitlines(), key=len)
            yield "policy", longest
            yield "policy", _reworded(longest)


@pytest.fixture(scope="module")
def plants(tau2: Path, real_benchmark: Benchmark) -> list[tuple[str, str]]:
    """Kind and text of every plant."""
    facts = [fact for found in _facts(tau2).values() for fact in Random(7).sample(found, min(EACH, len(found)))]
    return [*facts, *_texts(real_benchmark.texts)]


def _planted(text: str, number: int) -> dict[str, Any]:
    """Return an example of ours with the text in one of six places."""
    domain, place = ("retail", "airline")[number % 2], number % 6
    one = msgspec.to_builtins(example(domain, number % 3))
    messages = one["trajectory"]["messages"]
    roles = {0: "user", 1: "assistant", 2: "tool"}
    if place in roles:
        chosen = [message for message in messages if message["role"] == roles[place]][-1]
        before = chosen.get("content", "")
        chosen["content"] = json.dumps({"said": text, "then": before}) if place == 2 else f"{before} **{text}**, yes."
    elif place == 3:
        next(message for message in messages if message.get("calls"))["calls"][0]["arguments"]["note"] = text.upper()
    elif place == 4:
        one["task"]["requests"][0]["hints"][0]["values"]["text"] = text
    else:
        one["task"]["seed"] = f"({text.lower()})"
    return dict(one)


def test_every_plant_is_found(real_guard: LeakGuard, plants: list[tuple[str, str]], tmp_path: Path) -> None:
    path = tmp_path / "kept-00000.jsonl"
    lines = [json.dumps(_planted(text, number)) for number, (_, text) in enumerate(plants)]
    path.write_text("\n".join(lines) + "\n")
    found = {(leak.number, leak.kind) for leak in real_guard.check([tmp_path]).leaks}
    missed = [plant for number, plant in enumerate(plants, start=1) if (number, plant[0]) not in found]
    assert len(plants) > 100
    assert missed == []


def test_every_identifying_fact_of_the_benchmark_is_found(real_guard: LeakGuard, tau2: Path) -> None:
    facts = [fact for found in _facts(tau2).values() for fact in found]
    missed = [value for kind, value in facts if kind not in {one.kind for one in real_guard.find(f"It is {value}.")}]
    assert len(facts) > 10_000
    assert missed == []


@pytest.mark.parametrize("domain", ["airline", "retail"])
def test_our_data_is_clean(real_guard: LeakGuard, tmp_path: Path, domain: str) -> None:
    save_world(world(domain), tmp_path / "world.json")
    (tmp_path / "kept-00000.jsonl").write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in examples(12)))
    found = get_domain(domain)
    tools = [tool.schema for tool in found.tools]
    (tmp_path / "prompt.json").write_bytes(msgspec.json.encode({"tools": tools, "policy": found.policy}))
    report = real_guard.check([tmp_path])
    assert [str(leak) for leak in report.leaks] == []
    assert report.rows > 200


def test_what_we_write_is_clean(real_guard: LeakGuard) -> None:
    sandbox = Path(__file__).parents[3] / "sandbox"
    report = real_guard.check([sandbox])
    assert [str(leak) for leak in report.leaks] == []
    assert report.files > 10
