"""The doctor: each injected fault is found, named, and answered with what to do."""

import json
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import pytest
from typer.testing import CliRunner

from cove_rl.cli.main import app
from cove_rl.training import doctor
from cove_rl.training.doctor import machine, packages, registration, rehearsal
from cove_rl.training.doctor.finding import Finding, Profile

CPU, GPU = Profile("cpu"), Profile("gpu1")
Usage = namedtuple("Usage", "total used free")


def only(found: Iterator[Finding]) -> Finding:
    (finding,) = found
    return finding


def failing(found: Iterator[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.status == "failure"]


def ended(monkeypatch: pytest.MonkeyPatch, status: int, stdout: str = "", stderr: str = "") -> list[list[str]]:
    """Have every process end at once in this way; return the commands that were run."""
    commands: list[list[str]] = []

    def run(command: list[str], **settings: Any) -> Any:
        commands.append(command)
        stream = settings.get("stdout")
        if stream is not None and hasattr(stream, "write"):
            stream.write(stdout.encode())
        return subprocess.CompletedProcess(command, status, stdout, stderr)

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def late(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **settings: Any) -> Any:
        raise subprocess.TimeoutExpired(command, settings["timeout"])

    monkeypatch.setattr(subprocess, "run", run)


@pytest.mark.parametrize("version", [(3, 9, 1), (3, 13, 0), (4, 0, 0)])
def test_a_python_that_is_not_supported(monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int]) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    finding = only(packages.python(CPU))
    assert finding.status == "failure"
    assert ".".join(map(str, version)) in finding.detail


def test_a_version_out_of_bounds_and_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("packaging")
    known = {"verl": "0.8.0", "torch": "2.13.0+cpu"}
    wanted = ["msgspec>=0.19", "verl>=0.9.1,<0.10; extra == 'train'", "torch>=2.6; extra == 'train'"]
    wanted += ["ray>=2.41; extra == 'train'", "sglang>=0.5; extra == 'sglang'"]

    def version(name: str) -> str:
        if name not in known:
            raise metadata.PackageNotFoundError(name)
        return known[name]

    monkeypatch.setattr(metadata, "requires", lambda name: wanted)
    monkeypatch.setattr(metadata, "version", version)
    found = {finding.name: finding.detail for finding in failing(packages.versions(CPU))}
    assert list(found) == ["package verl", "package ray"]
    assert "0.8.0 is installed" in found["package verl"]
    assert "not installed" in found["package ray"]


def test_without_the_train_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    finding = only(packages.versions(CPU))
    assert (finding.status, finding.detail) == ("failure", "the train extra is not installed")
    assert "cove_rl[train]" in finding.remedy


def test_a_check_that_needs_what_is_missing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(profile: Profile) -> Iterator[Finding]:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")
        yield  # type: ignore[unreachable]  # makes it a generator, as checks are

    monkeypatch.setattr(doctor, "CHECKS", (check,))
    finding = only(doctor.examine(CPU))
    assert (finding.status, finding.detail) == ("failure", "needs the package 'torch'")
    assert "cove_rl[train]" in finding.remedy


def test_a_check_that_breaks_down_does_not_end_the_examination(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(profile: Profile) -> Iterator[Finding]:
        yield Finding("first", "ok", "")
        raise ZeroDivisionError("by zero")

    def after(profile: Profile) -> Iterator[Finding]:
        yield Finding("after", "ok", "")

    monkeypatch.setattr(doctor, "CHECKS", (broken, after))
    found = list(doctor.examine(CPU))
    assert [(finding.name, finding.status) for finding in found] == [
        ("first", "ok"),
        ("broken", "failure"),
        ("after", "ok"),
    ]


def test_the_dry_run_waits_for_failures_to_be_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (lambda profile: iter([Finding("a", "failure", "")]),))
    monkeypatch.setattr(rehearsal, "dry_run", lambda profile: pytest.fail("it ran"))
    assert [finding.status for finding in doctor.examine(CPU, dry_run=True)] == ["failure", "skipped"]


def test_an_entry_point_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "entry_points", lambda group: [])
    finding = only(registration.plugins(CPU))
    assert finding.status == "failure"
    assert "reinstall" in finding.remedy


