"""Tasks as a dataset, made when they are asked for: no file has to be prepared."""

from typing import Any

import torch
from torch.utils.data import Dataset

from cove_rl.data.rl import rl_row
from cove_rl.errors import InputError
from cove_rl.synth.rows import Rows, SplitOf
from cove_rl.tasks.task import Task
from cove_rl.training.settings import read_settings


class CoveTasks(Dataset[dict[str, Any]]):
    """One split of the tasks, as rows verl's trainers take.

    Row `i` depends on the settings and `i` alone, so a resumed run goes on with the same tasks, in any process.

    Args:
        data_files: the split's name ("train", "val", "test"), as `data.train_files` and `data.val_files` give it.
        tokenizer: not used; verl passes it.
        config: verl's `data` node, with the settings under `cove`.
        processor: not used; verl passes it.
        max_samples: at most so many tasks; -1 for all.

    Raises:
        InputError: if there is no such split.
    """

    def __init__(
        self,
        data_files: Any,
        tokenizer: Any = None,
        config: Any = None,
        processor: Any = None,
        max_samples: int = -1,
    ) -> None:
        name = data_files if isinstance(data_files, str) else str(next(iter(data_files)))
        self.settings = read_settings(config["cove"])
        if name not in self.settings.splits:
            known = ", ".join(self.settings.splits)
            raise InputError(f"there is no split '{name}'; cove.splits has: {known}")
        self._name = name
        self._split = self.settings.splits[name]
        self._length = self._split.tasks if max_samples < 0 else min(self._split.tasks, max_samples)
        others = [split for other, split in self.settings.splits.items() if other != name]
        self.rows = Rows(
            SplitOf(
                name=name,
                domains=self.settings.domains,
                worlds=self._split.worlds,
                others=tuple(world for split in others for world in split.worlds),
                tasks=self._split.tasks,
                seed=self._split.seed,
                difficulty=self.settings.difficulty_of_tasks(),
                size=self.settings.world_size,
            )
        )

    def __len__(self) -> int:
        return self._length

    def task(self, index: int) -> Task:
        """Return the task of a row; see `Rows`."""
        return self.rows.task(index)

    def __getitem__(self, index: int) -> dict[str, Any]:
        if not 0 <= index < self._length:
            raise IndexError(index)
        row = rl_row(self.task(index), index)
        return {
            "raw_prompt": row.pop("prompt"),
            **row,
            "index": index,
            "dummy_tensor": torch.tensor([0], dtype=torch.uint8),
        }
