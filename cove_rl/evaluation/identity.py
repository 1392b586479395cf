"""What two runs must share to be compared, and in what they differ."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from cove_rl.evaluation.trials import Run
from cove_rl.sandbox import read_text
from cove_rl.world.domain import get_domain

TRANSPORT = frozenset(
    {
        "url", "key_env", "deadline", "timeout", "retries", "backoff", "longest_pause", "concurrency", "rate",
        "max_bytes", "prompt_price", "completion_price",
    }
)  # fmt: skip
"""Settings of an endpoint that do not change what its model says."""
SAMPLING = ("temperature", "max_tokens", "total_tokens", "seeded", "extra")
"""Those that say how its replies are drawn."""
USER_PROMPTS = ("user.yaml", "wording.yaml")
"""What models that play customers are told."""


def digest(text: str | bytes) -> str:
    """Return 16 hexadecimal digits of SHA-256."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()[:16]


def own_prompts(domains: Iterable[str]) -> dict[str, str]:
    """Return digests of everything models are told in conversations of ours."""
    told = {name: digest(read_text(name)) for name in USER_PROMPTS}
    for name in domains:
        domain = get_domain(name)
        told[f"{name} policy"] = digest(domain.policy)
        told[f"{name} tools"] = digest(msgspec.json.encode(domain.toolbox.schemas()))
    return told


def sampling_of(settings: dict[str, Any]) -> dict[str, Any]:
    """Return how an agent's replies are drawn, by the place of each endpoint in its settings; {} for a program."""
    found = {
        ".".join(path): {name: part[name] for name in SAMPLING if name in part}
        for path, part in _endpoints(settings, ())
    }
    own: dict[str, Any] = {name: settings[name] for name in SAMPLING if name in settings}
    return found | own


def _endpoints(plain: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    if isinstance(plain, dict):
        if "url" in plain and "model" in plain:
            yield path, plain
        for name, value in plain.items():
            yield from _endpoints(value, (*path, name))


def differences(one: Run, other: Run, *, whole: bool = False) -> list[str]:
    """Return in what two runs differ that must be equal for them to be compared, a phrase for each.

    Which agent was played may differ, and how many trials each task had; how its replies are drawn may not, unless one
    agent is a program.

    Args:
        one: a run.
        other: another one.
        whole: whether they must be one and the same run.
    """
    pairs: dict[str, tuple[Any, Any]] = {
        "suite": (one.suite.name, other.suite.name),
        "suite version": (one.suite.version, other.suite.version),
        "split": (one.suite.split, other.suite.split),
        "tasks": (_tasks(one), _tasks(other)),
        "user": (_without_transport(one.user), _without_transport(other.user)),
        "limits": (one.limits, other.limits),
        "prompts": (one.prompts, other.prompts),
    }
    if whole or (one.sampling and other.sampling):
        pairs["sampling"] = one.sampling, other.sampling
    if whole:
        pairs["agent"] = _without_transport(one.agent), _without_transport(other.agent)
        pairs |= {name: (getattr(one, name), getattr(other, name)) for name in ("trials", "retries", "seed", "version")}
    return [phrase for name, (ours, theirs) in pairs.items() for phrase in _phrases(name, ours, theirs)]


def _tasks(run: Run) -> str:
    return f"{run.suite.tasks} with fingerprint {run.suite.fingerprint}"


def _phrases(name: str, one: Any, other: Any) -> Iterator[str]:
    """Yield how two values differ, in nested ones the parts that do."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from _phrases(f"{name} {key}", one.get(key), other.get(key))
    elif one != other:
        yield f"{name} {one!r} and {other!r}"


def _without_transport(plain: Any) -> Any:
    """Return settings without what does not change what a model says."""
    if not isinstance(plain, dict):
        return plain
    dropped = TRANSPORT if "url" in plain and "model" in plain else frozenset()
    return {name: _without_transport(value) for name, value in plain.items() if name not in dropped}
