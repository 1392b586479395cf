"""The made-up benchmark, and guards that know a benchmark."""

from pathlib import Path

import pytest

from cove_rl.data.leaks.benchmark import Benchmark, read_benchmark
from cove_rl.data.leaks.guard import LeakGuard
from tests.data.leaks.made_up import write_benchmark


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the made-up benchmark."""
    return write_benchmark(tmp_path_factory.mktemp("benchmark"))


@pytest.fixture(scope="session")
def guard(made_up: Path) -> LeakGuard:
    """A guard that knows the made-up benchmark."""
    return LeakGuard(read_benchmark(made_up))


@pytest.fixture(scope="session")
def real_benchmark(tau2: Path) -> Benchmark:
    """What tau2-bench has, read once."""
    return read_benchmark(tau2)


@pytest.fixture(scope="session")
def real_guard(real_benchmark: Benchmark) -> LeakGuard:
    """A guard that knows tau2-bench."""
    return LeakGuard(real_benchmark)