@pytest.mark.parametrize(("policy", "loads"), [("none", False), ("other", False), ("other,cove_rl", True)])
def test_plugins_that_verl_was_told_not_to_load(monkeypatch: pytest.MonkeyPatch, policy: str, loads: bool) -> None:
    entry = metadata.EntryPoint("cove_rl", "cove_rl.training.plugin", "verl.plugins")
    monkeypatch.setattr(metadata, "entry_points", lambda group: [entry])
    monkeypatch.setattr(registration, "_registered", dict)
    monkeypatch.setenv("VERL_USE_EXTERNAL_PLUGINS", policy)
    assert bool(failing(registration.plugins(CPU))) is not loads


def test_a_piece_that_could_not_be_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = metadata.EntryPoint("cove_rl", "cove_rl.training.plugin", "verl.plugins")
    monkeypatch.setattr(metadata, "entry_points", lambda group: [entry])
    pieces = {"agent loop": ImportError("no tool parser"), "trainer": None}
    monkeypatch.setattr(registration, "_registered", lambda: pieces)
    found = list(registration.plugins(CPU))
    assert [(finding.name, finding.status) for finding in found] == [("agent loop", "failure"), ("trainer", "ok")]
    assert "no tool parser" in found[0].detail


def test_everything_of_ours_is_registered_here() -> None:
    pytest.importorskip("verl", reason="needs the train extra")
    assert failing(registration.plugins(CPU)) == []
    profile = Profile("cpu")
    assert failing(registration.configuration(profile)) == []
    assert profile.value("actor_rollout_ref.rollout.name") == "hf"


def test_a_profile_that_does_not_exist() -> None:
    pytest.importorskip("verl", reason="needs the train extra")
    finding = only(registration.configuration(Profile("abacus")))
    assert finding.status == "failure"
    assert "+profile=abacus does not compose" in finding.detail


def test_a_configuration_whose_parts_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("verl", reason="needs the train extra")
    config = {
        "data": {"custom_cls": {"path": "pkg://cove_rl.training.nothing", "name": "CoveTasks"}},
        "reward": {"custom_reward_function": {"path": "pkg://cove_rl.training.reward", "name": "nothing"}},
        "actor_rollout_ref": {"rollout": {"agent": {"default_agent_loop": "nothing"}}},
    }
    monkeypatch.setattr(registration, "compose", lambda profile: config)
    names = [finding.name for finding in failing(registration.configuration(Profile("cpu")))]
    assert names == ["dataset", "reward", "conversation loop"]


@pytest.mark.parametrize(
    ("name", "device", "variable", "status"),
    [
        ("cpu", "cpu", "cpu", "ok"),
        ("cpu", "cpu", None, "failure"),
        ("cpu", "cuda", None, "failure"),
        ("gpu1", "cuda", None, "ok"),
        ("gpu1", "cpu", "cpu", "failure"),
    ],
)
def test_a_platform_that_is_not_the_profiles(
    monkeypatch: pytest.MonkeyPatch, name: str, device: str, variable: str | None, status: str
) -> None:
    pytest.importorskip("verl", reason="needs the train extra")
    monkeypatch.setattr("verl.utils.device.get_device_name", lambda: device)
    monkeypatch.delenv("VERL_PLATFORM", raising=False)
    if variable:
        monkeypatch.setenv("VERL_PLATFORM", variable)
    assert only(registration.platform(Profile(name))).status == status


@pytest.mark.parametrize(
    ("count", "free", "total", "status"),
    [(0, 80, 80, "failure"), (1, 80, 80, "failure"), (2, 79, 80, "ok"), (2, 20, 80, "warning"), (2, 23, 24, "warning")],
)
def test_gpus_that_are_too_few_or_too_small(
    monkeypatch: pytest.MonkeyPatch, count: int, free: int, total: int, status: str
) -> None:
    torch = pytest.importorskip("torch", reason="needs the train extra")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda number: (free * 2**30, total * 2**30))
    profile = Profile("gpu8", config={"trainer": {"n_gpus_per_node": 2}})
    assert only(machine.devices(profile)).status == status
    assert only(machine.devices(CPU)).status == "skipped"


