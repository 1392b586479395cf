"""The sentences that ship with retail are complete, and a `speech.yaml` with a fault is one error that names it."""

import re
import string
from collections.abc import Mapping
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from cove_rl.domains.retail.oracle import counter, requests
from cove_rl.errors import DomainError
from cove_rl.sandbox import read_yaml
from cove_rl.speech import speech as module
from cove_rl.speech.speech import Voice, speech_of
from cove_rl.users import scripted

AGENT: Mapping[str, list[str]] = {**read_yaml("speech.yaml")["agent"], **read_yaml("retail/speech.yaml")["agent"]}
SHARED = {"order", "items", "reason", "total", "payment", "changes", "address"}
GIVEN = {
    "ask.request": {"name"},
    "done": {"what"},
    "propose.cancel_order": {"order", "items", "reason", "total", "payment"},
    "propose.return_items": {"order", "items", "total", "payment"},
    "propose.modify_items": {"order", "changes", "total", "payment"},
    "propose.exchange_items": {"order", "changes", "total", "payment"},
    "propose.change_payment": {"order", "total", "payment"},
    "propose.change_order_address": {"order", "address"},
    "propose.change_user_address": {"address"},
    "refuse.status": {"order", "status"},
    "refuse.gift_card": {"balance", "total"},
    "transfer.restore_order": {"user", "order"},
    "transfer.missing_parcel": {"user", "order"},
}
"""What the oracle fills in; nothing elsewhere."""


def places(text: str) -> set[str]:
    return {place for _, place, _, _ in string.Formatter().parse(text) if place is not None}


@pytest.mark.parametrize("key", AGENT)
def test_an_agents_sentence_has_no_place_that_nobody_fills(key: str) -> None:
    assert all(places(text) <= GIVEN.get(key, set()) for text in AGENT[key])


@pytest.mark.parametrize("key", [key for key in AGENT if key.startswith("propose.")])
def test_a_proposal_names_all_that_consent_is_for(key: str) -> None:
    """The policy wants the customer to agree to the details, so every wording states every detail but the price."""
    assert all(places(text) >= GIVEN[key] - {"total"} for text in AGENT[key])


def test_what_the_oracle_and_the_customer_say_is_there() -> None:
    said = "".join(Path(str(one.__file__)).read_text() for one in (counter, requests))
    keys = set(re.findall(r"\"((?:ask|unknown|refuse)\.\w+|give_up|done|more|cancelled_by_user)\"", said))
    assert {"ask.reason", "refuse.status", "give_up", "done"} <= keys
    assert keys <= AGENT.keys()
    lines = set(re.findall(r"_line\(\"(\w+)\"\)", Path(str(scripted.__file__)).read_text()))
    assert lines
    assert lines <= set(read_yaml("speech.yaml")["customer"])


def test_customers_lines_and_remarks_have_no_places() -> None:
    base = read_yaml("speech.yaml")
    texts = [text for lines in base["customer"].values() for text in lines]
    texts += [text for mood in base["moods"].values() for lines in mood.values() for text in lines]
    assert not any(places(text) for text in texts)
    assert all(text[-1] in ".!?" for text in texts), "a line without an end would swallow the sentence after it"


def test_a_voice_says_what_it_has_and_names_what_it_lacks() -> None:
    voice = Voice({"greet": ["Hi {name}.", "Hello {name}."]})
    assert {voice.say("greet", Random(seed), name="Mei") for seed in range(20)} == {"Hi Mei.", "Hello Mei."}
    with pytest.raises(DomainError, match="'bye'"):
        voice.say("bye", Random(0))


GOOD: dict[str, Any] = {"phrases": {"order": {"exact": ["order {id}"]}}, "acts": {"cancel": ["Cancel {order}."]}}


def read(folder: Path, content: str | bytes, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Read the `speech.yaml` of a domain whose folder holds this one."""
    raw = content if isinstance(content, bytes) else content.encode()
    (folder / "speech.yaml").write_bytes(raw)
    monkeypatch.setattr(module, "get_domain", lambda name: SimpleNamespace(data=folder))
    return speech_of.__wrapped__("any")


def test_a_domains_own_part_is_laid_over_the_shared_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {**GOOD, "customer": {"bye": ["Ciao."]}}
    speech = read(tmp_path, yaml.safe_dump(own), monkeypatch)
    assert speech.customer.say("bye", Random(0)) == "Ciao."
    assert speech.customer.say("hello", Random(0)) in read_yaml("speech.yaml")["customer"]["hello"]
    assert set(speech.grammar.acts()) == {"yes", "no", "cancel"}
    assert "bye" in read_yaml("speech.yaml")["customer"]
    assert read_yaml("speech.yaml")["customer"]["bye"] != ["Ciao."]


FAULTS: dict[str, Any] = {
    "no mapping": [1, 2],
    "nothing": None,
    "no phrases": {"acts": {}},
    "acts no mapping": {**GOOD, "acts": ["Cancel it."]},
    "a sentence instead of a list": {**GOOD, "acts": {"cancel": "Cancel it."}},
    "no sentence": {**GOOD, "acts": {"cancel": []}},
    "a key that YAML reads as a truth value": {**GOOD, "acts": {True: ["Yes."]}},
    "a number": {**GOOD, "acts": {"cancel": [1]}},
    "an open brace": {**GOOD, "acts": {"cancel": ["Cancel {order."]}},
    "an unknown slot": {**GOOD, "acts": {"cancel": ["Cancel {parcel}."]}},
    "a list of an unknown slot": {**GOOD, "lists": {"all": {"of": "parcel", "between": ",", "last": ","}}},
    "a list without its parts": {**GOOD, "lists": {"all": {"of": "order"}}},
    "a shape that is no expression": {**GOOD, "shapes": {"id": "("}},
    "phrases without forms": {**GOOD, "phrases": {"order": ["order {id}"]}},
    "customer no mapping": {**GOOD, "customer": ["Hi."]},
    "no moods": {**GOOD, "moods": None},
    "listen no mapping": {**GOOD, "listen": ["a"]},
}


@pytest.mark.parametrize("data", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_one_error_that_names_the_file(data: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DomainError, match=r"speech\.yaml: ."):
        read(tmp_path, yaml.safe_dump(data), monkeypatch)


@pytest.mark.parametrize("content", ["a: [", "\t", b"\xff\xfe\xff", "[" * 5000, "a: &x {b: *x}", ""])
def test_what_is_no_yaml_is_one_error(content: str | bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DomainError, match=r"speech\.yaml: ."):
        read(tmp_path, content, monkeypatch)


def test_a_missing_file_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "get_domain", lambda name: SimpleNamespace(data=tmp_path))
    with pytest.raises(DomainError, match=r"speech\.yaml: ."):
        speech_of.__wrapped__("any")
