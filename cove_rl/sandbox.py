"""Find and read the hand-written data that ships with the library (the top-level ``sandbox/`` folder)."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from cove_rl.errors import InputError

_PACKAGED = Path(__file__).parent / "_sandbox"
_CHECKOUT = Path(__file__).parent.parent / "sandbox"


def sandbox_path(name: str) -> Path:
    """Return the path of ``sandbox/<name>``, in a wheel or in a checkout.

    Raises:
        InputError: if the installation lacks the file.
    """
    for root in (_PACKAGED, _CHECKOUT):
        if (root / name).exists():
            return root / name
    raise InputError(f"sandbox/{name} is missing from this installation of cove_rl; reinstall the package")


def read_text(name: str) -> str:
    """Return the text of ``sandbox/<name>`` (UTF-8)."""
    return sandbox_path(name).read_text(encoding="utf-8")


@lru_cache(maxsize=32)
def read_yaml(name: str) -> Any:
    """Return the parsed YAML of ``sandbox/<name>``; the result is shared, so treat it as read-only."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(read_text(name), Loader=loader)  # noqa: S506  (both loaders are the safe ones)