def test_sglang_that_is_missing_or_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "find_spec", lambda name: None)
    assert "cove_rl[sglang]" in only(machine.engine(GPU)).remedy
    monkeypatch.setattr(machine, "find_spec", lambda name: "found")
    ended(monkeypatch, 1, stderr="Traceback\nImportError: libnuma.so.1")
    assert "libnuma" in only(machine.engine(GPU)).detail
    ended(monkeypatch, 0)
    assert only(machine.engine(GPU)).status == "ok"
    hf = Profile("gpu1", config={"actor_rollout_ref": {"rollout": {"name": "hf"}}})
    assert only(machine.engine(hf)).status == "ok"


def test_memory_and_disk_that_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_available", lambda: 2 * 2**30)
    assert only(machine.memory(CPU)).status == "warning"
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(2**40, 2**40, 2**28))
    assert [finding.status for finding in machine.disk(CPU)] == ["warning", "warning"]
    monkeypatch.setattr(machine, "_available", lambda: 2**40)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(2**40, 0, 2**40))
    assert only(machine.memory(GPU)).status == "ok"
    assert [finding.status for finding in machine.disk(GPU)] == ["ok", "ok"]


def test_ports_that_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(machine, "PORTS", {port: "a cluster"})
        finding = only(machine.ports(CPU))
    assert (finding.status, finding.detail) == ("warning", f"in use: {port} (a cluster)")

    def refused(*_: object) -> None:
        raise PermissionError("not here")

    monkeypatch.setattr(socket, "create_server", refused)
    assert only(machine.ports(CPU)).status == "failure"


def test_a_ray_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    late(monkeypatch)
    assert "did not start within" in only(machine.ray(CPU)).detail
    ended(monkeypatch, 1, stderr="x\nRuntimeError: no shared memory")
    assert "no shared memory" in only(machine.ray(CPU)).detail
    ended(monkeypatch, 0, stdout="alive\n")
    assert only(machine.ray(CPU)).status == "ok"


def test_a_dry_run_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "_build", lambda path: None)
    late(monkeypatch)
    assert "no step within" in only(rehearsal.dry_run(CPU)).detail
    ended(monkeypatch, 1, stdout="Traceback\nValueError: gloo\nbye\n")
    assert "ValueError: gloo" in only(rehearsal.dry_run(CPU)).detail
    ended(monkeypatch, 0, stdout="nothing happened")
    assert only(rehearsal.dry_run(CPU)).status == "failure"
    commands = ended(monkeypatch, 0, stdout="step:1 - training/global_step:1 - x:2")
    assert only(rehearsal.dry_run(CPU)).status == "ok"
    assert commands[0][1:5] == ["-m", "verl.trainer.main_ppo", "+env=cove_retail", "+profile=cpu"]


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("warning", 0), ("skipped", 0), ("failure", 1)])
def test_the_command_fails_if_training_cannot_work(monkeypatch: pytest.MonkeyPatch, status: Any, code: int) -> None:
    finding = Finding("ray", status, "as found", "" if status == "ok" else "do this")
    asked = []

    def examine(profile: Profile, dry_run: bool) -> list[Finding]:
        asked.append((profile.name, profile.overrides, dry_run))
        return [finding]

    monkeypatch.setattr(doctor, "examine", examine)
    words = ["doctor", "--profile", "cpu", "--set", "trainer.nnodes=1", "--dry-run"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code
    assert "as found" in result.stdout
    assert ("do this" in result.stdout) == (status != "ok")
    assert asked == [("cpu", ("trainer.nnodes=1",), True)]
    report = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert (report["profile"], report["can_train"]) == ("cpu", code == 0)
    assert report["findings"][0]["status"] == status


def test_the_profile_is_the_platforms_if_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def examine(profile: Profile, dry_run: bool) -> list[Finding]:
        asked.append(profile.name)
        return []

    monkeypatch.setattr(doctor, "examine", examine)
    monkeypatch.setenv("VERL_PLATFORM", "cpu")
    CliRunner().invoke(app, ["doctor"])
    monkeypatch.delenv("VERL_PLATFORM")
    CliRunner().invoke(app, ["doctor"])
    assert asked == ["cpu", "gpu1"]
