"""What a check finds, and what training is to run on."""

from typing import Any, Literal

import msgspec

Status = Literal["ok", "warning", "failure", "skipped"]


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one check found.

    Attributes:
        name: what was looked at.
        status: a failure means that training on the profile cannot work.
        detail: what was found.
        remedy: what to do about it.
    """

    name: str
    status: Status
    detail: str
    remedy: str = ""


class Profile(msgspec.Struct, frozen=True):
    """What training is to run on.

    Attributes:
        name: as in `+profile=`.
        overrides: further Hydra overrides of the run.
        config: the composed configuration, once `registration.configuration` could compose it.
    """

    name: str
    overrides: tuple[str, ...] = ()
    config: dict[str, Any] = {}

    @property
    def on_cpu(self) -> bool:
        """Whether no GPU is used."""
        return self.name == "cpu"

    @property
    def arguments(self) -> tuple[str, ...]:
        """What verl's `main_ppo` is called with."""
        return ("+env=cove_retail", f"+profile={self.name}", *self.overrides)

    def value(self, path: str, default: Any = None) -> Any:
        """Return what the configuration has at a dotted path."""
        found: Any = self.config
        for key in path.split("."):
            if not isinstance(found, dict) or key not in found:
                return default
            found = found[key]
        return found
