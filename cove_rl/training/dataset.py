"""Tasks as a dataset, made when they are asked for: no file has to be prepared."""

from random import Random
from typing import Any

import torch
from torch.utils.data import Dataset

from cove_rl.episode.chat import system_message
from cove_rl.errors import InputError, SamplingError
from cove_rl.synth.tasks import Sampling
from cove_rl.tasks.task import Task, encode_task
from cove_rl.tasks.worlds import Worlds
from cove_rl.training.customers import Strangers
from cove_rl.training.settings import Settings, Split, read_settings
from cove_rl.world.domain import get_domain
from cove_rl.world.world import World

PASSES = 50
"""Customers passed over for one row before its split is found to overlap with another; usual worlds need one or two."""
_WORLDS = Worlds()


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
        self._samplings = {domain: self._domain_samplings(domain) for domain in self.settings.domains}
        self._strangers = {
            domain: Strangers(world for split in others for world in _worlds(self.settings, domain, split))
            for domain in self.settings.domains
        }

    def __len__(self) -> int:
        return self._length

    def _domain_samplings(self, domain: str) -> list[Sampling]:
        """Return what to sample from; worlds are referred to, and generated when they are needed."""
        worlds = _worlds(self.settings, domain, self._split)
        return [Sampling(world.ref, self._split.seed, self.settings.difficulty_of_tasks()) for world in worlds]

    def task(self, index: int) -> Task:
        """Return the task of a row: domain and world are drawn by the row's number, and the oracle has solved it.

        A customer who is also met in another split's world is passed over: the row's number is then raised by the
        size of the split, so that no two rows come to the same task.
        """
        rng = Random(f"{self._split.seed}:{index}")  # noqa: S311  (reproducible sampling)
        names = list(self.settings.domains)
        (domain,) = rng.choices(names, [self.settings.domains[name] for name in names])
        sampling = rng.choice(self._samplings[domain])
        for number in range(index, index + PASSES * self._split.tasks, self._split.tasks):
            (sampled,) = sampling([number])
            task = sampled.solved.task
            if not self._strangers[domain].include(task, _WORLDS.find(task.world)):
                return task
        raise SamplingError(
            f"row {index} of '{self._name}': {PASSES} customers in a row are also met in another split's world; "
            "give the splits worlds with other seeds"
        )

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


def _worlds(settings: Settings, domain: str, split: Split) -> list[World]:
    return [get_domain(domain).world(seed, settings.world_size) for seed in split.worlds]
