"""The kinds of users: how their settings are read, what is refused and how, and what is made of them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cove_rl.endpoints.settings import Circuit, EndpointSettings
from cove_rl.errors import InputError
from cove_rl.users.ensemble import EnsembleUser
from cove_rl.users.kinds import FACTORIES, KINDS, make_users, read_user, user_from_text, users_of
from cove_rl.users.model import ModelUser
from cove_rl.users.scripted import ScriptedUser
from cove_rl.users.settings import EnsembleSettings, ModelSettings, ScriptedSettings

from .stage import tasks

URL = "http://127.0.0.1:9/v1"
ENDPOINT = {"url": URL, "model": "tiny"}
ENSEMBLE = {"kind": "ensemble", "members": {"a": {"user": {"kind": "scripted"}, "weight": 2}}}
CONFIGS = sorted((Path(__file__).parents[2] / "configs" / "user").glob("*.yaml"))


def test_every_kind_is_made_somewhere() -> None:
    assert set(FACTORIES) == set(KINDS.values())
    assert {path.stem for path in CONFIGS} == set(KINDS)


@pytest.mark.parametrize(
    ("plain", "made"),
    [
        ("scripted", ScriptedUser),
        ({"kind": "scripted"}, ScriptedUser),
        ({"kind": "openai", "endpoint": ENDPOINT}, ModelUser),
        (ENSEMBLE, EnsembleUser),
    ],
)
def test_users_are_of_their_kind(plain: Any, made: type) -> None:
    users = make_users(read_user(plain))
    assert type(users.user(tasks(1)[0])) is made
    assert all(one.calls == 0 for one in users.usage().values())


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        (None, "None"),
        ([], "None"),
        ({}, "scripted, openai"),
        ("nobody", "'nobody'"),
        ({"kind": ["scripted"]}, r"\['scripted'\]"),
        ({"kind": "scripted", "model": "x"}, "unknown field `model`"),
        ("openai", "required field `endpoint`"),
        ({"kind": "openai", "endpoint": {"url": URL}}, "required field `model`"),
        ({"kind": "openai", "endpoint": {**ENDPOINT, "url": "ftp://x/v1"}}, "endpoint.url"),
        ({"kind": "openai", "endpoint": {**ENDPOINT, "url": "http://me:secret@x/v1"}}, "endpoint.url"),
        ({"kind": "openai", "endpoint": {**ENDPOINT, "key_env": "sk-my-key"}}, "endpoint.key_env"),
        ({"kind": "openai", "endpoint": {**ENDPOINT, "api_key": "x"}}, "unknown field `api_key`"),
        ({"kind": "openai", "endpoint": {**ENDPOINT, "timeout": 0}}, "endpoint.timeout"),
        ({"kind": "openai", "endpoint": {**ENDPOINT, "concurrency": 0}}, "endpoint.concurrency"),
        ({"kind": "openai", "endpoint": ENDPOINT, "tries": "many"}, "tries"),
        ({"kind": "ensemble", "members": {}}, "members"),
        ({"kind": "ensemble", "members": {"a": {"user": {"kind": "scripted"}, "weight": 0}}}, "weight"),
        ({"kind": "ensemble", "members": {"a": {"user": ENSEMBLE}}}, "ensemble"),
    ],
)
def test_what_is_wrong_is_named(plain: Any, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_user(plain)
    assert "secret" not in str(caught.value)
    assert "sk-my-key" not in str(caught.value)


def test_a_kind_with_changes_is_read_from_a_command_line() -> None:
    text = f"openai endpoint.url={URL} endpoint.model=tiny endpoint.rate=2 tries=5 'endpoint.extra={{top_p: 0.5}}'"
    expected = {"kind": "openai", "endpoint": {**ENDPOINT, "rate": 2.0, "extra": {"top_p": 0.5}}, "tries": 5}
    assert user_from_text(text) == read_user(expected)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_configuration_is_read_from_a_command_line(path: Path, tmp_path: Path) -> None:
    user = yaml.safe_load(path.read_text(encoding="utf-8"))["cove"]["user"]
    assert user_from_text(str(path)) == read_user(user)
    bare = tmp_path / "user.yaml"
    bare.write_text(yaml.safe_dump(user))
    assert user_from_text(str(bare)) == read_user(user)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "''"),
        ("'", "No closing quotation"),
        ("nobody", "'nobody'"),
        ("openai endpoint", "'endpoint' sets nothing"),
        ("openai endpoint.=5", "sets nothing"),
        ("openai kind.of=5", "'kind' has no settings of its own"),
        ("openai endpoint.url=[", "cannot be read"),
        ("no/such/file.yaml", "no/such/file.yaml"),
    ],
)
def test_what_is_wrong_on_a_command_line_is_named(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        user_from_text(text)


@pytest.mark.parametrize("content", ["", "[]", "cove: 5", "cove: {user: scripted}", "\x00", "{"])
def test_a_file_without_settings_is_named(content: str, tmp_path: Path) -> None:
    path = tmp_path / "user.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match=r"user\.yaml|kind"):
        user_from_text(str(path))


def test_users_are_made_once_per_process() -> None:
    settings = read_user(ENSEMBLE)
    assert users_of(settings) is users_of(read_user(ENSEMBLE))
    assert users_of(settings, 5.0) is not users_of(settings, 6.0)
    assert users_of(ScriptedSettings()) is not users_of(settings)


@pytest.mark.parametrize("struct", [EndpointSettings, ModelSettings, EnsembleSettings, Circuit])
def test_every_setting_is_documented(struct: type[Any]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "users.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[\w.]+", " ".join(re.findall(r"`([^`\n]+)`", page))))
    names = {f"circuit.{name}" if struct is Circuit else name for name in struct.__struct_fields__}
    assert names <= words
