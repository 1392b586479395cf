"""What verl loads from its `verl.plugins` entry points: registers everything of ours, in every process of a run.

verl imports this module at the end of `import verl` and hides what goes wrong, so each piece reports here: a failure is
logged as an error, kept in `LOADED`, and does not keep the other pieces from being registered.
"""

import importlib
import logging
import os
from collections.abc import Callable

logger = logging.getLogger(__name__)


def _platform() -> None:
    """The CPU as a device. Only on request: a driver without a GPU may belong to a cluster that has some."""
    if os.environ.get("VERL_PLATFORM", "").strip().lower() == "cpu":
        importlib.import_module("cove_rl.training.cpu.platform").register()


def _rollout() -> None:
    """The rollout engine `hf`: names alone, nothing of it is imported before a run asks for it."""
    importlib.import_module("cove_rl.training.hf.names").register()


def _agent_loop() -> None:
    """The agent loop: its name alone, as a module it is made of may be the one that imports verl just now."""
    registry = importlib.import_module("verl.experimental.agent_loop.agent_loop")._agent_loop_registry
    registry["cove_agent"] = {"_target_": "cove_rl.training.loop.CoveAgentLoop"}


def _trainer() -> None:
    importlib.import_module("cove_rl.training.trainer")


# The platform comes first: verl's modules ask for the device while they are imported.
PIECES: dict[str, Callable[[], None]] = {
    "platform": _platform,
    "rollout engine": _rollout,
    "agent loop": _agent_loop,
    "trainer": _trainer,
}

LOADED: dict[str, Exception | None] = {}
"""Piece -> None, or what kept it from being registered."""


def register() -> dict[str, Exception | None]:
    """Register every piece with verl, once per process, and return what became of each."""
    for name, piece in PIECES.items():
        if name in LOADED:
            continue
        LOADED[name] = None
        try:
            piece()
        except Exception as error:
            LOADED[name] = error
            logger.exception("cove_rl could not register its %s with verl; `cove doctor` says what to do", name)
    return LOADED


register()
