"""Says whether this machine can train: every check by itself, with what to do about a failure.

Nothing heavy is imported with this package, so that it can also say that something is not installed.
"""

from collections.abc import Callable, Iterator

from cove_rl.training.doctor import machine, packages, registration, rehearsal
from cove_rl.training.doctor.finding import Finding, Profile

Check = Callable[[Profile], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    packages.python,
    packages.versions,
    registration.plugins,
    registration.configuration,
    registration.platform,
    machine.devices,
    machine.engine,
    machine.memory,
    machine.disk,
    machine.ports,
    machine.ray,
)


def examine(profile: Profile, *, dry_run: bool = False) -> Iterator[Finding]:
    """Yield what each check finds; one that breaks down is a failure of its own.

    Args:
        profile: what training is to run on.
        dry_run: also run one step, if nothing has failed before.
    """
    failed = False
    for check in (*CHECKS, rehearsal.dry_run) if dry_run else CHECKS:
        if failed and check is rehearsal.dry_run:
            yield Finding("dry run", "skipped", "something above has failed", "mend that first")
            return
        for finding in _run(check, profile):
            failed = failed or finding.status == "failure"
            yield finding


def examine_packages(profile: Profile) -> Iterator[Finding]:
    """Yield what is found of the installation alone, within a second."""
    for check in (packages.python, packages.versions):
        yield from _run(check, profile)


def _run(check: Check, profile: Profile) -> Iterator[Finding]:
    name = check.__name__.replace("_", " ")
    try:
        yield from check(profile)
    except ModuleNotFoundError as error:
        yield Finding(name, "failure", f"needs the package '{error.name}'", packages.INSTALL)
    except Exception as error:  # a doctor that falls ill says so and goes on
        yield Finding(name, "failure", f"{type(error).__name__}: {error}", "the check itself broke down; report this")
