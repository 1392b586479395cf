"""Fixtures: a ticket office that behaves sensibly, and one that repeats the benchmark's defects."""

import pytest

from .office import Office


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def benchmark_office() -> Office:
    return Office("benchmark")
