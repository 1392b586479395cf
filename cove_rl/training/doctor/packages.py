"""Checks of what is installed."""

import sys
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec

from cove_rl.training.doctor.finding import Finding, Profile

INSTALL = "pip install 'cove_rl[train]', with the repository's constraints files where there are any"
OLDEST, NEWEST = (3, 10), (3, 12)


def python(_: Profile) -> Iterator[Finding]:
    """Look at the interpreter."""
    version = sys.version_info[:2]
    shown = ".".join(map(str, sys.version_info[:3]))
    if OLDEST <= version <= NEWEST:
        yield Finding("python", "ok", f"{shown} at {sys.executable}")
    else:
        yield Finding(
            "python", "failure", f"{shown}; 3.10 to 3.12 are supported", "make the environment with python3.11"
        )


def versions(_: Profile) -> Iterator[Finding]:
    """Compare what is installed with the bounds of the `train` extra."""
    if find_spec("packaging") is None:
        yield Finding("packages", "failure", "the train extra is not installed", INSTALL)
        return
    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in metadata.requires("cove_rl") or ()]
    train = [one for one in wanted if one.marker is not None and one.marker.evaluate({"extra": "train"})]
    wrong = [finding for one in train if (finding := _fault(one.name, one.specifier))]
    yield from wrong
    if not wrong:
        shown = ", ".join(f"{name} {_version(name)}" for name in ("verl", "torch", "transformers", "ray"))
        yield Finding("packages", "ok", f"{len(train)} within their bounds: {shown}")


def _fault(name: str, bounds: object) -> Finding | None:
    version = _version(name)
    if version is None:
        return Finding(f"package {name}", "failure", f"not installed; {name}{bounds} is needed", INSTALL)
    if version not in bounds:  # type: ignore[operator]  # packaging's SpecifierSet
        return Finding(f"package {name}", "failure", f"{version} is installed; {name}{bounds} is needed", INSTALL)
    return None


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
