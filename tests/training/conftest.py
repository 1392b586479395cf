"""Fixtures of the tests that need the `train` extra."""

from typing import Any

import pytest

from .engines import build_tokenizer


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """The tiny policy's tokenizer, trained on a few conversations only."""
    return build_tokenizer(["retail"], 4096, 20)
