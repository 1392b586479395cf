"""The benchmark's own tasks as a suite: loaded from its data directory, with its policy."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from cove_rl.errors import InputError
from cove_rl.evaluation.official import RecordedTask
from cove_rl.evaluation.suite import Case, Suite, fingerprint
from cove_rl.evaluation.trials import SuiteRef
from cove_rl.files import decode_json
from cove_rl.sandbox import read_yaml
from cove_rl.world.domain import get_domain
from cove_rl.world.files import load_tables
from cove_rl.world.world import World

PREFIX = "tau2:"
"""What the names of the benchmark's suites begin with."""
GUIDELINES = Path("user_simulator") / "simulation_guidelines.md"
"""Where the benchmark keeps what it tells its users."""
DB, TASKS, SPLITS, POLICY = "db.json", "tasks.json", "split_tasks.json", "policy.md"

PREPARED = "it changes the world before the conversation, which is not done here"
JUDGED = "it asks a judge, a language model"
ASSERTED = "it makes assertions about an environment"


class Prompts(msgspec.Struct, frozen=True):
    """What `sandbox/official.yaml` holds."""

    version: str
    guidelines: str
    prompt: str


def prompts() -> Prompts:
    """Return what the models that play users are told."""
    return msgspec.convert(read_yaml("official.yaml"), Prompts)


def official_suite(
    data: Path, name: str, split: str = "base", tasks: int | None = None, *, judge: bool = True
) -> Suite:
    """Return tasks of the benchmark.

    Args:
        data: its data directory: a folder with ``domains/<name>/``.
        name: the domain.
        split: the split of the tasks.
        tasks: how many of its first tasks that can be played; None for all.
        judge: whether tasks are left out that a language model has to judge; otherwise they count without its part.

    Raises:
        InputError: if a file is missing or unusable, or there is no such split, or nothing to play.
    """
    folder = data / "domains" / name
    get_domain(name)
    raw = {str(_task(one, folder).id): bytes(one) for one in _read(folder / TASKS, list[msgspec.Raw])}
    wanted = _split(folder, split, raw)
    left_out = {task_id: why for task_id in wanted if (why := _obstacle(_task(raw[task_id], folder), judge))}
    cases = [Case(task_id, raw[task_id]) for task_id in wanted if task_id not in left_out][:tasks]
    if not cases:
        raise InputError(f"{folder / TASKS}: no task of split '{split}' can be played here")
    ref = SuiteRef(
        name=f"{PREFIX}{name}",
        version=f"official-{prompts().version}",
        split=split if judge else f"{split} without a judge",
        tasks=len(cases),
        fingerprint=fingerprint([official_world(data, name).ref.fingerprint.encode(), *(one.task for one in cases)]),
        left_out=left_out,
    )
    return Suite(ref, tuple(cases), (name,))


def _read(path: Path, kind: Any) -> Any:
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise InputError(f"cannot read {path}: {fault.strerror or fault}") from None
    return decode_json(data, kind, str(path))


def _task(raw: bytes | msgspec.Raw, folder: Path) -> RecordedTask:
    return decode_json(bytes(raw), RecordedTask, str(folder / TASKS))


def _split(folder: Path, split: str, tasks: Mapping[str, bytes]) -> Sequence[str]:
    """Return the ids of a split; without a file of splits, "base" is all of them."""
    if split == "base" and not (folder / SPLITS).exists():
        return list(tasks)
    splits: dict[str, list[str]] = _read(folder / SPLITS, dict[str, list[str]])
    if split not in splits:
        raise InputError(f"{folder / SPLITS} has no split '{split}'; it has {', '.join(splits)}")
    absent = [task_id for task_id in splits[split] if task_id not in tasks]
    if absent:
        raise InputError(f"{folder / TASKS} has no task '{absent[0]}', which split '{split}' names")
    return splits[split]


def _obstacle(task: RecordedTask, judge: bool) -> str:
    """Return why a task cannot be played or graded here; "" if it can."""
    criteria = task.criteria
    if task.prepared:
        return PREPARED
    if criteria is not None and "ENV_ASSERTION" in criteria.basis and criteria.environment:
        return ASSERTED
    judged = criteria is not None and "NL_ASSERTION" in criteria.basis and criteria.assertions
    return JUDGED if judged and judge else ""


@lru_cache(maxsize=4)
def official_world(data: Path, name: str) -> World:
    """Return the benchmark's database of a domain, whose tools repeat the benchmark's defects.

    Raises:
        InputError: if it cannot be read.
    """
    tables = load_tables(get_domain(name), data / "domains" / name / DB)
    return World(name, tables, behaviour="benchmark")


def official_policy(data: Path, name: str) -> str:
    """Return the benchmark's policy of a domain.

    Raises:
        InputError: if it cannot be read.
    """
    return _text(data / "domains" / name / POLICY)


def user_guidelines(data: Path) -> str:
    """Return what the user's model is told beside the scenario: the benchmark's own text, if it is there."""
    path = data / GUIDELINES
    return _text(path) if path.exists() else prompts().guidelines


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as fault:
        raise InputError(f"cannot read {path}: {fault}") from None


def scenario_text(scenario: Any) -> str:
    """Return a scenario as text: the parts of an object under their names, what is empty left out."""
    if isinstance(scenario, Mapping):
        parts = ((name, scenario_text(value)) for name, value in scenario.items() if value)
        return "\n".join(f"{name.replace('_', ' ').capitalize()}:\n{text}" for name, text in parts)
    return "" if scenario is None else str(scenario)
