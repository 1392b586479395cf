"""Policies and descriptions of tools are our own words: no long run of words is the benchmark's."""

import re
from pathlib import Path

import msgspec
import pytest

from cove_rl.world.domain import get_domain

LONGEST = 7
"""Words in a row that two texts about one subject may share by chance."""


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9']+", text.lower())
    return {tuple(words[at : at + LONGEST + 1]) for at in range(len(words) - LONGEST)}


@pytest.mark.parametrize("name", ["airline", "retail"])
def test_no_run_of_words_is_the_benchmarks(tau2: Path, name: str) -> None:
    theirs = _runs((tau2 / "domains" / name / "policy.md").read_text(encoding="utf-8"))
    domain = get_domain(name)
    described = [msgspec.json.encode(tool.schema).decode() for tool in domain.tools]
    assert len(theirs) > 500
    assert [" ".join(run) for text in (domain.policy, *described) for run in _runs(text) & theirs] == []
