"""Checks of what verl and Hydra know of this library."""

import os
import warnings
from collections.abc import Iterator
from importlib import metadata
from typing import Any

from cove_rl.errors import InputError
from cove_rl.training.compose import compose
from cove_rl.training.doctor.finding import Finding, Profile

REINSTALL = "reinstall cove_rl in the environment that runs verl: its entry points are part of the installation"


def plugins(_: Profile) -> Iterator[Finding]:
    """See whether verl has loaded and registered everything of ours; verl itself hides what goes wrong."""
    found = [entry for entry in metadata.entry_points(group="verl.plugins") if entry.name == "cove_rl"]
    if not found:
        yield Finding("verl plugin", "failure", "there is no entry point cove_rl in verl.plugins", REINSTALL)
        return
    policy = os.environ.get("VERL_USE_EXTERNAL_PLUGINS", "auto").strip().lower()
    if policy != "auto" and "cove_rl" not in policy.split(","):
        detail = f"VERL_USE_EXTERNAL_PLUGINS={policy} keeps verl from loading cove_rl"
        yield Finding("verl plugin", "failure", detail, "unset it, or add cove_rl to it")
        return
    for name, error in _registered().items():
        if error is None:
            yield Finding(name, "ok", "registered with verl")
        else:
            detail = f"not registered: {type(error).__name__}: {error}"
            yield Finding(name, "failure", detail, "an import failed: compare the versions above with their bounds")


def _registered() -> dict[str, Exception | None]:
    """Have verl load its plugins, and return what became of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # verl warns of every engine that is not installed
        import verl  # noqa: F401

        from cove_rl.training.plugin import register

        return dict(register())


def configuration(profile: Profile) -> Iterator[Finding]:
    """Compose the run's configuration as `main_ppo` does, and load what it names."""
    try:
        config = compose(profile.arguments)
    except InputError as error:
        yield Finding("configuration", "failure", _line(error), f"check the name of the profile; else {REINSTALL}")
        return
    profile.config.update(config)
    yield Finding("configuration", "ok", f"{' '.join(profile.arguments)} composes")
    for name, path in {"dataset": "data.custom_cls", "reward": "reward.custom_reward_function"}.items():
        yield _loaded(name, profile.value(path, {}))
    loop = profile.value("actor_rollout_ref.rollout.agent.default_agent_loop")
    from verl.experimental.agent_loop.agent_loop import _agent_loop_registry

    known = loop in _agent_loop_registry
    remedy = "" if known else "see the agent loop above"
    yield Finding(
        "conversation loop", "ok" if known else "failure", f"{loop} {'is' if known else 'is not'} known", remedy
    )


def _loaded(name: str, node: dict[str, Any]) -> Finding:
    """Load an object as verl will."""
    from verl.utils.import_utils import load_extern_object

    shown = f"{node.get('path')} {node.get('name')}"
    try:
        load_extern_object(node["path"], node["name"])
    except Exception as error:
        return Finding(name, "failure", f"{shown} cannot be loaded: {_line(error)}", REINSTALL)
    return Finding(name, "ok", f"{shown} loads")


def platform(profile: Profile) -> Iterator[Finding]:
    """Compare the device verl has chosen with the one the profile needs."""
    from verl.utils.device import get_device_name

    device = get_device_name()
    wanted = "cpu" if profile.on_cpu else "cuda"
    if device == wanted and (device != "cpu" or os.environ.get("VERL_PLATFORM") == "cpu"):
        yield Finding("platform", "ok", f"verl trains on '{device}'")
    elif profile.on_cpu:
        yield Finding("platform", "failure", f"verl would train on '{device}'", "set VERL_PLATFORM=cpu for the run")
    else:
        remedy = "unset VERL_PLATFORM; `nvidia-smi` and torch must see the GPUs; without any, use --profile cpu"
        yield Finding("platform", "failure", f"verl would train on '{device}', the profile needs '{wanted}'", remedy)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
