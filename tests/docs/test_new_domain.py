"""The page on new domains shows the very files of the domain that the tests install and check."""

import re
from pathlib import Path

import pytest

from cove_rl.evaluation.conformance import CHECKS

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "tests" / "third_party" / "library"
PAGE = (ROOT / "docs" / "new-domain.md").read_text(encoding="utf-8")
MOST_LINES = 200


def blocks(language: str) -> list[str]:
    """Return the page's code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


def solid(text: str) -> list[str]:
    """Return the lines that are not blank."""
    return [line for line in text.splitlines() if line.strip()]


def test_the_code_is_all_there_in_its_order() -> None:
    file = solid((LIBRARY / "library_desk" / "__init__.py").read_text(encoding="utf-8"))
    same = solid("".join(blocks("python"))) == file
    assert same, "docs/new-domain.md and library_desk/__init__.py have parted"
    assert len(file) <= MOST_LINES


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("toml", "pyproject.toml"),
        ("yaml", "library_desk/data/speech.yaml"),
        ("markdown", "library_desk/data/policy.md"),
    ],
)
def test_the_other_files_are_there(language: str, name: str) -> None:
    assert blocks(language) == [(LIBRARY / name).read_text(encoding="utf-8")]


def test_the_page_counts_the_checks() -> None:
    assert f"{len(CHECKS)} checks" in PAGE


def test_the_page_names_every_file() -> None:
    files = {path.name for path in LIBRARY.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {name for name in files if name not in PAGE} == set()
