"""What the tests of data import of training and verl; verl warns of every training engine that is not installed."""

import warnings
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from verl.utils.dataset.rl_dataset import RLHFDataset

    from cove_rl.training import sft as sft
    from cove_rl.training import sft_rows as sft_rows
    from cove_rl.training import sft_run as sft_run
    from cove_rl.training import sft_sources as sft_sources
    from cove_rl.training import tokens as tokens
    from cove_rl.training.chosen import ChosenTasks as ChosenTasks
    from cove_rl.training.chosen import read_choice as read_choice
    from cove_rl.training.compose import compose as compose
    from cove_rl.training.dataset import CoveTasks as CoveTasks
    from cove_rl.training.reward import cove_reward as cove_reward
    from cove_rl.training.sft import Conversations as Conversations
    from cove_rl.training.sft import CopyDrills as CopyDrills
    from cove_rl.training.tiny import Size as Size
    from cove_rl.training.tiny import build_model as build_model
    from cove_rl.training.wiring import wire_copying as wire_copying


def read_by_verl(file: Path, tokenizer: Any) -> list[dict[str, Any]]:
    """Return the rows of a parquet file as verl's own dataset has them, with verl's own settings."""
    data = compose(["+env=cove_retail", "data.custom_cls.path=null", "data.filter_overlong_prompts=false"])["data"]
    rows = RLHFDataset(str(file), tokenizer, OmegaConf.create(data | {"cache_dir": str(file.parent)}))
    return [rows[index] for index in range(len(rows))]
