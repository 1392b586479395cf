"""Tasks as a dataset, made when they are asked for: no file has to be prepared."""

from bisect import bisect
from itertools import accumulate
from random import Random
from typing import Any

import torch
from torch.utils.data import Dataset

from cove_rl.errors import InputError
from cove_rl.synth.tasks import Sampling
from cove_rl.tasks.sampler import Mix
from cove_rl.tasks.task import Task, encode_task
from cove_rl.training.chat import system_message
from cove_rl.training.settings import Settings, read_settings
from cove_rl.world.domain import get_domain
from cove_rl.world.world import WorldRef


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
        self._split = self.settings.splits[name]
        self._length = self._split.tasks if max_samples < 0 else min(self._split.tasks, max_samples)
        self._samplings = _samplings(self.settings, name)

    def __len__(self) -> int:
        return self._length

    def task(self, index: int) -> Task:
        """Return the task of a row: domain and world are drawn by the row's number, and the oracle has solved it."""
        rng = Random(f"{self._split.seed}:{index}")  # noqa: S311  (reproducible sampling)
        names = list(self._samplings)
        bounds = list(accumulate(self.settings.domains[name] for name in names))
        domain = names[min(bisect(bounds, rng.random() * bounds[-1]), len(names) - 1)]
        sampling = rng.choice(self._samplings[domain])
        (sampled,) = sampling([index])
        return sampled.solved.task

    def __getitem__(self, index: int) -> dict[str, Any]:
        if not 0 <= index < self._length:
            raise IndexError(index)
        task = self.task(index)
        return {
            "raw_prompt": [system_message(get_domain(task.domain))],
            "data_source": f"cove_{task.domain}",
            "reward_model": {"style": "rule", "ground_truth": task.id},
            "extra_info": {"index": index, "task": encode_task(task).decode()},
            "index": index,
            "dummy_tensor": torch.tensor([0], dtype=torch.uint8),
        }


def _samplings(settings: Settings, name: str) -> dict[str, list[Sampling]]:
    """Return what to sample from, by domain; worlds are referred to, and generated when they are needed."""
    split = settings.splits[name]
    return {
        domain: [_sampling(domain, seed, split.seed, settings) for seed in split.worlds] for domain in settings.domains
    }


def _sampling(domain: str, world_seed: int, seed: int, settings: Settings) -> Sampling:
    ref: WorldRef = get_domain(domain).world(world_seed, settings.world_size).ref
    return Sampling(ref, seed, Mix(tuple(settings.mix)))
