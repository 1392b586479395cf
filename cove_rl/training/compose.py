"""Compose a run's configuration as verl's own command does."""

import logging
import os
import warnings
from collections.abc import Sequence
from typing import Any

from cove_rl.errors import InputError


def compose(overrides: Sequence[str], application: str = "ppo_trainer") -> dict[str, Any]:
    """Return the configuration a run would have, resolved, as plain values.

    Args:
        overrides: as on the command line, `+env=cove_retail` for one.
        application: the name of verl's primary configuration: `ppo_trainer`, or `sft_trainer_engine`.

    Raises:
        InputError: if there is no such group or key, or a value cannot be resolved.
    """
    from hydra import compose as hydra_compose
    from hydra import initialize_config_module
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    GlobalHydra.instance().clear()
    try:
        with initialize_config_module("verl.trainer.config", version_base=None):
            config = hydra_compose(application, overrides=list(overrides))
        plain: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    except (HydraException, OmegaConfBaseException) as error:
        fault = " ".join(str(error).split(os.linesep)[0].split())
        raise InputError(f"{' '.join(overrides)} does not compose: {fault}") from None
    return plain


def compose_quietly(overrides: Sequence[str], application: str = "ppo_trainer") -> dict[str, Any]:
    """Compose without what verl has to say about this machine: for those who do not train on it now.

    Raises:
        InputError: as `compose` does.
    """
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compose(overrides, application)
    finally:
        logging.disable(logging.NOTSET)
