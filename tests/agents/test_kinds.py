"""The kinds of agents: how their settings are read, what is refused and how, and what is made of them."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cove_rl.agents.clumsy import ClumsyOracle
from cove_rl.agents.ensemble import EnsembleAgent
from cove_rl.agents.kinds import FACTORIES, KINDS, agent_from_text, agents_of, make_agents, read_agent
from cove_rl.agents.oracle import Oracle
from cove_rl.agents.served import ServedAgent
from cove_rl.agents.settings import MISTAKES, ClumsySettings, EnsembleSettings, OracleSettings, ServedSettings
from cove_rl.errors import InputError
from cove_rl.users.kinds import make_users, read_user

from .shelf import task_of, world

URL = "http://127.0.0.1:9/v1"
ENDPOINT = {"url": URL, "model": "tiny"}
ENSEMBLE = {"kind": "ensemble", "members": {"a": {"agent": {"kind": "oracle"}, "weight": 2}}}
SETTINGS = [ServedSettings, ClumsySettings, EnsembleSettings]


def test_every_kind_is_made_somewhere() -> None:
    assert set(FACTORIES) == set(KINDS.values())


@pytest.mark.parametrize(
    ("plain", "made", "name"),
    [
        ("oracle", Oracle, "oracle"),
        ({"kind": "oracle"}, Oracle, "oracle"),
        ({"kind": "openai", "endpoint": ENDPOINT}, ServedAgent, "openai:tiny"),
        ({"kind": "clumsy", "stalls": 0.5}, ClumsyOracle, "clumsy"),
        (ENSEMBLE, EnsembleAgent, "ensemble:a"),
    ],
)
def test_agents_are_of_their_kind(plain: Any, made: type, name: str) -> None:
    agents = make_agents(read_agent(plain))
    agent = agents.agent(task_of("retail", 0), world("retail"))
    assert type(agent) is made
    assert agent.name == name
    assert all(one.calls == 0 for one in agents.usage().values())


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        (None, "None"),
        ([], "None"),
        ({}, "oracle, openai, clumsy, ensemble"),
        ("nobody", "the agent's kind is one of .* not 'nobody'"),
        ({"kind": "oracle", "model": "x"}, "unknown field `model`"),
        ("openai", r"required field `endpoint`; see docs/agents\.md"),
        ({"kind": "openai", "endpoint": {"url": URL}}, "required field `model`"),
        ({"kind": "openai", "endpoint": ENDPOINT, "tries": 0}, "tries"),
        ({"kind": "clumsy", "stalls": 1.5}, "stalls"),
        ({"kind": "clumsy", "sings": 0.5}, "unknown field `sings`"),
        ({"kind": "ensemble", "members": {}}, "members"),
        ({"kind": "ensemble", "members": {"a": {"agent": {"kind": "oracle"}, "weight": 0}}}, "weight"),
        ({"kind": "ensemble", "members": {"a": {"agent": ENSEMBLE}}}, "ensemble"),
    ],
)
def test_what_is_wrong_is_named(plain: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_agent(plain)


def test_a_kind_with_changes_is_read_from_a_command_line(tmp_path: Path) -> None:
    text = f"openai endpoint.url={URL} endpoint.model=tiny tries=5"
    assert agent_from_text(text) == read_agent({"kind": "openai", "endpoint": ENDPOINT, "tries": 5})
    noisy = ClumsySettings(writes_wrongly=0.2, skips_consent=0.1)
    assert agent_from_text("clumsy writes_wrongly=0.2 skips_consent=0.1") == noisy
    file = tmp_path / "agent.yaml"
    file.write_text(f"kind: openai\nendpoint: {{url: {URL}, model: tiny}}\n")
    assert agent_from_text(f"{file} tries=5") == agent_from_text(text)
    file.write_text(f"cove: {{agent: {{kind: openai, endpoint: {{url: {URL}, model: tiny}}, tries: 5}}}}\n")
    assert agent_from_text(str(file)) == agent_from_text(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "the agent ''"), ("nobody", "'nobody'"), ("oracle x", "sets nothing"), ("no.yaml", "no.yaml")],
)
def test_what_is_wrong_on_a_command_line_is_named(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        agent_from_text(text)


@pytest.mark.parametrize(
    "value", ["2020-13-45", "[" * 3000, "[", "!!python/name:os.system", "&a *b", "\x00"], ids=range(6)
)
def test_a_value_that_yaml_cannot_read_is_one_short_line(value: str, tmp_path: Path) -> None:
    file = tmp_path / "agent.yaml"
    file.write_text(f"kind: {value}")
    for text in (f"clumsy seed='{value}'", str(file)):
        with pytest.raises(InputError) as caught:
            agent_from_text(text)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 1000


def test_agents_are_made_once_per_process() -> None:
    assert agents_of(read_agent(ENSEMBLE)) is agents_of(read_agent(ENSEMBLE))
    assert agents_of(OracleSettings(), 5.0) is not agents_of(OracleSettings(), 6.0)


def test_the_tasks_seed_chooses_who_plays_and_not_as_it_does_among_customers() -> None:
    task = task_of("retail", 0)
    agents = make_agents(read_agent({"kind": "ensemble", "members": {n: {"agent": {"kind": "oracle"}} for n in "ab"}}))
    users = make_users(read_user({"kind": "ensemble", "members": {n: {"user": {"kind": "scripted"}} for n in "ab"}}))
    pairs = Counter(
        (agents.agent(one, world("retail")).name, users.user(one).name)
        for one in (replace(task, seed=str(seed)) for seed in range(400))
    )
    assert len(pairs) == 4
    assert all(60 < count < 140 for count in pairs.values())


@pytest.mark.parametrize("struct", SETTINGS)
def test_every_setting_is_documented(struct: type[Any]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "agents.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[\w.]+", " ".join(re.findall(r"`([^`\n]+)`", page))))
    assert set(struct.__struct_fields__) <= words


def test_every_mistake_is_a_setting() -> None:
    assert {*MISTAKES, "seed"} == set(ClumsySettings.__struct_fields__)
    assert ClumsySettings(stalls=0.5, refuses=0.0).shares == {"stalls": 0.5}
