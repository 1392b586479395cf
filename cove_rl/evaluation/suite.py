"""The suites of tasks an agent is evaluated on: our held-out ones, made when they are asked for."""

import hashlib
from collections.abc import Callable, Iterable, Sequence

import msgspec

from cove_rl.errors import InputError
from cove_rl.evaluation.trials import SuiteRef
from cove_rl.sandbox import read_yaml
from cove_rl.synth.pool import in_order
from cove_rl.synth.rows import Rows, SplitOf
from cove_rl.tasks.task import encode_task


class Case(msgspec.Struct, frozen=True):
    """One task of a suite.

    Attributes:
        task_id: its id, unique in the suite.
        task: the task as JSON, as its player reads it.
    """

    task_id: str
    task: bytes


class Suite(msgspec.Struct, frozen=True):
    """A suite that is ready to be played.

    Attributes:
        ref: which it is.
        cases: its tasks.
        domains: their domains.
    """

    ref: SuiteRef
    cases: tuple[Case, ...]
    domains: tuple[str, ...]


class _Suites(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `sandbox/suites.yaml` holds."""

    version: str
    split: str
    worlds: tuple[int, ...]
    others: tuple[int, ...]
    tasks: int
    seed: int
    suites: dict[str, dict[str, float]]

    def split_of(self, name: str) -> SplitOf:
        """Return the split of a suite."""
        return SplitOf(self.split, self.suites[name], self.worlds, self.others, self.tasks, self.seed)


def _suites() -> _Suites:
    return msgspec.convert(read_yaml("suites.yaml"), _Suites)


def own_suites() -> tuple[str, ...]:
    """Return the names of our suites."""
    return tuple(_suites().suites)


def own_split(name: str) -> SplitOf:
    """Return the split of one of our suites.

    Raises:
        InputError: if there is no such suite.
    """
    suites = _suites()
    if name not in suites.suites:
        known = ", ".join((*own_suites(), "tau2:DOMAIN"))
        raise InputError(f"there is no suite '{name}'; there are {known}")
    return suites.split_of(name)


def own_suite(
    name: str, tasks: int | None = None, workers: int = 1, advance: Callable[[], object] = lambda: None
) -> Suite:
    """Return one of our suites, its tasks made.

    Args:
        name: its name.
        tasks: how many of its first tasks; None for all.
        workers: processes that make them.
        advance: called after every task.

    Raises:
        InputError: if there is no such suite, or it has fewer tasks.
    """
    split = own_split(name)
    if tasks is not None and not 1 <= tasks <= split.tasks:
        raise InputError(f"suite '{name}' has {split.tasks} tasks; ask for 1 to {split.tasks}, not {tasks}")
    cases = []
    for case in in_order(_Drawing(split), range(tasks or split.tasks), workers):
        cases.append(case)
        advance()
    ref = SuiteRef(name, _suites().version, split.name, len(cases), fingerprint(case.task for case in cases))
    return Suite(ref, tuple(cases), tuple(split.domains))


def fingerprint(tasks: Iterable[bytes]) -> str:
    """Return 16 hexadecimal digits of SHA-256 over encoded tasks in their order."""
    digest = hashlib.sha256()
    for task in tasks:
        digest.update(task + b"\n")
    return digest.hexdigest()[:16]


class _Drawing(msgspec.Struct, frozen=True):
    """Makes tasks of a split; it can be sent to another process and called there with a chunk of their numbers."""

    split: SplitOf

    def __call__(self, numbers: list[int]) -> Sequence[Case]:
        """Return the tasks with these numbers."""
        tasks = [_rows(self.split).task(number) for number in numbers]
        return [Case(task.id, encode_task(task)) for task in tasks]


_ROWS: dict[bytes, Rows] = {}


def _rows(split: SplitOf) -> Rows:
    """Return the rows of a split, whose worlds are generated once per process."""
    key = msgspec.json.encode(split)
    if key not in _ROWS:
        _ROWS[key] = Rows(split)
    return _ROWS[key]
