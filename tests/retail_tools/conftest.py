"""Fixtures: a shop that behaves sensibly, and one that repeats the benchmark's defects."""

import pytest

from .shop import Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def benchmark_shop() -> Shop:
    return Shop("benchmark")
