"""Tasks as rows for reinforcement learning, in the columns verl's own dataset reads."""

from collections.abc import Iterable, Iterator
from typing import Any

from cove_rl.data.conversation import Conversation
from cove_rl.episode.chat import system_message
from cove_rl.tasks.task import Task, encode_task
from cove_rl.world.domain import get_domain


def rl_row(task: Task, index: int) -> dict[str, Any]:
    """Return the row of a task: the agent loop plays the task in `extra_info`, the reward is the verdict on it.

    Args:
        task: the task.
        index: its number in the data set.
    """
    return {
        "prompt": [system_message(get_domain(task.domain))],
        "data_source": f"cove_{task.domain}",
        "reward_model": {"style": "rule", "ground_truth": task.id},
        "extra_info": {"index": index, "task": encode_task(task).decode()},
    }


def rl_rows(conversations: Iterable[Conversation]) -> Iterator[dict[str, Any]]:
    """Yield one row for every task, however many conversations there are about it.

    Raises:
        InputError: at the first conversation whose task is not known.
    """
    seen: set[tuple[str, str]] = set()
    for one in conversations:
        task = one.known_task()
        key = (task.world.fingerprint, task.id)
        if key not in seen:
            yield rl_row(task, len(seen))
            seen.add(key)
