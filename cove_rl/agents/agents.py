"""The agents of a run, as everything that plays episodes sees them."""

from typing import Protocol

from cove_rl.endpoints.usage import Usage
from cove_rl.episode.sides import Agent
from cove_rl.tasks.task import Task
from cove_rl.world.world import World


class Agents(Protocol):
    """Makes agents of one kind; what they share, such as an endpoint, is shared by all of them."""

    @property
    def takes_over(self) -> bool:
        """Whether an agent it makes can go on with a conversation that another one began."""
        ...

    def agent(self, task: Task, world: World) -> Agent:
        """Return who serves the customer of a task. The task's seed decides whatever is random about it.

        Only agents that are wrong on purpose look at more of the task than its domain and seed.
        """
        ...

    def usage(self) -> dict[str, Usage]:
        """Return what was used so far, by endpoint; empty where no model is asked."""
        ...
