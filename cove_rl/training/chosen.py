"""Tasks of certain kinds only: an easier start for a small policy."""

from typing import Any, Literal, get_args

import msgspec
from omegaconf import OmegaConf

from cove_rl.errors import InputError, SamplingError
from cove_rl.synth.rows import PASSES
from cove_rl.tasks.task import Openness, Task
from cove_rl.training.dataset import CoveTasks
from cove_rl.world.domain import get_domain

DRAWS = 1024
"""Tasks that are looked at for one row before the choice is found too narrow."""


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which tasks a split keeps, of those its settings lead to.

    Attributes:
        kinds: kinds of constraints; a task is kept if all of its own are among them. Empty: all kinds.
        openness: how much customers tell unasked. Empty: all of them.
        identity: forms in which customers say who they are. Empty: all of them.
    """

    kinds: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    openness: tuple[Literal["reserved", "normal", "open"], ...] = ()

    def keeps(self, task: Task) -> bool:
        """Return whether a task is one of those chosen."""
        known = not self.kinds or all(constraint.kind in self.kinds for constraint in task.constraints)
        identified = not self.identity or all(hint.form in self.identity for hint in task.identity[:1])
        return known and identified and (not self.openness or task.persona.openness in self.openness)


class ChosenTasks(CoveTasks):
    """`CoveTasks` with a choice, given as `choose` in verl's `data` node; without one every task is kept.

    Every row looks at tasks of its own until one is kept, so rows stay independent of each other.

    Raises:
        InputError: if `choose` has an unknown key, kind or openness.
    """

    def __init__(
        self, data_files: Any, tokenizer: Any = None, config: Any = None, processor: Any = None, max_samples: int = -1
    ) -> None:
        super().__init__(data_files, tokenizer, config, processor, max_samples)
        self.choice = read_choice(config.get("choose"))
        kinds = {
            str(kind.__struct_config__.tag) for name in self.settings.domains for kind in get_domain(name).constraints
        }
        if unknown := sorted(set(self.choice.kinds) - kinds):
            raise InputError(f"data.choose.kinds has {', '.join(unknown)}; there are {', '.join(sorted(kinds))}")

    def task(self, index: int) -> Task:
        """Return the task of a row.

        Raises:
            SamplingError: if none of the tasks that were looked at is one of those chosen.
        """
        if self.choice == Choice():
            return super().task(index)
        stride = PASSES * self._split.tasks  # steps over whatever the other rows may look at
        for number in range(index, index + DRAWS * stride, stride):
            task = super().task(number)
            if self.choice.keeps(task):
                return task
        raise SamplingError(f"none of {DRAWS} tasks is one that data.choose keeps: choose more kinds")


def read_choice(config: Any) -> Choice:
    """Return the choice in a configuration node, as OmegaConf or plain values; None chooses everything.

    Raises:
        InputError: if it is none.
    """
    plain = OmegaConf.to_container(config, resolve=True) if OmegaConf.is_config(config) else config
    try:
        return msgspec.convert(plain or {}, Choice)
    except msgspec.ValidationError as error:
        known = ", ".join(get_args(Openness))
        raise InputError(f"data.choose is wrong: {error}; it has kinds, identity, and openness of {known}") from None
